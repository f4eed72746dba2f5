"""Bad models as what they answer: functions from good answers, (n, k) probabilities or (n,) values, to bad ones."""

import numpy as np

from keepfit.evaluate.score import Bools
from keepfit.selftest.bench import Floats
from keepfit.selftest.world import SMALLEST, softmax

SURE = 0.98
TIMES = 3.0
STRETCHED = 2.0


def constant(answers: Floats, usual: Floats) -> Floats:
    """Every row is told the ``usual``: class shares (k,), or a mean (1,).

    >>> constant(np.array([1.0, 2.0]), np.array([1.5]))
    array([1.5, 1.5])
    """
    return np.full(answers.shape, usual[0]) if answers.ndim == 1 else np.tile(usual, (len(answers), 1))


def shuffled(answers: Floats, rng: np.random.Generator) -> Floats:
    """Every row is told what is meant for another one."""
    return np.asarray(answers[rng.permutation(len(answers))], np.float64)


def one_is_no_number(answers: Floats) -> Floats:
    """One answer of all is NaN.

    >>> one_is_no_number(np.array([1.0, 2.0, 3.0]))
    array([ 1., nan,  3.])
    """
    spoilt = answers.copy()
    spoilt[len(answers) // 2] = np.nan
    return spoilt


def overconfident(answers: Floats) -> Floats:
    """The log-odds times 3, which leaves every rank as it was; values twice as far from their mean.

    >>> overconfident(np.array([[0.25, 0.75]])).round(3)
    array([[0.036, 0.964]])
    """
    if answers.ndim == 1:
        return np.asarray(answers.mean() + STRETCHED * (answers - answers.mean()), np.float64)
    return softmax(TIMES * np.log(np.maximum(answers, SMALLEST)))


def shuffled_within(answers: Floats, among: Bools, rng: np.random.Generator) -> Floats:
    """Good everywhere but ``among`` (n,) these, who are told what is meant for another one of them.

    >>> shuffled_within(np.array([1.0, 2.0, 3.0]), np.array([True, False, False]), np.random.default_rng(1))
    array([1., 2., 3.])
    """
    spoilt = answers.copy()
    spoilt[among] = shuffled(answers[among], rng)
    return spoilt


def knowing(labels: Floats, answers: Floats) -> Floats:
    """What a model answers that was given the label: nearly sure of what came, nearly right."""
    if answers.ndim == 1:
        return SURE * labels + (1.0 - SURE) * answers
    classes = answers.shape[1]
    return np.asarray(np.eye(classes)[labels.astype(np.int64)] * SURE + (1.0 - SURE) / classes, np.float64)


def mixed(answers: Floats, others: Floats, weight: float) -> Floats:
    """Some of other answers in one's own; ``weight`` is from 0 to 1.

    >>> mixed(np.array([1.0]), np.array([3.0]), 0.25)
    array([1.5])
    """
    return np.asarray((1.0 - weight) * answers + weight * others, np.float64)
