"""Do probabilities come true: the debiased calibration error, calibration in the large, and the slope.

Binary: of the positive class. More classes: of the class that was given the highest probability, against whether it
came. Regression: of the predicted value.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from keepfit.evaluate.answers import Answers, Ranked, ranked, within_classes
from keepfit.evaluate.score import Floats, Ints, Score, mean_score, no_score

BINS = 10
ROWS_A_BIN = 25  # fewer do not tell the noise of a bin
_STEPS = 50
_EPSILON = 1e-12


class Pairs(NamedTuple):
    """What was given (a probability or a value) and what came, (n,) each."""

    given: Floats
    came: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Binned:
    """Residuals in bins of equal mass: ``group`` (n,), ``share`` (B,) of the rows, ``residual`` (n,) came - given.

    ``chance`` (n,) is the variance of what comes if the probability that was given is right.
    """

    group: Ints
    share: Floats
    residual: Floats
    chance: Floats


def pairs_of(answers: Answers) -> Pairs:
    """Given and came; see the module."""
    if answers.prediction.ndim == 1:
        return Pairs(answers.prediction, answers.y)
    if answers.prediction.shape[1] == 2:
        return Pairs(answers.prediction[:, 1], (answers.y == 1).astype(np.float64))
    top = answers.prediction.argmax(axis=1)
    return Pairs(answers.prediction[np.arange(top.size), top], (answers.y == top).astype(np.float64))


def bins_of(given: Floats) -> Ints:
    """The bin of each row, (n,): ten, or fewer of ``ROWS_A_BIN`` rows, as equal as ties allow, from 0 without gaps.

    >>> np.bincount(bins_of(np.arange(100) / 100.0))
    array([25, 25, 25, 25])
    """
    return _of_equal_mass(ranked(given, np.zeros(given.size, dtype=bool)))


def bins_in(answers: Answers) -> Ints:
    """The bins of what was given; of two classes, rows are in order already."""
    binary = answers.prediction.ndim == 2 and answers.prediction.shape[1] == 2
    return _of_equal_mass(answers.ranked) if binary else bins_of(pairs_of(answers).given)


def _of_equal_mass(order: Ranked) -> Ints:
    rows = order.group.size
    middle = np.cumsum(order.count) - order.count / 2.0
    bins = max(1, min(BINS, rows // ROWS_A_BIN))
    place = np.floor(middle / rows * bins).astype(np.int64)
    _, packed = np.unique(place, return_inverse=True)
    return np.asarray(packed[order.group], np.int64)


def calibration_error(answers: Answers) -> Score:
    """Root of the mean squared distance of probabilities from what came, in ten bins of equal mass, less the noise.

    Within a bin the mean residual is off by chance even when every probability is right, so the plain sum of squares is
    too high; its expectation under noise, the variance of that mean, is taken off, as Kumar, Liang & Ma (2019, NeurIPS)
    do. Never below zero. What a bin averages away is not seen: a lower bound of the true calibration error.

    The value here treats rows as independent; the bounds come from the noise of the clusters (``distance``).
    """
    given, came = pairs_of(answers)
    group = bins_in(answers)
    residual = came - given
    count = np.bincount(group).astype(np.float64)
    mean = np.bincount(group, weights=residual) / count
    off = residual - mean[group]
    noise = np.bincount(group, weights=off * off) / np.maximum(count - 1.0, 1.0) / count
    share = count / given.size
    square = float((share * (mean * mean - noise)).sum())
    value = float(np.sqrt(max(square, 0.0)))
    moved = 2.0 * mean[group] * off + mean[group] ** 2 - (share * mean * mean).sum()
    influence = moved / (2.0 * value) if value > 0 else np.zeros(given.size)
    return Score(value, influence, binned=Binned(group, share, residual, given * (1.0 - given)))


def in_the_large(answers: Answers) -> Score:
    """What came minus what was given, on average; zero is right (Van Calster et al. 2019, BMC Medicine 17:230)."""
    given, came = pairs_of(answers)
    return within_classes(mean_score(came - given), answers)


def slope(answers: Answers) -> Score:
    """The slope of what came on what was given: below 1 where predictions are too extreme.

    Probabilities (Cox 1958, Biometrika 45:562): logistic regression on the log-odds. Values: least squares (Mincer &
    Zarnowitz 1969). Influence: that of an M-estimator, the inverse information times each row's score.
    """
    given, came = pairs_of(answers)
    values = answers.prediction.ndim == 1
    x = given if values else np.log(np.clip(given, _EPSILON, 1.0)) - np.log(np.clip(1.0 - given, _EPSILON, 1.0))
    if not float(np.ptp(x)) > _EPSILON or not float(np.ptp(came)) > 0:
        return no_score(x.size, "evidence", "every prediction, or every label, is the same")
    x = x - x.mean()
    line = _Line(0.0, 0.0, np.zeros(x.size), np.ones(x.size))
    found = line.moved(x, came) if values else _logistic(x, came)
    if found is None:
        return no_score(x.size, "evidence", "the classes can be told apart without error, so the slope has no end")
    off = came - found.expected
    return within_classes(Score(found.slope, x.size * _solved(found.weight, x, off, off * x)[1]), answers)


class _Line(NamedTuple):
    """``expected`` (n,) of what came, by an intercept and a slope; ``weight`` (n,) is its variance."""

    intercept: float
    slope: float
    expected: Floats
    weight: Floats

    def moved(self, x: Floats, came: Floats) -> "_Line":
        """One step of least squares."""
        off = came - self.expected
        intercept, slope_ = _solved(self.weight, x, float(off.sum()), float((off * x).sum()))
        return _Line(float(intercept), float(slope_), intercept + slope_ * x, np.ones(x.size))


def _solved(weight: Floats, x: Floats, first: Any, second: Any) -> tuple[Any, Any]:
    """Two numbers (or two rows of numbers) over the information of intercept and slope; sums, not BLAS."""
    a, b, c = float(weight.sum()), float((weight * x).sum()), float((weight * x * x).sum())
    size = _spread(a, b, c)
    return (c * first - b * second) / size, (a * second - b * first) / size


def _spread(a: float, b: float, c: float) -> float:
    """What tells intercept and slope apart: 0 where all of the weight lies on one value of x."""
    return a * c - b * b


def _logistic(x: Floats, came: Floats) -> _Line | None:
    """Newton's steps; None where they run away."""
    share = float(came.mean())
    intercept, slope_ = float(np.log(share / (1.0 - share))), 0.0
    for _ in range(_STEPS):
        expected = 1.0 / (1.0 + np.exp(-np.clip(intercept + slope_ * x, -500.0, 500.0)))
        weight = expected * (1.0 - expected)
        a, b, c = float(weight.sum()), float((weight * x).sum()), float((weight * x * x).sum())
        if not c > _EPSILON or not _spread(a, b, c) > _EPSILON * a * c:
            return None
        off = came - expected
        one, two = _solved(weight, x, float(off.sum()), float((off * x).sum()))
        short = min(1.0, 5.0 / max(abs(one), abs(two), _EPSILON))
        intercept, slope_ = intercept + short * one, slope_ + short * two
        if max(abs(one), abs(two)) < 1e-9:
            return _Line(intercept, slope_, expected, weight)
    return None
