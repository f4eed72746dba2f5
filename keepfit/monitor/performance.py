"""How good a model is on a window: estimated before labels are there, realised when they are.

**Estimated**, classes: a calibrated model says itself how often it errs. Of a row with probabilities p the loss if
class c comes is weighed with p_c, and a ROC AUC is that of the expected positives and negatives (confidence-based
estimation: Białek, Kivimäki, Kuberski & Perrakis 2024, arXiv:2401.08348). **Regression**: the loss that the reference
had where the model answered alike (direct loss estimation with the prediction as the only input).

What neither can see is concept change: labels that follow the same inputs otherwise. Only realised performance does.

How far an estimate was off in stretches of the reference is its interval, and from how far down performance was in
them comes what counts as worse than usual; both by the order of stretches (see `keepfit.monitor.drift`).
"""

from collections.abc import Sequence
from math import ceil
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.config.metrics import METRICS
from keepfit.evaluate.metrics import measure
from keepfit.monitor.drift import LEAST_ROWS, averaged_threshold
from keepfit.records import Record, finite

Floats = NDArray[np.float64]

ESTIMABLE = {
    "binary": ("log_loss", "roc_auc", "brier", "accuracy"),
    "multiclass": ("log_loss", "brier", "accuracy"),
    "regression": ("rmse", "mae"),
}
_BINS = 20
_BLOCK = 1 << 16  # rows that are looked at together


class Stretch(Record, frozen=True, kw_only=True):
    """A stretch of the reference as long as a window: what was realised, and what would have been estimated."""

    first: int  # days since 1970, UTC
    rows: int
    realised: dict[str, float | None]
    estimated: dict[str, float | None]


class Losses(Record, frozen=True, kw_only=True):
    """What answers cost in the reference, by what was answered: ``edges`` (k - 1,) of bins, and mean losses (k,)."""

    edges: tuple[float, ...]
    squared: tuple[float, ...]
    absolute: tuple[float, ...]


class Estimated(Record, frozen=True, kw_only=True):
    """An estimate of a metric, and where it lies with the error that it had in the reference (None: not known)."""

    value: float | None
    low: float | None
    high: float | None


class Limit(NamedTuple):
    """The value that a stretch like those of the reference is worse than with the stated probability; None: unknown."""

    threshold: float | None
    stretches: int


def losses_of(labels: Floats, predictions: Floats) -> Losses:
    """What predictions (n,) cost where labels (n,) are known.

    >>> losses_of(np.array([1.0, 2.0]), np.array([1.0, 4.0])).squared
    (0.0, 4.0)
    """
    shares = np.linspace(0, 1, min(_BINS, predictions.size) + 1)[1:-1]
    cuts = np.unique(np.quantile(predictions, shares, method="higher"))  # predictions themselves: no bin is empty
    cuts = cuts[cuts > predictions.min()]
    place = np.searchsorted(cuts, predictions, side="right")
    count = np.bincount(place, minlength=cuts.size + 1)
    off = labels - predictions
    means = (np.bincount(place, each, cuts.size + 1) / count for each in (off**2, np.abs(off)))
    squared, absolute = (tuple(each.tolist()) for each in means)
    return Losses(edges=tuple(cuts.tolist()), squared=squared, absolute=absolute)


def estimated_value(metric: str, answers: Floats, losses: Losses | None) -> float | None:
    """A metric of answers, (n, k) probabilities or (n,) values, as it will probably turn out; None: it cannot be said.

    >>> sure = np.array([[0.9, 0.1], [0.2, 0.8]])
    >>> round(estimated_value("accuracy", sure, None), 3), round(estimated_value("roc_auc", sure, None), 3)
    (0.85, 0.854)
    """
    if not len(answers) or not np.isfinite(answers).all():
        return None
    if answers.ndim == 1:
        return None if losses is None else _of_values(metric, answers, losses)
    if metric == "roc_auc":
        return expected_auc(np.sort(answers[:, 1]))
    return finite(
        sum(_total(metric, answers[start : start + _BLOCK]) for start in range(0, len(answers), _BLOCK)) / len(answers)
    )


def _total(metric: str, answers: Floats) -> float:
    """The expected sum of what rows give to a metric that is a mean."""
    return sum(float(answers[:, c] @ _row_losses(metric, answers, c)) for c in range(answers.shape[1]))


def _row_losses(metric: str, answers: Floats, came: Any) -> Floats:
    """What each row gives to a metric that is a mean, if class ``came`` comes, one for all rows or of each (n,)."""
    if metric == "accuracy":
        return np.asarray(answers.argmax(axis=1) == came, np.float64)
    score = measure(metric, np.broadcast_to(came, len(answers)), answers)
    return np.asarray(score.influence + (score.value or 0.0))


def _of_values(metric: str, answers: Floats, losses: Losses) -> float | None:
    place = np.searchsorted(np.array(losses.edges), answers, side="right")
    if metric == "rmse":
        return finite(np.sqrt(np.array(losses.squared)[place].mean()))
    return finite(np.array(losses.absolute)[place].mean())


def expected_auc(ordered: Floats) -> float | None:
    """The chance that of two rows the one that is positive has the higher probability; half where they are equal.

    ``ordered`` (n,) are the probabilities of the rows, rising.
    """
    below, wins, start = 0.0, 0.0, 0
    while start < ordered.size:
        last = ordered[min(start + _BLOCK, ordered.size) - 1]
        block = ordered[start : int(np.searchsorted(ordered, last, "right"))]  # equal ones stay together
        distinct, group = np.unique(block, return_inverse=True)
        hits = np.bincount(group, block, distinct.size)
        misses = np.bincount(group, 1.0 - block, distinct.size)
        before = below + np.cumsum(misses) - misses
        wins += float(hits @ (before + misses / 2))
        below += float(misses.sum())
        start += block.size
    pairs = float(ordered.sum()) * below
    return finite(wins / pairs) if pairs > 0 else None


def realised_value(metric: str, labels: Any, answers: Floats) -> float | None:
    """A metric of n rows whose labels are known; None where it has no value there."""
    return measure(metric, labels, answers).value if len(answers) else None


def stretches_of(
    task: str, days: NDArray[np.int64], labels: Any, answers: Floats, length: int, losses: Losses | None
) -> tuple[Stretch, ...]:
    """Realised and estimated performance on every stretch of ``length`` days, one beginning each day.

    ``days`` (n,) since 1970 are of rows that the model had not learnt from; ``labels`` (n,) are classes or values.
    """
    order = np.argsort(days, kind="stable")
    days, labels, answers = days[order], np.asarray(labels)[order], answers[order]
    if not days.size:
        return ()
    starts = np.arange(int(days[0]), int(days[-1]) - length + 2)
    low, high = np.searchsorted(days, starts), np.searchsorted(days, starts + length)
    means = {name: _means(name, labels, answers, losses, (low, high)) for name in ESTIMABLE[task]}
    found = []
    for place in np.flatnonzero(high - low >= LEAST_ROWS).tolist():
        rows = slice(int(low[place]), int(high[place]))
        told: dict[str, tuple[float | None, float | None]] = {}
        for name, pair in means.items():
            if pair is None:
                some = labels[rows], answers[rows]
                told[name] = realised_value(name, *some), estimated_value(name, some[1], losses)
            else:
                told[name] = finite(pair[0][place]), finite(pair[1][place])
        found.append(
            Stretch(
                first=int(starts[place]),
                rows=rows.stop - rows.start,
                realised={name: realised for name, (realised, _) in told.items()},
                estimated={name: estimated for name, (_, estimated) in told.items()},
            )
        )
    return tuple(found)


def _means(
    metric: str, labels: Any, answers: Floats, losses: Losses | None, rows: tuple[NDArray[np.intp], NDArray[np.intp]]
) -> tuple[Floats, Floats] | None:
    """A metric that is a mean, realised and estimated, of many stretches of ``rows`` (low, high), (starts,) each.

    None where it is none, or where a row has no answer, so that each stretch has to be asked by itself.
    """
    if metric == "roc_auc" or realised_value(metric, labels, answers) is None:
        return None
    if answers.ndim == 1:
        if losses is None:
            return None
        place, off = np.searchsorted(np.array(losses.edges), answers, side="right"), np.abs(labels - answers)
        came, expected = (off**2, losses.squared) if metric == "rmse" else (off, losses.absolute)
        pair = came, np.array(expected)[place]
    else:
        weighed = (answers[:, c] * _row_losses(metric, answers, c) for c in range(answers.shape[1]))
        pair = _row_losses(metric, answers, labels), np.asarray(sum(weighed))
    count = np.maximum(rows[1] - rows[0], 1)
    sums = [np.concatenate([[0.0], np.cumsum(each)]) for each in pair]
    means = [(each[rows[1]] - each[rows[0]]) / count for each in sums]
    return (np.sqrt(means[0]), np.sqrt(means[1])) if metric == "rmse" else (means[0], means[1])


def usual(metric: str, stretches: Sequence[Stretch], length: int, false_alarms: float) -> Limit:
    """From where on an estimate is worse than usual: than what was realised in stretches, and than what was estimated.

    Both, because one row that cost very much in the reference may lift every estimate above what its weeks have cost.
    Cut and averaged as drift's threshold.

    >>> weeks = [Stretch(first=7 * n, rows=99, realised={"rmse": 1.0}, estimated={"rmse": 2.0}) for n in range(19)]
    >>> usual("rmse", weeks, 1, 0.05)
    Limit(threshold=2.0, stretches=19)
    """
    sign = -1.0 if METRICS[metric].higher_is_better else 1.0
    (came, weeks), (guessed, _) = (
        averaged_threshold(sign * by_first_day(stretches, [each[metric] for each in values]), length, false_alarms)
        for values in ([each.realised for each in stretches], [each.estimated for each in stretches])
    )
    return Limit(None if came is None or guessed is None else sign * max(came, guessed), weeks)


def by_first_day(stretches: Sequence[Stretch], values: Sequence[float | None]) -> Floats:
    """A value of each stretch by the day that it begins on, (days from the first to the last,); NaN: not known.

    >>> weeks = [Stretch(first=day, rows=99, realised={}, estimated={}) for day in (40, 42)]
    >>> by_first_day(weeks, [0.5, None]).tolist(), by_first_day([], []).tolist()
    ([0.5, nan, nan], [])
    """
    if not stretches:
        return np.zeros(0)
    days = np.array([each.first for each in stretches])
    found = np.full(int(np.ptp(days)) + 1, np.nan)
    found[days - days.min()] = [np.nan if value is None else value for value in values]
    return found


def interval(
    metric: str, value: float | None, stretches: Sequence[Stretch], length: int, confidence: float
) -> Estimated:
    """An estimate with one-sided bounds, each at ``confidence``, from how far estimates were off in the reference.

    No bound is a value that the metric cannot have.

    >>> weeks = [Stretch(first=n, rows=99, realised={"mae": 1.0 + n % 2}, estimated={"mae": 2.0}) for n in range(19)]
    >>> interval("mae", 0.5, weeks, 1, 0.95)
    Estimated(value=0.5, low=0.0, high=0.5)
    """
    if value is None:
        return Estimated(value=None, low=None, high=None)
    came, guessed = (
        by_first_day(stretches, [each[metric] for each in values])
        for values in ([each.realised for each in stretches], [each.estimated for each in stretches])
    )
    down, up = (averaged_threshold(sign * (came - guessed), length, 1.0 - confidence)[0] for sign in (-1.0, 1.0))
    least, most = float(METRICS[metric].low), float(METRICS[metric].high)
    return Estimated(
        value=value,
        low=None if down is None else max(value - down, least),
        high=None if up is None else min(value + up, most),
    )


def stretches_needed(false_alarms: float) -> int:
    """How many stretches a threshold needs.

    >>> stretches_needed(0.05)
    19
    """
    return ceil(1.0 / false_alarms - 1e-9) - 1
