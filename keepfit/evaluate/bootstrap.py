"""Resampling of clusters, all draws at once: for what has no good formula.

A draw says how often each cluster is taken; a statistic is a function of sums over clusters, so a thousand draws are
one product of two matrices. Percentiles are expanded for few clusters, as a t quantile is beyond a normal one
(Hesterberg 2015, Am. Statistician 69:371). Seeded: equal rows have equal bounds.
"""

from math import sqrt

import numpy as np

from keepfit.evaluate.bounds import Bounds, of_draws, t_quantile
from keepfit.evaluate.score import Floats, Ints, mean_score
from keepfit.evaluate.spread import Clusters, spread_of

DRAWS = 1000
MOST_UNITS = 256
CELLS = 64
SEED = 1979
_NORMAL = 1e9  # degrees of freedom


def draws_of(
    clusters: Clusters, strata: Ints | None = None, draws: int = DRAWS, seed: int = SEED
) -> tuple[Ints, Floats]:
    """The unit of each row, (n,), and how often each draw takes each unit, (draws, units).

    Units are the clusters. More than ``MOST_UNITS`` of them are dealt at random into that many groups, which estimate
    the same variance (the method of random groups: Wolter 2007, ch. 2), one stratum after the other. With ``strata``
    (n,), and rows that are their own clusters, each class keeps its number of rows: its units are drawn by themselves.
    """
    rng = np.random.default_rng(seed)
    rows = clusters.count if clusters.codes is None else clusters.codes.size
    codes = np.arange(rows) if clusters.codes is None else clusters.codes
    strata = strata if clusters.codes is None else None
    units, classes = _dealt(codes, clusters.count, strata, rng)
    counts = np.zeros((draws, classes.size), np.float64)
    for one in np.unique(classes):
        places = np.flatnonzero(classes == one)
        counts[:, places] = _taken(places.size, draws, rng)
    return units, counts


def _dealt(codes: Ints, count: int, strata: Ints | None, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Unit of each row, and class of each unit."""
    if strata is None:
        size = min(count, MOST_UNITS)
        place = rng.permutation(count) % size if count > size else np.arange(count)
        return place[codes], np.zeros(size, np.int64)
    units = np.zeros(codes.size, np.int64)
    classes: list[int] = []
    for one in np.unique(strata).tolist():
        rows = np.flatnonzero(strata == one)
        size = min(rows.size, MOST_UNITS)
        units[rows] = len(classes) + rng.permutation(rows.size) % size
        classes += [one] * size
    return units, np.array(classes)


def _taken(units: int, draws: int, rng: np.random.Generator) -> Floats:
    """How often each of ``units`` is taken when as many are drawn with replacement, (draws, units)."""
    drawn = rng.integers(0, units, (draws, units)) + np.arange(draws)[:, None] * units
    return np.bincount(drawn.ravel(), minlength=draws * units).reshape(draws, units).astype(np.float64)


def totals(units: Ints, count: int, columns: Ints, cells: int) -> Floats:
    """How many rows of each unit fall into each cell, (count, cells); ``columns`` (n,) is the cell of each row."""
    flat = np.bincount(units * cells + columns, minlength=count * cells)
    return flat.reshape(count, cells).astype(np.float64)


def medians(values: Floats, units: Ints, counts: Floats, reach: float) -> Floats:
    """The median of ``values`` (n,) in each draw, (draws,).

    The order of all rows is not needed: between quantiles ``reach`` below and above one half, rows are counted in
    cells, and the median lies in the cell at which half of the drawn rows are passed, in proportion.
    """
    levels = np.linspace(max(0.5 - reach, 0.0), min(0.5 + reach, 1.0), min(CELLS, values.size + 1))
    edges = np.unique(np.quantile(values, levels))
    cell = np.searchsorted(edges, values, "left")
    passed = np.cumsum(counts @ totals(units, counts.shape[1], cell, edges.size + 1), axis=1)
    half = passed[:, -1:] / 2.0
    at = np.minimum((passed < half).sum(axis=1), edges.size)
    before = np.where(at > 0, np.take_along_axis(passed, np.maximum(at - 1, 0)[:, None], 1)[:, 0], 0.0)
    inside = np.take_along_axis(passed, at[:, None], 1)[:, 0] - before
    part = np.clip((half[:, 0] - before) / np.maximum(inside, 1.0), 0.0, 1.0)
    ends = np.concatenate([[values.min()], edges, [values.max()]])
    return np.asarray(ends[at] + part * (ends[at + 1] - ends[at]), np.float64)


def percentile_bounds(replicates: Floats, value: float, clusters: int, confidence: float) -> Bounds:
    """Expanded percentiles of the replicates, never inside of the value.

    >>> low, high = percentile_bounds(np.linspace(0, 1, 1001), 0.5, 8, 0.95)
    >>> round(low, 3), round(high, 3)
    (0.021, 0.979)
    """
    from scipy.special import ndtr

    reach = t_quantile(confidence, clusters - 1) * sqrt(clusters / (clusters - 1))
    low, high = (of_draws(replicates, float(ndtr(side * reach)), _NORMAL) for side in (-1.0, 1.0))
    return min(low, value), max(high, value)


def of_two_medians(ours: Floats, theirs: Floats, clusters: Clusters, confidence: float, sign: float) -> Bounds:
    """Bounds of ``sign`` times the difference of the medians of ``ours`` and ``theirs`` (n,), on the same rows."""
    units, counts = draws_of(clusters)
    drawn = [medians(values, units, counts, _reach(values, clusters)) for values in (ours, theirs)]
    value = sign * float(np.median(ours) - np.median(theirs))
    return percentile_bounds(sign * (drawn[0] - drawn[1]), value, clusters.count, confidence)


def _reach(values: Floats, clusters: Clusters) -> float:
    """How far from one half the share below the median may move in any draw."""
    below = mean_score((values <= np.median(values)).astype(np.float64))
    return min(0.5, 8.0 * spread_of(below.influence, clusters).error + 1.0 / values.size)
