"""Every metric of ``keepfit.config.metrics`` as a function of labels and predictions."""

from collections.abc import Callable
from typing import Any

import numpy as np

from keepfit.config.metrics import METRICS, Metric
from keepfit.errors import DataError, Problem
from keepfit.evaluate.decision import accuracy, balanced_accuracy
from keepfit.evaluate.probability import brier, log_loss
from keepfit.evaluate.ranking import average_precision, roc_auc
from keepfit.evaluate.score import Floats, Score, no_score
from keepfit.evaluate.value import mae, r2, rmse

MEASURES: dict[str, Callable[[Any, Floats], Score]] = {
    "roc_auc": roc_auc,
    "average_precision": average_precision,
    "log_loss": log_loss,
    "brier": brier,
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "rmse": rmse,
    "mae": mae,
    "r2": r2,
}
_SUM_TOLERANCE = 1e-6


def measure(name: str, y: Any, prediction: Any) -> Score:
    """One metric on rows.

    Parameters
    ----------
    name
        A key of ``METRICS``.
    y
        (n,) class indices (-1: a class the model does not know), or values for regression.
    prediction
        (n, k) probabilities in the order of the classes, or (n,) values for regression.

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
    regression = "regression" in METRICS[name].tasks
    prediction = np.asarray(prediction, dtype=np.float64)
    y = np.asarray(y, dtype=np.float64 if regression else np.int64)
    _belong_together(y, prediction, regression=regression)
    if not y.size:
        return no_score(0, "evidence", "no rows")
    fault = prediction_fault(prediction)
    return no_score(y.size, "broken", fault) if fault else MEASURES[name](y, prediction)


def prediction_fault(prediction: Floats) -> str:
    """What is wrong with the predictions, (n,) values or (n, k) probabilities; empty when nothing is."""
    finite = np.isfinite(prediction if prediction.ndim == 1 else prediction.sum(axis=1))
    if not finite.all():
        return _count(int((~finite).sum()), finite.size, "not a finite number", "not finite numbers")
    if prediction.ndim == 1:
        return ""
    off = (np.abs(prediction.sum(axis=1) - 1.0) > _SUM_TOLERANCE) | (prediction < 0.0).any(axis=1)
    return _count(int(off.sum()), off.size, "not probabilities that sum to 1", "not probabilities that sum to 1")


def _count(bad: int, rows: int, one: str, many: str) -> str:
    if not bad:
        return ""
    return f"{bad:,} of {rows:,} predictions {'is' if bad == 1 else 'are'} {one if bad == 1 else many}"


def _belong_together(y: Any, prediction: Floats, *, regression: bool) -> None:
    classes = prediction.shape[1] if prediction.ndim == 2 else 0
    if y.shape != prediction.shape[:1] or prediction.ndim != (1 if regression else 2) or classes == 1:
        raise DataError(
            Problem(
                "labels and predictions do not belong together",
                expected="(n,) labels and (n,) values" if regression else "(n,) class indices and (n, k) probabilities",
                found=f"labels {y.shape}, predictions {prediction.shape}",
            )
        )
    lowest = 0 if classes == 2 else -1
    strange = ~np.isfinite(y) if regression else (y < lowest) | (y >= classes)
    if strange.any():
        raise DataError(
            Problem(
                f"{int(strange.sum()):,} of {y.size:,} labels are not what the model predicts",
                expected="finite numbers" if regression else f"one of its {classes} classes",
                found=f"in row {int(strange.argmax())}: {y[strange.argmax()]}",
            )
        )


def metrics_of(task: str) -> tuple[Metric, ...]:
    """The metrics of a task, in the order in which they are shown.

    >>> [metric.name for metric in metrics_of("regression")]
    ['rmse', 'mae', 'r2']
    """
    return tuple(metric for metric in METRICS.values() if task in metric.tasks)
