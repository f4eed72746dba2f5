"""The metrics that a gate may name: for which tasks, in which direction, over which range.

Only facts stand here; ``keepfit.evaluate`` computes them. The names and values are scikit-learn's.
"""

from dataclasses import dataclass
from math import inf
from typing import Literal

Task = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True, slots=True)
class Metric:
    """What may be asked of a metric. ``low`` and ``high`` bound its values."""

    name: str
    tasks: frozenset[Task]
    higher_is_better: bool
    low: float
    high: float

    @property
    def word(self) -> str:
        """The gate key that fits the direction."""
        return "at_least" if self.higher_is_better else "at_most"


def _metric(name: str, tasks: str, better: Literal["higher", "lower"], low: float, high: float) -> Metric:
    known: dict[str, Task] = {"b": "binary", "m": "multiclass", "r": "regression"}
    return Metric(name, frozenset(known[letter] for letter in tasks), better == "higher", low, high)


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        _metric("roc_auc", "b", "higher", 0, 1),
        _metric("roc_auc_ovr", "m", "higher", 0, 1),
        _metric("average_precision", "b", "higher", 0, 1),
        _metric("log_loss", "bm", "lower", 0, inf),
        _metric("brier", "bm", "lower", 0, 2),
        _metric("accuracy", "bm", "higher", 0, 1),
        _metric("balanced_accuracy", "bm", "higher", 0, 1),
        _metric("f1", "b", "higher", 0, 1),
        _metric("f1_macro", "m", "higher", 0, 1),
        _metric("precision", "b", "higher", 0, 1),
        _metric("recall", "b", "higher", 0, 1),
        _metric("specificity", "b", "higher", 0, 1),
        _metric("matthews_correlation", "bm", "higher", -1, 1),
        _metric("calibration_error", "bm", "lower", 0, 1),
        _metric("rmse", "r", "lower", 0, inf),
        _metric("mae", "r", "lower", 0, inf),
        _metric("median_absolute_error", "r", "lower", 0, inf),
        _metric("r2", "r", "higher", -inf, 1),
    )
}
