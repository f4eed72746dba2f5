"""From which probability on a row is called positive, by a rule of the YAML, on out-of-fold predictions."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.config.train import Decide

Floats = NDArray[np.float64]

FEWEST = 10  # rows called positive, below which a precision is chance


class Decision(NamedTuple):
    """The threshold (None: one half), why, and whether the rule could be met."""

    threshold: float | None
    reason: str
    met: bool = True


class _Sweep(NamedTuple):
    """What follows from each threshold, (t,), from calling no row positive to calling all."""

    thresholds: Floats
    hits: Floats
    alarms: Floats
    positives: float

    @property
    def precision(self) -> Floats:
        return self.hits / np.maximum(self.hits + self.alarms, 1.0)

    @property
    def recall(self) -> Floats:
        return self.hits / max(self.positives, 1.0)


def decide(rule: Decide | None, labels: NDArray[Any], probability: Floats) -> Decision:
    """The threshold that a rule asks for.

    Parameters
    ----------
    labels : (n,) 0 or 1.
    probability : (n,) of class 1, corrected as the version corrects it, out of fold.

    Examples
    --------
    >>> from keepfit.config.train import Cost
    >>> labels, probability = np.array([0, 0, 1, 1]), np.array([0.1, 0.3, 0.2, 0.9])
    >>> decide(Decide(cost=Cost(false_positive=1, false_negative=5)), labels, probability).threshold
    0.15000000000000002
    """
    if rule is None:
        return Decision(None, "")
    if rule.threshold is not None:
        return Decision(rule.threshold, f"positive above {rule.threshold:g}, as the use case says")
    if not len(labels):
        return Decision(None, "no out-of-fold predictions to choose a threshold on; positive above one half", met=False)
    sweep = _sweep(labels, probability)
    if rule.cost is not None:
        return _cheapest(sweep, rule.cost.false_positive, rule.cost.false_negative, len(labels))
    if rule.recall_at_least is not None:
        return _recall(sweep, rule.recall_at_least)
    return _precision(sweep, rule.precision_at_least or 0.0)


def _sweep(labels: NDArray[Any], probability: Floats) -> _Sweep:
    """Every threshold that makes a difference: half-way between neighbouring probabilities, and the two ends."""
    values, where = np.unique(probability, return_inverse=True)
    positive = np.bincount(where, weights=labels == 1)[::-1]
    negative = np.bincount(where, weights=labels == 0)[::-1]
    falling = values[::-1]
    middle = (falling[:-1] + falling[1:]) / 2
    thresholds = np.concatenate([[falling[0]], middle, [np.nextafter(falling[-1], -1.0)]])
    hits, alarms = (np.concatenate([[0.0], np.cumsum(each)]) for each in (positive, negative))
    return _Sweep(thresholds, hits, alarms, float(positive.sum()))


def _cheapest(sweep: _Sweep, false_positive: float, false_negative: float, rows: int) -> Decision:
    cost = false_positive * sweep.alarms + false_negative * (sweep.positives - sweep.hits)
    # of equal ones the nearest to the one that is best for perfect probabilities (Elkan 2001, IJCAI, 973)
    ideal = false_positive / (false_positive + false_negative)
    cheapest = np.flatnonzero(cost <= cost.min() * (1 + 1e-12))
    place = int(cheapest[np.abs(sweep.thresholds[cheapest] - ideal).argmin()])
    return _at(sweep, place, f"the mean cost out of fold is lowest, {cost[place] / rows:.3g} a row")


def _recall(sweep: _Sweep, wanted: float) -> Decision:
    place = int(np.flatnonzero(sweep.recall >= wanted)[0]) if sweep.positives else len(sweep.hits) - 1
    return _at(sweep, place, f"the highest with a recall of {wanted:g} or more out of fold")


def _precision(sweep: _Sweep, wanted: float) -> Decision:
    called = sweep.hits + sweep.alarms
    there = np.flatnonzero((sweep.precision >= wanted) & (called >= FEWEST))
    if there.size:
        return _at(sweep, int(there[-1]), f"the lowest with a precision of {wanted:g} or more out of fold")
    enough = np.flatnonzero(called >= FEWEST)
    best = int(enough[sweep.precision[enough].argmax()]) if enough.size else len(called) - 1
    reason = (
        f"no threshold reaches a precision of {wanted:g} out of fold; the best is {sweep.precision[best]:.3g}, "
        f"above {sweep.thresholds[best]:.3g}; positive above one half instead"
    )
    return Decision(None, reason, met=False)


def _at(sweep: _Sweep, place: int, why: str) -> Decision:
    threshold = float(sweep.thresholds[place])
    met = f"precision {sweep.precision[place]:.3g}, recall {sweep.recall[place]:.3g}"
    return Decision(threshold, f"positive above {threshold:.4g}: {why} ({met})")
