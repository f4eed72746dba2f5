"""Estimated performance of a window, a part of its answers at a time."""

from typing import Any

import numpy as np

from keepfit.monitor.drift import LEAST_ROWS
from keepfit.monitor.performance import ESTIMABLE, estimated_value, expected_auc
from keepfit.monitor.reference import Reference

_RANKED = "roc_auc"  # of all rows beside each other; the others are means of rows, or (rmse) the root of one
_ROOT = "rmse"


class Estimates:
    """Adds up what each part is estimated to be, weighed by its rows; for ROC AUC it keeps 8 bytes a row."""

    def __init__(self, reference: Reference) -> None:
        self._losses = reference.losses
        self._sums: dict[str, float | None] = dict.fromkeys(ESTIMABLE[reference.task], 0.0)
        self._positive: list[Any] = []
        self._rows = 0

    def add(self, answers: Any) -> None:
        """Take the answers to the next rows, (n, k) or (n,)."""
        if not len(answers):
            return
        self._rows += len(answers)
        for name, total in self._sums.items():
            more = self._sum(name, answers)
            self._sums[name] = None if total is None or more is None else total + more
        if self._sums.get(_RANKED) is not None:
            self._positive.append(np.ascontiguousarray(answers[:, 1]))

    def _sum(self, name: str, answers: Any) -> float | None:
        if name == _RANKED:
            return 0.0 if np.isfinite(answers).all() else None
        value = estimated_value(name, answers, self._losses)
        return None if value is None else len(answers) * (value**2 if name == _ROOT else value)

    def values(self) -> dict[str, float | None]:
        """Each metric of all rows; None where they are few, or one was not answered."""
        if self._rows < LEAST_ROWS:
            return dict.fromkeys(self._sums)
        return {name: self._value(name, total) for name, total in self._sums.items()}

    def _value(self, name: str, total: float | None) -> float | None:
        if total is None:
            return None
        if name == _RANKED:
            return self._ranked()
        mean = total / self._rows
        return float(np.sqrt(mean)) if name == _ROOT else mean

    def _ranked(self) -> float | None:
        ordered, self._positive = np.concatenate(self._positive), []
        ordered.sort()  # in place: beside it there is nothing of its size
        self._positive = [ordered]
        return expected_auc(ordered)
