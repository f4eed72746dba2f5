"""Points for the charts of the report; thinned, deterministic, and never part of a verdict."""

from typing import Any

import numpy as np

from keepfit.evaluate.answers import Answers
from keepfit.evaluate.calibration import bins_in, pairs_of
from keepfit.evaluate.intervals import estimate
from keepfit.evaluate.scales import Scale
from keepfit.evaluate.score import Bools, Floats, mean_score, share_score
from keepfit.evaluate.spread import Clusters
from keepfit.records import Curve, Estimate

POINTS = 200
THRESHOLDS = (0.01, 0.02, *(round(0.05 * step, 2) for step in range(1, 20)), 0.98, 0.99)


def curves_of(task: str, model: str, answers: Answers, clusters: Clusters, confidence: float) -> tuple[Curve, ...]:
    """What can be drawn of one model's answers; nothing where there are no rows or an answer is not a number."""
    if not answers.y.size or answers.fault:
        return ()
    if task == "regression":
        return (residuals(model, answers),)
    drawn = (confusion(model, answers), calibration(model, answers, clusters, confidence))
    if task != "binary" or not 0 < answers.y.sum() < answers.y.size:
        return drawn
    ranking = (roc(model, answers), precision_recall(model, answers))
    return (*ranking, *drawn, *decision(model, answers, clusters, confidence))


def roc(model: str, answers: Answers) -> Curve:
    """False positive rate (x) and true positive rate (y) by falling threshold, at most ``POINTS`` points."""
    rows, true = (each[::-1] for each in answers.ranked.from_the_top)
    x, y = np.append(0.0, (rows - true) / (rows - true)[-1]), np.append(0.0, true / true[-1])
    keep = _thinned(x.size)
    return _curve("roc", model, x[keep], y[keep])


def precision_recall(model: str, answers: Answers) -> Curve:
    """Recall (x) and precision (y) by falling threshold, at most ``POINTS`` points, even in recall."""
    rows, true = (each[::-1] for each in answers.ranked.from_the_top)
    recall = true / true[-1]
    keep = np.unique(np.searchsorted(recall, np.linspace(recall[0], 1.0, POINTS)))
    return _curve("precision_recall", model, recall[keep], (true / rows)[keep])


def calibration(model: str, answers: Answers, clusters: Clusters, confidence: float) -> Curve:
    """Mean probability (x) and share that came true (y, with bounds) in tenths of the rows; weight is their share.

    Of the positive class; with more classes, of the class that was given the highest probability.
    """
    given, came = pairs_of(answers)
    group = bins_in(answers)
    count = np.bincount(group)
    mean = np.bincount(group, weights=given) / count
    found = []
    for one in range(count.size):
        rows = group == one
        score = share_score(came[rows] > 0, np.ones(count[one], dtype=bool))
        found.append(estimate(score, clusters.take(rows), confidence, Scale(0, 1)))
    return _bounded("calibration", model, mean, found, count / given.size)


def decision(model: str, answers: Answers, clusters: Clusters, confidence: float) -> tuple[Curve, ...]:
    """Net benefit (y) by threshold (x): Vickers & Elkin (2006, Medical Decision Making 26:565).

    A true positive counts 1, a false one t / (1 - t), what the threshold t says that it costs; per row. The candidate
    has bounds, and beside it what it is worth to decide positive for every row.
    """
    positive = answers.y == 1
    score = answers.prediction[:, 1]
    worth = [_worth(positive, score >= threshold, threshold) for threshold in THRESHOLDS]
    if model != "candidate":
        return (_curve("decision", model, THRESHOLDS, [each.mean() for each in worth]),)
    found = [estimate(mean_score(each), clusters, confidence) for each in worth]
    rate = float(positive.mean())
    everyone = [rate - (1.0 - rate) * threshold / (1.0 - threshold) for threshold in THRESHOLDS]
    return _bounded("decision", model, THRESHOLDS, found), _curve("decision", "all", THRESHOLDS, everyone)


def _worth(positive: Bools, decided: Bools, threshold: float) -> Floats:
    """What each row is worth if it is ``decided`` positive or not, (n,)."""
    table = np.array([[0.0, 0.0], [-threshold / (1.0 - threshold), 1.0]])
    return np.asarray(table.ravel()[decided * 2 + positive], np.float64)


def confusion(model: str, answers: Answers) -> Curve:
    """Class (x), decided class (y) and number of rows (weight), for the pairs that occur."""
    classes = answers.prediction.shape[1]
    pairs, count = np.unique((answers.y + 1) * classes + answers.decided, return_counts=True)
    return _curve("confusion", model, pairs // classes - 1, pairs % classes, count)


def residuals(model: str, answers: Answers) -> Curve:
    """Predicted value (x) and label minus prediction (y) of at most ``POINTS`` rows, evenly spread over the rows."""
    keep = _thinned(answers.y.size)
    return _curve("residuals", model, answers.prediction[keep], (answers.y - answers.prediction)[keep])


def _thinned(size: int) -> Any:
    return np.unique(np.linspace(0, size - 1, POINTS).round().astype(np.int64))


def _bounded(name: str, model: str, x: Any, found: list[Estimate], weight: Any = ()) -> Curve:
    """A curve of estimates; where there are no bounds, the value stands for them."""
    value = [one.value or 0.0 for one in found]
    low = [one.value or 0.0 if one.low is None else one.low for one in found]
    high = [one.value or 0.0 if one.high is None else one.high for one in found]
    return _curve(name, model, x, value, weight, low, high)


def _curve(name: str, model: str, x: Any, y: Any, weight: Any = (), low: Any = (), high: Any = ()) -> Curve:
    columns = {"x": x, "y": y, "weight": weight, "low": low, "high": high}
    return Curve(name=name, model=model, **{key: tuple(float(v) for v in values) for key, values in columns.items()})
