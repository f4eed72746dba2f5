"""How far a window is from the reference, and how far is too far.

The distance of a column is the population stability index over the reference's bins (Siddiqi 2006, Credit Risk
Scorecards). How far it goes by itself depends on the hour, the weather and the week, so a threshold from theory, which
takes rows for independent, alarms all the time: PSI calibrated so was beyond it in 25 of 25 weeks of the flights' own
reference. Here the reference says it: it is cut into stretches as long as a window, each is compared with all the
others, and the largest distance of any column, in units of what is usual for that column, is its score. A new window
alarms where its score is beyond the k-th largest of n of those, k = floor(a (n + 1)): if the window is one more stretch
like them, that happens with probability a at most, whatever the distribution (split conformal prediction: Vovk,
Gammerman & Shafer 2005, Algorithmic Learning in a Random World, 2.2), over all columns together. Fewer stretches than
1 / a - 1 cannot say that: drift is "not calibrated" then, and only informs.
"""

from collections.abc import Sequence
from math import floor, inf

import numpy as np
from numpy.typing import NDArray

from keepfit.monitor.bins import Counts
from keepfit.records import Record

Floats = NDArray[np.float64]

SMALL = 0.01  # a distance that is not worth an alarm by itself: a tenth of what Siddiqi calls stable
LEAST_ROWS = 30  # of a stretch or window that can be compared
_HALF = 0.5  # rows added to every bin, so that an empty one is not infinitely far away


class Calibration(Record, frozen=True, kw_only=True):
    """What is usual: by signal the mean distance (m,) of ``stretches`` of the reference, and the score to alarm beyond.

    ``threshold`` is None where there are too few stretches.
    """

    usual: tuple[float, ...]
    threshold: float | None
    stretches: int


def stability_index(reference: Counts | Floats, other: Counts | Floats) -> Floats:
    """PSI of counts (…, k) against counts (…, k), without what chance adds where rows are independent.

    Chance adds (k - 1)(1/n + 1/m) on average (Yurdakul & Naranjo 2020, J. Risk Model Validation), k being the bins that
    any row is in. NaN where one side has no row.

    >>> round(float(stability_index(np.array([500, 500]), np.array([500, 500]))), 3)
    -0.002
    >>> round(float(stability_index(np.array([5000, 5000]), np.array([7000, 3000]))), 3)
    0.169
    """
    rows = [np.asarray(each, np.float64) for each in (reference, other)]
    totals = [each.sum(axis=-1, keepdims=True) for each in rows]
    used = (rows[0] + rows[1]) > 0
    bins = used.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        p, q = (
            np.where(used, (each + _HALF) / (total + _HALF * bins[..., None]), 1.0)
            for each, total in zip(rows, totals, strict=True)
        )
        found = ((p - q) * np.log(p / q)).sum(axis=-1)
        chance = (bins - 1) * (1.0 / totals[0][..., 0] + 1.0 / totals[1][..., 0])
    empty = (totals[0][..., 0] == 0) | (totals[1][..., 0] == 0)
    return np.asarray(np.where(empty, np.nan, found - chance))


def beyond_chance(psi: float, bins: int, reference: float, window: float) -> bool:
    """Whether independent rows would hardly be so far apart: once in a thousand windows (χ² with bins - 1 degrees)."""
    from scipy.special import chdtri

    degrees = max(bins - 1, 1)
    spread = 1.0 / reference + 1.0 / window
    return bool(psi + degrees * spread > chdtri(degrees, 0.001) * spread)


def calibrated(distances: Floats, length: int, false_alarms: float) -> Calibration:
    """What is usual for stretches of ``length`` days.

    Parameters
    ----------
    distances
        How far the stretch that begins on each day is from all other days, by signal, (m, starts); NaN: not known.
    length
        Days of a window.
    false_alarms
        How likely a window in which nothing has changed may alarm.

    Notes
    -----
    The days are cut ``length`` times, beginning one day later each time; the thresholds of these cuts, each of which
    holds by itself, are averaged. A stretch is measured by what is usual in those that share no day with it, as a
    window is: with its own distance in the mean, a rare stretch would look more common than the same week later on
    (twice the stated alarms on the flights).
    """
    usual = _mean_elsewhere(distances, 0)[:, 0] if distances.shape[1] else np.full(len(distances), SMALL)
    elsewhere = _mean_elsewhere(distances, length)
    scores = np.where(np.isnan(distances), -inf, distances / elsewhere).max(axis=0, initial=-inf)
    threshold, stretches = averaged_threshold(scores, length, false_alarms)
    return Calibration(
        usual=tuple(usual.tolist()),
        threshold=None if threshold is None else max(threshold, 1.0),  # never less than usual
        stretches=stretches,
    )


def averaged_threshold(scores: Floats, length: int, false_alarms: float) -> tuple[float | None, int]:
    """The score that one more stretch exceeds with probability ``false_alarms`` at most, and how many stretches say so.

    Parameters
    ----------
    scores
        Of the stretch that begins on each day, (starts,); not finite: not known.

    Notes
    -----
    The thresholds of all of the ``length`` cuts that have stretches enough are averaged. Each is exceeded with
    probability ``false_alarms`` at most; so is their mean wherever the density of scores falls beyond the lowest of
    them, because the chance to exceed is convex there (Jensen's inequality). None where no cut has enough.

    >>> averaged_threshold(np.arange(38.0), 2, 0.05), averaged_threshold(np.arange(37.0), 2, 0.05)
    ((36.5, 19), (36.0, 19))
    >>> averaged_threshold(np.arange(36.0), 2, 0.05)
    (None, 18)
    """
    cuts = [cut[np.isfinite(cut)] for cut in (scores[start::length] for start in range(length))]
    found = [each for each in (kth_largest(cut, false_alarms) for cut in cuts) if each is not None]
    return (float(np.mean(found)) if found else None), max(cut.size for cut in cuts)


def _mean_elsewhere(distances: Floats, length: int) -> Floats:
    """The same as `moments_elsewhere`, and never less than is worth an alarm."""
    return np.maximum(moments_elsewhere(distances, length), SMALL)


def moments_elsewhere(values: Floats, length: int) -> Floats:
    """For each start the mean value of all that begin ``length`` days or more away, (m, starts), 0 days: of all."""
    known = ~np.isnan(values)
    starts = np.arange(values.shape[1])
    low, high = np.maximum(starts - length + 1, 0), np.minimum(starts + length, starts.size)
    sums, rows = (
        np.hstack([np.zeros((len(each), 1)), np.cumsum(each, axis=1)])
        for each in (np.where(known, values, 0.0), known.astype(np.float64))
    )
    near = [each[:, high] - each[:, low] if length else 0.0 for each in (sums, rows)]
    return np.asarray((sums[:, -1:] - near[0]) / np.maximum(rows[:, -1:] - near[1], 1.0))


def kth_largest(scores: Sequence[float] | Floats, false_alarms: float) -> float | None:
    """The score that one more stretch exceeds with probability ``false_alarms`` at most.

    >>> kth_largest(np.arange(19.0), 0.05), kth_largest(np.arange(18.0), 0.05)
    (18.0, None)
    """
    kth = floor(false_alarms * (len(scores) + 1) + 1e-9)
    return float(np.sort(scores)[-kth]) if kth >= 1 else None


def of_stretches(daily: Counts, length: int) -> tuple[Floats, Floats]:
    """The stability index, and by how much the share of missing values differs, of every stretch from all other days.

    ``daily`` (d, k) are rows by day and bin, the last bin that of missing values; both answers are (d - length + 1,),
    NaN where there are few rows.
    """
    if len(daily) <= length:
        return np.zeros(0), np.zeros(0)
    sums = np.vstack([np.zeros((1, daily.shape[1]), np.int64), np.cumsum(daily, axis=0)])
    stretch = sums[length:] - sums[:-length]
    rest = sums[-1] - stretch
    few = np.minimum(stretch.sum(axis=1), rest.sum(axis=1)) < LEAST_ROWS
    return (
        np.where(few, np.nan, stability_index(rest, stretch)),
        np.where(few, np.nan, np.abs(missing_share(stretch) - missing_share(rest))),
    )


def missing_share(counts: Counts) -> Floats:
    """The share of rows in the last bin, (…,); NaN without rows."""
    with np.errstate(invalid="ignore"):
        return np.asarray(counts[..., -1] / counts.sum(axis=-1))


def moved_most(reference: Counts, window: Counts, most: int = 3) -> list[int]:
    """The bins that make most of the distance, most first.

    >>> moved_most(np.array([50, 50, 0]), np.array([90, 10, 0]))
    [1, 0]
    """
    p, q = ((each + _HALF) / (each + _HALF).sum() for each in (reference, window))
    parts = (p - q) * np.log(p / q)
    return [place for place in np.argsort(-parts, kind="stable").tolist() if reference[place] + window[place]][:most]
