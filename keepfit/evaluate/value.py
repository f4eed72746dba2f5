"""Metrics of predicted values.

There is no percentage error among them: it has no value where a label is zero, and it prefers models that predict too
low (Hyndman & Koehler 2006, Int. J. Forecasting 22:679).
"""

import numpy as np

from keepfit.evaluate.answers import Answers
from keepfit.evaluate.score import Floats, Score, mean_score, no_score


def errors_of(answers: Answers) -> Floats:
    """Prediction minus label, (n,)."""
    return np.asarray(answers.prediction - answers.y, np.float64)


def rmse(answers: Answers) -> Score:
    """Root of the mean squared error; influence by the chain rule, d sqrt(m) = dm / (2 sqrt(m))."""
    squares = mean_score(errors_of(answers) ** 2)
    if not squares.value:
        return squares
    root = float(np.sqrt(squares.value))
    return Score(root, squares.influence / (2.0 * root))


def mae(answers: Answers) -> Score:
    """Mean absolute error."""
    return mean_score(np.abs(errors_of(answers)))


def median_absolute_error(answers: Answers) -> Score:
    """Half of the rows have a smaller absolute error.

    The influence of a row is (1/2 - 1{error <= median}) over the density at the median. The density is the slope of the
    empirical quantiles around it (Francisco & Fuller 1991, Ann. Statist. 19:454), which is too rough for bounds: they
    come from Woodruff's inversion, and for comparisons from the bootstrap.
    """
    errors = np.abs(errors_of(answers))
    value = float(np.median(errors))
    below = np.where(errors < value, 1.0, np.where(errors == value, 0.5, 0.0))
    reach = min(0.5, 1.0 / np.sqrt(errors.size))
    low, high = np.quantile(errors, [0.5 - reach, 0.5 + reach])
    influence = (below.mean() - below) * float(high - low) / (2.0 * reach)
    return Score(value, influence, median_of=errors)


def r2(answers: Answers) -> Score:
    """Share of the label's variance that is explained: 1 - M / V, with M the squared error and V the variance of y.

    Influence: (-e^2 + (1 - R2)(y - mean y)^2) / V, the chain rule through M and V.
    """
    y = answers.y
    deviation = (y - y.mean()) ** 2
    variance = float(deviation.mean())
    if not variance > 0:
        return no_score(y.size, "evidence", "every label is the same")
    squares = errors_of(answers) ** 2
    value = 1.0 - float(squares.mean()) / variance
    return Score(value, (-squares + (1.0 - value) * deviation) / variance)
