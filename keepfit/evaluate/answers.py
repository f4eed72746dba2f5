"""What a model said about rows, beside what was true: checked once, sorted once, read by every metric."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from keepfit.errors import DataError, Problem
from keepfit.evaluate.score import Bools, Floats, Ints, Score, class_counts

_SUM_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Rows by rising score: ``group`` (n,) numbers the distinct scores, ``count`` rows have each, ``hits`` are true."""

    group: Ints
    count: Floats
    hits: Floats

    @property
    def from_the_top(self) -> tuple[Floats, Floats]:
        """Rows, and true rows, at each distinct score or above."""
        return np.cumsum(self.count[::-1])[::-1], np.cumsum(self.hits[::-1])[::-1]


def ranked(scores: Floats, true: Bools) -> Ranked:
    """The order of ``scores`` (n,), with equal ones together.

    >>> ranked(np.array([0.2, 0.1, 0.2]), np.array([True, False, False])).hits
    array([0., 1.])
    """
    distinct, group = np.unique(scores, return_inverse=True)
    count = np.bincount(group, minlength=distinct.size).astype(np.float64)
    hits = np.bincount(group, weights=true, minlength=distinct.size).astype(np.float64)
    return Ranked(group, count, hits)


@dataclass(frozen=True, eq=False)
class Answers:
    """Labels and predictions of n rows.

    Parameters
    ----------
    y
        (n,) class indices (-1: a class the model does not know), or values for regression.
    prediction
        (n, k) probabilities in the order of the classes, or (n,) values for regression.
    decided
        (n,) class indices: what the model decides; empty for regression.
    """

    y: Any
    prediction: Floats
    decided: Ints

    @classmethod
    def of(cls, y: Any, prediction: Any, decided: Any = None, *, regression: bool = False) -> "Answers":
        """Checked; without ``decided``, the class with the highest probability, the first of equals.

        Raises
        ------
        DataError
            Labels, predictions and decisions do not belong together, or a label is not one.
        """
        prediction = np.asarray(prediction, dtype=np.float64)
        y = np.asarray(y, dtype=np.float64 if regression else np.int64)
        _belong_together(y, prediction, regression=regression)
        if regression:
            return cls(y, prediction, np.zeros(0, np.int64))
        codes = np.asarray(prediction.argmax(axis=1) if decided is None else decided, np.int64)
        _are_decisions(codes, prediction)
        return cls(y, prediction, codes)

    @cached_property
    def fault(self) -> str:
        """What is wrong with the predictions; empty when nothing is."""
        return prediction_fault(self.prediction)

    @cached_property
    def constant(self) -> bool:
        """Whether every row was told the same."""
        return bool((self.prediction == self.prediction[0]).all() and (self.decided == self.decided[:1]).all())

    @cached_property
    def ranked(self) -> Ranked:
        """Rows by the probability of the positive class (binary)."""
        return ranked(self.prediction[:, 1], self.y == 1)

    @cached_property
    def right(self) -> Bools:
        """Whether each decision is right, (n,)."""
        return np.asarray(self.decided == self.y)

    def take(self, rows: Any) -> "Answers":
        """Some of the rows, by a mask or by places; they were checked before."""
        decided = self.decided[rows] if self.decided.size or not self.y.size else self.decided
        return Answers(self.y[rows], self.prediction[rows], decided)


def within_classes(score: Score, answers: Answers) -> Score:
    """Of two classes the rarer one makes a loss: too few rows of it may have missed the ones that cost most.

    Without any row of it there is a value, and no bound.
    """
    if answers.prediction.ndim == 1 or answers.prediction.shape[1] > 2:
        return score
    if answers.y.min() == answers.y.max():
        return replace(score, missing="evidence", reason=f"needs both classes: {class_counts(answers.y)}")
    return replace(score, strata=answers.y)


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


def _are_decisions(decided: Ints, prediction: Floats) -> None:
    rows, classes = prediction.shape
    if decided.shape != (rows,) or ((decided < 0) | (decided >= classes)).any():
        raise DataError(
            Problem(
                "decisions and predictions do not belong together",
                expected=f"({rows},) class indices from 0 to {classes - 1}",
                found=f"{decided.shape} from {decided.min(initial=0)} to {decided.max(initial=0)}",
            )
        )
