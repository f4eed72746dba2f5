"""From an estimator's sums to its answers, in float64, by the same operations as scikit-learn's."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Link = Literal["identity", "logistic", "softmax", "shares"]

FAR = 700.0  # log-odds up to which the exponential is a number of 64 bits


def identity(sums: Floats) -> Floats:
    """(n, 1) to (n,): the values of a regression."""
    return sums[:, 0]


def logistic(sums: Floats) -> Floats:
    """(n, 1) log-odds of the second class to (n, 2) probabilities.

    >>> logistic(np.array([[0.0], [1e3], [-1e3]]))
    array([[0.5, 0.5],
           [0. , 1. ],
           [1. , 0. ]])
    """
    if len(sums) == 1 and (odds := sums.item()) > -FAR:  # the same operations without arrays around them
        share = 1.0 / (1.0 + float(np.exp(-odds)))
        return np.array([[1.0 - share, share]])
    both = np.empty((len(sums), 2))
    both[:, 1] = inverse_logit(sums[:, 0])
    np.subtract(1.0, both[:, 1], out=both[:, 0])
    return both


def inverse_logit(odds: Floats) -> Floats:
    """Log-odds to probabilities, of the same shape."""
    found: Floats = np.negative(odds)
    with np.errstate(over="ignore"):  # the exponential of a large number: a probability of zero
        np.exp(found, out=found)
    found += 1.0
    return np.divide(1.0, found, out=found)


def softmax(sums: Floats) -> Floats:
    """(n, k) to (n, k) probabilities.

    >>> softmax(np.array([[1e3, 1e3, -1e3]]))
    array([[0.5, 0.5, 0. ]])
    """
    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float64)


def shares(sums: Floats) -> Floats:
    """(n, k) probabilities as they are: a forest votes with them."""
    return sums


LINKS: dict[Link, Callable[[Floats], Floats]] = {
    "identity": identity,
    "logistic": logistic,
    "softmax": softmax,
    "shares": shares,
}

WIDTHS: dict[Link, Callable[[int], bool]] = {  # how many sums a row may have
    "identity": lambda width: width == 1,
    "logistic": lambda width: width == 1,
    "softmax": lambda width: width > 2,
    "shares": lambda width: width > 1,
}
