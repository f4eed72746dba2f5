"""A correction of probabilities, where out-of-fold predictions show that it helps.

A map is fitted on the rows of all folds but one and judged on that one, in turn; the corrected log loss is compared
with the plain one on the same rows. What cannot be told from no correction is left out, and of corrections that cannot
be told apart the one with the fewest parameters is taken, fitted on all rows.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepfit.evaluate.spread import Clusters
from keepfit.records import Estimate
from keepfit.score.output import Calibration, Isotonic, Sigmoid, Temperature, log_odds
from keepfit.train.choice import gain, score_on, simplest
from keepfit.train.out_of_fold import OutOfFold

Floats = NDArray[np.float64]
Fit = Callable[[NDArray[Any], Floats], Calibration | None]

METRIC = "log_loss"
STEPS = 100


def calibrate(rows: OutOfFold, clusters: Clusters) -> tuple[Calibration | None, str]:
    """The correction that helps (None: none does), and why, in a sentence."""
    methods = METHODS["two classes" if rows.answers.shape[1] == 2 else "more classes"]
    tried = {name: fitted for name, fit in methods.items() if (fitted := _cross_fitted(rows, fit)) is not None}
    plain = score_on(METRIC, rows)
    if plain.value is None or not tried:
        return None, "not calibrated: the out-of-fold predictions do not carry a correction"
    scores = {"": plain} | {name: score_on(METRIC, rows.answering(answers)) for name, answers in tried.items()}
    names = list(scores)
    chosen = simplest(METRIC, list(scores.values()), clusters)
    name, best = names[chosen.place], names[chosen.best]
    if not name:
        return None, _left_alone(best, chosen.behind)
    by = gain(METRIC, scores[name], plain, clusters)
    return methods[name](rows.labels, rows.answers), f"calibrated by {name}: log loss out of fold {_better(by)}"


def _left_alone(best: str, behind: Estimate | None) -> str:
    if not best or behind is None:
        return "not calibrated: no correction lowers the log loss out of fold"
    return f"not calibrated: the best correction ({best}) does not help beyond noise, log loss {_better(behind)}"


def _better(by: Estimate) -> str:
    size = "not measured" if by.value is None else f"lower by {by.value:.3g}"
    return size if by.low is None else f"{size} (at least {by.low:.3g})"


def _cross_fitted(rows: OutOfFold, fit: Fit) -> Floats | None:
    """Every fold's answers, corrected by what the other folds say; None where these cannot say it."""
    answers = np.empty_like(rows.answers)
    for fold in np.unique(rows.folds):
        inside = rows.folds == fold
        found = fit(rows.labels[~inside], rows.answers[~inside]) if not inside.all() else None
        if found is None:
            return None
        answers[inside] = found.apply(rows.answers[inside])
    return answers


def fit_sigmoid(labels: NDArray[Any], probabilities: Floats) -> Sigmoid | None:
    """Platt's (1999) scaling of the log-odds by Newton's method, to his smoothed targets (Lin, Lin & Weng 2007).

    Parameters
    ----------
    labels : (n,) 0 or 1.
    probabilities : (n, 2).

    Returns
    -------
    Sigmoid or None
        None where one class is missing, or where the order would have to be turned around.
    """
    positive = labels == 1
    n1, n0 = int(positive.sum()), int((~positive).sum())
    if not n0 or not n1:
        return None
    odds = np.clip(log_odds(probabilities), -100.0, 100.0)
    target = np.where(positive, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))
    found = np.array([1.0, 0.0])
    for _ in range(STEPS):
        right = 1.0 / (1.0 + np.exp(-(found[0] * odds + found[1])))
        weight = right * (1.0 - right)
        slope = np.array([((right - target) * odds).sum(), (right - target).sum()])
        a, b, c = (weight * odds**2).sum() + 1e-10, (weight * odds).sum(), weight.sum() + 1e-10
        step = np.array([c * slope[0] - b * slope[1], a * slope[1] - b * slope[0]]) / (a * c - b * b)
        found = found - _shortened(step, found, odds, target)
        if np.abs(step).max() < 1e-10:
            break
    return Sigmoid(slope=float(found[0]), intercept=float(found[1])) if found[0] > 0 else None


def _shortened(step: Floats, found: Floats, odds: Floats, target: Floats) -> Floats:
    """The step, halved until the loss does not rise."""

    def loss(at: Floats) -> float:
        z = at[0] * odds + at[1]
        return float((np.logaddexp(0.0, z) - target * z).sum())

    before = loss(found)
    for _ in range(30):
        if loss(found - step) <= before:
            return step
        step = step / 2
    return np.zeros_like(step)


def fit_isotonic(labels: NDArray[Any], probabilities: Floats) -> Isotonic | None:
    """Isotonic regression, centred: a point at the middle of every flat stretch, lines between (Oron & Flournoy 2017).

    So it rises strictly between its ends. No point is nearer to 0 or 1 than the outermost stretches can know.
    """
    from scipy.optimize import isotonic_regression

    if len(np.unique(labels)) < 2:
        return None
    x, where = np.unique(probabilities[:, 1], return_inverse=True)
    weights = np.bincount(where).astype(np.float64)
    shares = np.bincount(where, weights=labels == 1) / weights
    found = isotonic_regression(shares, weights=weights)
    starts, sizes = found.blocks[:-1], found.weights
    middles = np.add.reduceat(x * weights, starts) / sizes
    low, high = 0.5 / (sizes[0] + 1), 1.0 - 0.5 / (sizes[-1] + 1)
    y = np.clip(found.x[starts], min(low, high), max(low, high))
    return Isotonic(x=tuple(middles.tolist()), y=tuple(y.tolist()))


def fit_temperature(labels: NDArray[Any], probabilities: Floats) -> Temperature | None:
    """The temperature of lowest log loss, between 1/20 and 20."""
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        corrected = Temperature(temperature=float(np.exp(log_temperature))).apply(probabilities)
        own = corrected[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(own, 1e-15)).mean())

    found = minimize_scalar(loss, bounds=(-np.log(20.0), np.log(20.0)), method="bounded", options={"xatol": 1e-6})
    return Temperature(temperature=float(np.exp(found.x)))


METHODS: dict[str, dict[str, Fit]] = {
    "two classes": {"sigmoid": fit_sigmoid, "isotonic": fit_isotonic},
    "more classes": {"temperature": fit_temperature},
}
