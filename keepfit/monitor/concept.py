"""Whether labels still follow the inputs as they did: concept change, which no estimate without labels can see.

Inputs that come as ever, and labels that follow them otherwise, are real concept drift (Gama et al. 2014, ACM Computing
Surveys 46). Two kinds of signals are for it, beside the metric that decides. The **shortfall** is a realised metric
less what the model expects of the same rows: a hard week is hard by both. The **concept** of a column is its residuals
by bins, a score test of the model (Cox 1958, Biometrika 45; Hosmer & Lemeshow 1980, Communications in Statistics A9),
about the mean of their day: a stormy day is no other concept.

Each is in units of its spread over stretches of the reference that share no day; the largest is the score of a stretch.
A window alarms beyond what one more stretch exceeds with the stated probability (`keepfit.monitor.drift`), over all.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.config.metrics import METRICS
from keepfit.monitor.bins import Bins
from keepfit.monitor.drift import LEAST_ROWS, averaged_threshold, moments_elsewhere
from keepfit.monitor.performance import Stretch, by_first_day
from keepfit.monitor.residuals import residuals_of, slope, variance, within_days
from keepfit.records import Record, finite

Floats = NDArray[np.float64]
Days = NDArray[np.int64]

WORTH = 0.002  # of the variance of residuals: less is not worth an alarm, however sure
_STEADY = 0.2  # the least standard deviation of the logarithm of a distance


class Usual(Record, frozen=True, kw_only=True):
    """What stretches of the reference have: mean and standard deviation."""

    mean: float
    spread: float


class Relation(Record, frozen=True, kw_only=True):
    """Of a column: rows (k,) and sums of residuals (k, c) by bin, and what is usual of `scale` (None: not known)."""

    name: str
    rows: tuple[float, ...]
    sums: tuple[tuple[float, ...], ...]
    usual: Usual | None


class Concept(Record, frozen=True, kw_only=True):
    """How labels follow inputs in the reference.

    ``variance`` (c,) of residuals; ``slope`` of labels on answers. ``metrics`` and ``shortfalls`` are losses (the
    greater, the worse) by metric, ``thresholds`` by the metric that decides (None: too few stretches), ``stretches``
    how many that do not overlap they come from.
    """

    variance: tuple[float, ...]
    slope: float | None
    relations: tuple[Relation, ...]
    metrics: dict[str, Usual]
    shortfalls: dict[str, Usual]
    thresholds: dict[str, float | None]
    stretches: int


class Gap(NamedTuple):
    """How far residuals lie apart, as a share of their variance; the same as χ² with its degrees, rows independent."""

    share: Floats
    chi: Floats
    degrees: Floats


def gap(reference: tuple[Floats, Floats], window: tuple[Floats, Floats], spread: Floats) -> Gap:
    """Rows (…, k) and sums (…, k, c) beside each other; ``spread`` (c,) is the variance of a residual.

    ``share`` is without what chance adds where rows are independent; NaN where the window has few rows.

    >>> rows, none, moved = np.array([500.0, 500.0]), np.zeros((2, 1)), np.array([[100.0], [-100.0]])
    >>> [round(float(each), 3) for each in gap((rows, none), (rows, moved), np.array([0.2]))]
    [0.196, 100.0, 1.0]
    """
    used = (reference[0] > 0) & (window[0] > 0)
    before, now = (np.maximum(each[0], 1.0) for each in (reference, window))
    apart = np.where(used[..., None], window[1] / now[..., None] - reference[1] / before[..., None], 0.0)
    squares = (apart**2 / np.maximum(spread, 1e-12)).sum(axis=-1)  # over classes
    noise = np.where(used, 1.0 / now + 1.0 / before, 1.0)
    inside = np.where(used, window[0], 0.0)
    total = inside.sum(axis=-1)
    share = (inside * (squares / max(spread.size, 1) - noise)).sum(axis=-1) / np.maximum(total, 1.0)
    free = max(spread.size - 1, 1)  # of several classes: what all have too much together is nothing
    return Gap(
        np.asarray(np.where(total < LEAST_ROWS, np.nan, share)),
        np.asarray((squares / noise).sum(axis=-1) * free / max(spread.size, 1)),
        np.asarray(np.maximum(used.sum(axis=-1) - 1.0, 1.0) * free),  # about the mean of the day: one less
    )


def scale(share: Floats) -> Floats:
    """A gap as columns are compared by it: its logarithm, so that a rare stretch is not all that counts."""
    return np.asarray(np.log(np.maximum(share, 0.0) + WORTH / 2))


def concept_of(
    bins: Mapping[str, Bins],
    columns: Mapping[str, Any],
    rows: tuple[Days, Any, Any],
    stretches: Sequence[Stretch],
    length: int,
    false_alarms: float,
) -> Concept:
    """How labels follow inputs on rows of which the model had not learnt.

    Parameters
    ----------
    columns
        What the model reads and answers, by name; those with ``bins`` count.
    rows
        Days (n,) since 1970, labels (n,) and answers (n, k) or (n,).
    stretches
        Realised and estimated performance of every stretch of ``length`` days.
    """
    found = residuals_of(bins, columns, *rows)
    days = found.days
    starts = np.arange(int(days[0]), int(days[-1]) - length + 2) if days.size else days
    spread = variance(found)
    cells = {name: within_days(found, name) for name in found.binned}
    relations = {name: scale(_of_stretches(days, each, starts, length, spread)) for name, each in cells.items()}
    losses, short = _losses(stretches, starts)
    shared = [standardised(each, length, _STEADY) for each in relations.values()]
    shared += [standardised(each, length) for each in short.values()]
    told = {name: averaged_threshold(largest([*shared, standardised(each, length)]), length, false_alarms)
            for name, each in losses.items()}  # fmt: skip
    return Concept(
        variance=tuple(spread.tolist()),
        slope=finite(slope(found)),
        relations=tuple(_relation(name, *each, relations[name]) for name, each in cells.items()),
        metrics=_usual_of(losses),
        shortfalls=_usual_of(short),
        thresholds={name: threshold for name, (threshold, _) in told.items()},
        stretches=max((count for _, count in told.values()), default=0),
    )


def _losses(stretches: Sequence[Stretch], starts: Days) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """By metric the loss, and the shortfall, of the stretch that begins on each day, (starts,); NaN: not known."""
    losses, short = {}, {}
    for name in stretches[0].realised if stretches else ():
        found = np.full((2, starts.size), np.nan)
        first = stretches[0].first - int(starts[0])
        for row, values in enumerate(([each.realised for each in stretches], [each.estimated for each in stretches])):
            known = by_first_day(stretches, [each[name] for each in values])
            found[row, first : first + known.size] = loss(name, 1.0) * known
        losses[name], short[name] = found[0], found[0] - found[1]
    return losses, short


def loss(metric: str, value: float) -> float:
    """A value of a metric, or a difference, so that more is worse.

    >>> loss("roc_auc", 0.7), loss("rmse", 0.7)
    (-0.7, 0.7)
    """
    return -value if METRICS[metric].higher_is_better else value


def _usual_of(by_metric: Mapping[str, Floats]) -> dict[str, Usual]:
    found = {name: usual_of(values) for name, values in by_metric.items()}
    return {name: each for name, each in found.items() if each is not None}


def usual_of(values: Floats, least: float = 0.0) -> Usual | None:
    """Mean and standard deviation of what is known, (starts,); None where there is no spread."""
    known = values[np.isfinite(values)]
    spread = max(float(known.std()), least) if known.size else 0.0
    return Usual(mean=float(known.mean()), spread=spread) if spread > 0 else None


def _relation(name: str, rows: Floats, sums: Floats, scaled: Floats) -> Relation:
    return Relation(
        name=name,
        rows=tuple(rows.sum(axis=0).tolist()),
        sums=tuple(map(tuple, sums.sum(axis=0).tolist())),
        usual=usual_of(scaled, _STEADY),
    )


def _of_stretches(days: Days, cells: tuple[Floats, Floats], starts: Days, length: int, spread: Floats) -> Floats:
    """How far residuals of the stretch that begins on each day are from those of all other days, (starts,)."""
    low, high = np.searchsorted(days, starts), np.searchsorted(days, starts + length)
    sums = [np.concatenate([np.zeros((1, *each.shape[1:])), np.cumsum(each, axis=0)]) for each in cells]
    stretch = [each[high] - each[low] for each in sums]
    rest = [each[-1] - part for each, part in zip(sums, stretch, strict=True)]
    return gap((rest[0], rest[1]), (stretch[0], stretch[1]), spread).share


def standardised(values: Floats, length: int, least: float = 0.0) -> Floats:
    """Values of stretches (starts,) in standard deviations above the mean of those that share no day; NaN: unknown."""
    known = values[~np.isnan(values)]
    values = values - (known.mean() if known.size else 0.0)  # else large values would round their spread away
    given = values[None, :]
    mean, squares = moments_elsewhere(given, length)[0], moments_elsewhere(given**2, length)[0]
    spread = np.maximum(np.sqrt(np.maximum(squares - mean**2, 0.0)), least)
    return np.where(spread > 0, (values - mean) / np.where(spread > 0, spread, 1.0), np.nan)


def largest(scores: Sequence[Floats]) -> Floats:
    """The largest score of each stretch, (starts,); -inf where none is known."""
    known = np.vstack(scores)
    return np.asarray(np.where(np.isnan(known), -np.inf, known).max(axis=0, initial=-np.inf))
