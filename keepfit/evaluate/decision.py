"""Metrics of the decision: the class that the version decides for, at its own threshold where it has one."""

import numpy as np

from keepfit.evaluate.answers import Answers
from keepfit.evaluate.score import Bools, Floats, Score, class_counts, no_score, share_score


def accuracy(answers: Answers) -> Score:
    """Share of rows whose decision is right."""
    return share_score(answers.right, np.ones(answers.y.size, dtype=bool))


def recall(answers: Answers) -> Score:
    """Share of the positives that are decided positive (sensitivity)."""
    return _share(answers, answers.decided == 1, answers.y == 1, "no row is positive")


def specificity(answers: Answers) -> Score:
    """Share of the negatives that are decided negative."""
    return _share(answers, answers.decided == 0, answers.y == 0, "no row is negative")


def precision(answers: Answers) -> Score:
    """Share of those decided positive that are positive; without any, nothing is known."""
    if not (answers.decided == 1).any():
        return no_score(answers.y.size, "evidence", "no row was decided positive")
    return share_score(answers.y == 1, answers.decided == 1)


def _share(answers: Answers, hit: Bools, among: Bools, without: str) -> Score:
    """A share within a true class: known beyond doubt where every row is told the same."""
    if not among.any():
        return no_score(answers.y.size, "evidence", f"{without}: {class_counts(answers.y)}")
    found = share_score(hit, among)
    return Score(found.value, found.influence, strata=found.strata, trials=found.trials, exact=answers.constant)


def f1(answers: Answers) -> Score:
    """Harmonic mean of precision and recall of the positive class, 2 TP / (2 TP + FP + FN)."""
    true, said = answers.y == 1, answers.decided == 1
    if not (true | said).any():
        return no_score(answers.y.size, "evidence", "no row is positive and none was decided positive")
    value, influence = _f1(true, said)
    strata = (true | said).astype(np.int64) - 1
    return Score(value, influence, strata=strata, exact=answers.constant and not said.any())


def f1_macro(answers: Answers) -> Score:
    """Mean over the classes that are true or decided somewhere of each class's F1."""
    classes = np.union1d(answers.y, answers.decided)
    parts = [_f1(answers.y == one, answers.decided == one) for one in classes.tolist()]
    value = float(np.mean([value for value, _ in parts]))
    influence = np.sum([influence for _, influence in parts], axis=0) / classes.size
    return Score(value, influence, strata=answers.y)


def _f1(true: Bools, said: Bools) -> tuple[float, Floats]:
    """F = 2 t / (p + q) with t, p, q the shares of hits, true and said; influence by the quotient rule.

    A row moves it by (2 (1{hit} - t) - F (1{true} - p + 1{said} - q)) / (p + q); the constants cancel.
    """
    hit, either = (true & said).astype(np.float64), true.astype(np.float64) + said
    both = float(either.mean())
    value = 2.0 * float(hit.mean()) / both
    return value, (2.0 * hit - value * either) / both


def balanced_accuracy(answers: Answers) -> Score:
    """Mean over the classes among the rows of the share that is decided right (recall).

    It is a mean of ratios, so a row of a class with n_c of n rows moves it by n / (K n_c) of its deviation.
    """
    y = answers.y
    classes, own, counts = np.unique(y, return_inverse=True, return_counts=True)
    if classes.size < 2:
        return no_score(y.size, "evidence", f"needs two classes or more: {class_counts(y)}")
    right = answers.right.astype(np.float64)
    recalls = np.bincount(own, weights=right) / counts
    influence = (right - recalls[own]) * (y.size / (classes.size * counts[own]))
    return Score(float(recalls.mean()), influence, strata=own, exact=answers.constant)


def matthews_correlation(answers: Answers) -> Score:
    """Correlation of true and decided class (Matthews 1975; K classes: Gorodkin 2004, Comput. Biol. Chem. 28:367).

    With t, d the shares of each true and decided class and c that of right rows: N / sqrt(D T), N = c - sum(t d),
    D = 1 - sum(d^2), T = 1 - sum(t^2). Influence by the chain rule, where a row (y, k) moves N by
    1{y = k} - c - t_k - d_y + 2 sum(t d), D by -2 (d_k - sum(d^2)), T by -2 (t_y - sum(t^2)).
    """
    y, decided = answers.y + 1, answers.decided + 1  # the first place is that of a class the model does not know
    size = answers.prediction.shape[1] + 1
    t, d = np.bincount(y, minlength=size) / y.size, np.bincount(decided, minlength=size) / y.size
    right = answers.right.astype(np.float64)
    both = float((t * d).sum())
    n, big_d, big_t = float(right.mean()) - both, 1.0 - float((d * d).sum()), 1.0 - float((t * t).sum())
    if not big_t > 1e-15:
        return no_score(y.size, "evidence", f"needs two classes or more: {class_counts(answers.y)}")
    if not big_d > 1e-15:  # every row was decided alike: no correlation, by convention, as scikit-learn has it
        return Score(0.0, np.zeros(y.size), strata=answers.y, exact=answers.constant)
    value = n / np.sqrt(big_d * big_t)
    moved_n = right - right.mean() - t[decided] - d[y] + 2.0 * both
    moved_d, moved_t = -2.0 * (d[decided] - (1.0 - big_d)), -2.0 * (t[y] - (1.0 - big_t))
    influence = moved_n / np.sqrt(big_d * big_t) - value / 2.0 * (moved_d / big_d + moved_t / big_t)
    return Score(float(value), influence, strata=answers.y)
