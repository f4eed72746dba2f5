"""Points for the charts of the report; thinned, deterministic, and never part of a verdict."""

from typing import Any

import numpy as np

from keepfit.evaluate.decision import decide
from keepfit.evaluate.score import Floats, Ints
from keepfit.records import Curve

POINTS = 200
BINS = 10


def curves_of(task: str, model: str, y: Any, prediction: Floats) -> tuple[Curve, ...]:
    """What can be drawn of one model's predictions; nothing where there are no rows or a prediction is not finite."""
    if not y.size or not np.isfinite(prediction).all():
        return ()
    if task == "regression":
        return (residuals(model, y, prediction),)
    labels = y.astype(np.int64)
    drawn = (confusion(model, labels, prediction), calibration(model, labels, prediction))
    return (roc(model, labels, prediction), *drawn) if task == "binary" and 0 < labels.sum() < y.size else drawn


def roc(model: str, y: Ints, probabilities: Floats) -> Curve:
    """False positive rate (x) and true positive rate (y) by falling threshold, at most ``POINTS`` points."""
    _, group = np.unique(-probabilities[:, 1], return_inverse=True)
    hits = np.cumsum(np.bincount(group, weights=y))
    false = np.cumsum(np.bincount(group, weights=1 - y))
    x, rate = np.append(0.0, false / false[-1]), np.append(0.0, hits / hits[-1])
    keep = np.unique(np.linspace(0, x.size - 1, POINTS).round().astype(np.int64))
    return _curve("roc", model, x[keep], rate[keep])


def calibration(model: str, y: Ints, probabilities: Floats) -> Curve:
    """Mean probability (x) and share that came true (y) in tenths of the rows; weight is the share of rows.

    Of the positive class; with more classes, of the class that was decided for.
    """
    if probabilities.shape[1] == 2:
        given, came = probabilities[:, 1], (y == 1).astype(np.float64)
    else:
        given, came = probabilities.max(axis=1), (decide(probabilities) == y).astype(np.float64)
    edges = np.unique(np.quantile(given, np.linspace(0, 1, BINS + 1)[1:-1]))
    group = np.searchsorted(edges, given, "left")
    count = np.bincount(group, minlength=edges.size + 1)
    used = count > 0
    mean = np.bincount(group, weights=given, minlength=count.size)[used] / count[used]
    share = np.bincount(group, weights=came, minlength=count.size)[used] / count[used]
    return _curve("calibration", model, mean, share, count[used] / y.size)


def confusion(model: str, y: Ints, probabilities: Floats) -> Curve:
    """Class (x), decided class (y) and number of rows (weight), for the pairs that occur."""
    classes = probabilities.shape[1]
    pairs, count = np.unique((y + 1) * classes + decide(probabilities), return_counts=True)
    return _curve("confusion", model, pairs // classes - 1, pairs % classes, count)


def residuals(model: str, y: Floats, values: Floats) -> Curve:
    """Predicted value (x) and label minus prediction (y) of at most ``POINTS`` rows, evenly spread over the rows."""
    keep = np.unique(np.linspace(0, y.size - 1, POINTS).round().astype(np.int64))
    return _curve("residuals", model, values[keep], (y - values)[keep])


def _curve(name: str, model: str, x: Any, y: Any, weight: Any = None) -> Curve:
    weights = () if weight is None else tuple(float(v) for v in weight)
    return Curve(name=name, model=model, x=tuple(float(v) for v in x), y=tuple(float(v) for v in y), weight=weights)
