"""What is made of an estimator's answers: probabilities that mean what they say, and a decision.

A JSON state of a version, learnt in ``keepfit.train`` from out-of-fold predictions. Every map of two classes is
strictly increasing, so ranks, and with them ROC AUC, stay what they were.
"""

import numpy as np
from numpy.typing import NDArray

from keepfit.export.links import FAR
from keepfit.records import Record

Floats = NDArray[np.float64]

SMALLEST = 1e-300  # no logarithm of zero
STRICT = 1e-3  # share of the uncorrected probability in an isotonic map: flat stretches keep their order


class Sigmoid(Record, frozen=True, kw_only=True, tag="sigmoid"):
    """Two classes: the log-odds times ``slope`` (above 0) plus ``intercept`` (Platt 1999)."""

    slope: float
    intercept: float

    def apply(self, probabilities: Floats) -> Floats:
        """(n, 2) to (n, 2).

        >>> Sigmoid(slope=1.0, intercept=0.0).apply(np.array([[0.75, 0.25]])).round(12)
        array([[0.75, 0.25]])
        """
        odds = self.slope * log_odds(probabilities) + self.intercept
        if len(odds) == 1 and abs(one := odds.item()) < FAR:  # the same operations without arrays around them
            return np.array([[1.0 / (1.0 + float(np.exp(one))), 1.0 / (1.0 + float(np.exp(-one)))]])
        with np.errstate(over="ignore"):  # the exponential of a large number: a probability of zero
            return 1.0 / (1.0 + np.exp(np.column_stack([odds, -odds])))


class Isotonic(Record, frozen=True, kw_only=True, tag="isotonic"):
    """Two classes: a line through points, from the probability of the second class ``x`` to its corrected one ``y``."""

    x: tuple[float, ...]
    y: tuple[float, ...]

    def apply(self, probabilities: Floats) -> Floats:
        """(n, 2) to (n, 2); beyond the outermost points the line is flat but for `STRICT`.

        >>> Isotonic(x=(0.2, 0.6), y=(0.1, 0.5)).apply(np.array([[0.6, 0.4]])).round(4)
        array([[0.6999, 0.3001]])
        """
        raw = probabilities[:, 1]
        right = (1.0 - STRICT) * np.interp(raw, self.x, self.y) + STRICT * raw
        return np.column_stack([1.0 - right, right])


class Temperature(Record, frozen=True, kw_only=True, tag="temperature"):
    """Any number of classes: log-probabilities divided by a ``temperature`` (Guo et al. 2017, ICML, 1321)."""

    temperature: float

    def apply(self, probabilities: Floats) -> Floats:
        """(n, k) to (n, k).

        >>> Temperature(temperature=0.5).apply(np.array([[0.2, 0.4, 0.4]])).round(3)
        array([[0.111, 0.444, 0.444]])
        """
        logs = np.log(np.maximum(probabilities, SMALLEST)) / self.temperature
        powers = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float64)


Calibration = Sigmoid | Isotonic | Temperature


class Output(Record, frozen=True, kw_only=True):
    """The correction of probabilities (None: they are right as they are), and above what the second of two is chosen.

    Without a ``threshold`` the most probable class is chosen, of two that above one half.
    """

    calibration: Calibration | None = None
    threshold: float | None = None

    def correct(self, answers: Floats) -> Floats:
        """What the version answers: probabilities (n, k) or values (n,), of the same shape as it was given."""
        return answers if self.calibration is None else self.calibration.apply(answers)

    def decide(self, probabilities: Floats) -> NDArray[np.int64]:
        """The index of the class chosen for each row, (n,); the first of equals.

        >>> Output(threshold=0.2).decide(np.array([[0.7, 0.3], [0.8, 0.2]]))
        array([1, 0])
        """
        if self.threshold is None:
            return np.asarray(probabilities.argmax(axis=1), np.int64)
        return np.asarray(probabilities[:, 1] > self.threshold, np.int64)


PLAIN = Output()


def log_odds(probabilities: Floats) -> Floats:
    """Of the second class against the first, (n,).

    >>> log_odds(np.array([[0.5, 0.5], [0.0, 1.0]])).round(1)
    array([  0. , 690.8])
    """
    if len(probabilities) == 1:
        first, second = probabilities[0].tolist()
        return np.array([float(np.log(max(second, SMALLEST))) - float(np.log(max(first, SMALLEST)))])
    first, second = np.maximum(probabilities, SMALLEST).T
    return np.asarray(np.log(second) - np.log(first), np.float64)
