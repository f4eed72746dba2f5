"""Metrics of predicted values."""

import numpy as np

from keepfit.evaluate.score import Floats, Score, mean_score, no_score


def rmse(y: Floats, values: Floats) -> Score:
    """Root of the mean squared error; influence by the chain rule, d sqrt(m) = dm / (2 sqrt(m))."""
    squares = mean_score((values - y) ** 2)
    if not squares.value:
        return squares
    root = float(np.sqrt(squares.value))
    return Score(root, squares.influence / (2.0 * root))


def mae(y: Floats, values: Floats) -> Score:
    """Mean absolute error."""
    return mean_score(np.abs(values - y))


def r2(y: Floats, values: Floats) -> Score:
    """Share of the label's variance that is explained: 1 - M / V, with M the squared error and V the variance of y.

    Influence: (-e^2 + (1 - R2)(y - mean y)^2) / V, the chain rule through M and V.
    """
    deviation = (y - y.mean()) ** 2
    variance = float(deviation.mean())
    if not variance > 0:
        return no_score(y.size, "evidence", "every label is the same")
    errors = (values - y) ** 2
    value = 1.0 - float(errors.mean()) / variance
    return Score(value, (-errors + (1.0 - value) * deviation) / variance)
