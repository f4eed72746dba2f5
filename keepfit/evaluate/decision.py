"""Metrics of the decision: the class with the highest probability (binary: positive above one half)."""

import numpy as np

from keepfit.evaluate.score import Floats, Ints, Score, class_counts, mean_score, no_score


def decide(probabilities: Floats) -> Ints:
    """The class of each row, (n,); the first of equals.

    >>> decide(np.array([[0.5, 0.5], [0.2, 0.8]]))
    array([0, 1])
    """
    return np.asarray(probabilities.argmax(axis=1), np.int64)


def accuracy(y: Ints, probabilities: Floats) -> Score:
    """Share of rows whose decision is right."""
    return mean_score((decide(probabilities) == y).astype(np.float64))


def balanced_accuracy(y: Ints, probabilities: Floats) -> Score:
    """Mean over the classes among the rows of the share that is decided right (recall).

    It is a mean of ratios, so a row of a class with n_c of n rows moves it by n / (K n_c) of its deviation.
    """
    classes, own, counts = np.unique(y, return_inverse=True, return_counts=True)
    if classes.size < 2:
        return no_score(y.size, "evidence", f"needs two classes or more: {class_counts(y)}")
    right = (decide(probabilities) == y).astype(np.float64)
    recall = np.bincount(own, weights=right) / counts
    influence = (right - recall[own]) * (y.size / (classes.size * counts[own]))
    constant = bool((probabilities == probabilities[0]).all())
    return Score(float(recall.mean()), influence, strata=y, exact=constant)
