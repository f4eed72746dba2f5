"""Every metric of ``keepfit.config.metrics`` as a function of labels and predictions."""

from collections.abc import Callable
from typing import Any

from keepfit.config.metrics import METRICS, Metric
from keepfit.evaluate.answers import Answers
from keepfit.evaluate.calibration import calibration_error
from keepfit.evaluate.decision import (
    accuracy,
    balanced_accuracy,
    f1,
    f1_macro,
    matthews_correlation,
    precision,
    recall,
    specificity,
)
from keepfit.evaluate.probability import brier, log_loss
from keepfit.evaluate.ranking import average_precision, roc_auc, roc_auc_ovr
from keepfit.evaluate.score import Score, no_score
from keepfit.evaluate.value import mae, median_absolute_error, r2, rmse

MEASURES: dict[str, Callable[[Answers], Score]] = {
    "roc_auc": roc_auc,
    "roc_auc_ovr": roc_auc_ovr,
    "average_precision": average_precision,
    "log_loss": log_loss,
    "brier": brier,
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "f1": f1,
    "f1_macro": f1_macro,
    "precision": precision,
    "recall": recall,
    "specificity": specificity,
    "matthews_correlation": matthews_correlation,
    "calibration_error": calibration_error,
    "rmse": rmse,
    "mae": mae,
    "median_absolute_error": median_absolute_error,
    "r2": r2,
}


def measure(name: str, y: Any, prediction: Any, decided: Any = None) -> Score:
    """One metric on rows.

    Parameters
    ----------
    name
        A key of ``METRICS``.
    y
        (n,) class indices (-1: a class the model does not know), or values for regression.
    prediction
        (n, k) probabilities in the order of the classes, or (n,) values for regression.
    decided
        (n,) class indices that the model decides for; without it, the class with the highest probability.

    Returns
    -------
    Score
        Without a value, and with the reason, where rows are missing or a prediction is not what it should be.

    Raises
    ------
    DataError
        Labels and predictions do not belong together, or a label is not one.

    Examples
    --------
    >>> measure("accuracy", [1, 0], [[0.2, 0.8], [0.4, 0.6]]).value
    0.5
    >>> measure("mae", [1.0, 2.0], [1.0, float("nan")]).reason
    '1 of 2 predictions is not a finite number'
    """
    return score_of(name, Answers.of(y, prediction, decided, regression="regression" in METRICS[name].tasks))


def score_of(name: str, answers: Answers) -> Score:
    """One metric of answers that were checked, of which several metrics share the sorting."""
    return guarded(MEASURES[name], answers)


def guarded(measured: Callable[[Answers], Score], answers: Answers) -> Score:
    """No value where there are no rows or a prediction is not what it should be."""
    if not answers.y.size:
        return no_score(0, "evidence", "no rows")
    return no_score(answers.y.size, "broken", answers.fault) if answers.fault else measured(answers)


def metrics_of(task: str) -> tuple[Metric, ...]:
    """The metrics of a task, in the order in which they are shown.

    >>> [metric.name for metric in metrics_of("regression")]
    ['rmse', 'mae', 'median_absolute_error', 'r2']
    """
    return tuple(metric for metric in METRICS.values() if task in metric.tasks)
