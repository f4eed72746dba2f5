"""Metrics of the probabilities themselves. A row of class -1 has a label that the model does not know."""

import numpy as np

from keepfit.evaluate.answers import Answers, within_classes
from keepfit.evaluate.score import Floats, Ints, Score, mean_score


def probability_of(y: Ints, probabilities: Floats) -> Floats:
    """What each row's own class was given, (n,); 0 for a class that the model does not know.

    >>> probability_of(np.array([1, -1]), np.array([[0.2, 0.8], [0.5, 0.5]]))
    array([0.8, 0. ])
    """
    return np.where(y >= 0, probabilities[np.arange(y.size), y], 0.0)


def log_loss(answers: Answers) -> Score:
    """Mean of -ln of the probability of the class that came; clipped to the machine epsilon, as scikit-learn does."""
    epsilon = float(np.finfo(np.float64).eps)
    given = np.clip(probability_of(answers.y, answers.prediction), epsilon, 1.0 - epsilon)
    return within_classes(mean_score(-np.log(given)), answers)


def brier(answers: Answers) -> Score:
    """Mean squared error of the probabilities (Brier 1950, Mon. Weather Rev. 78:1).

    Binary: of the positive class, 0 to 1. More classes: summed over classes, 0 to 2.
    """
    probabilities = answers.prediction
    if probabilities.shape[1] == 2:
        return within_classes(mean_score((probabilities[:, 1] - answers.y) ** 2), answers)
    own = probability_of(answers.y, probabilities)
    return mean_score((probabilities**2).sum(axis=1) - 2.0 * own + 1.0)
