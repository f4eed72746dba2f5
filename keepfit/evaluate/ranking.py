"""Metrics of the order of scores: area under the ROC curve, average precision. Ties count as threshold groups."""

import numpy as np

from keepfit.evaluate.answers import Answers, Ranked, ranked
from keepfit.evaluate.score import Bools, Floats, Ints, Score, class_counts, no_score


def roc_auc(answers: Answers) -> Score:
    """Chance that a positive scores above a negative, ties half.

    Influence: the placement values of DeLong, DeLong & Clarke-Pearson (1988, Biometrics 44:837); summed over clusters
    they give the variance of Obuchowski (1997, Biometrics 53:567).
    """
    y = answers.y
    if y.min() == y.max():
        return no_score(y.size, "evidence", f"needs both classes: {class_counts(y)}")
    value, influence = _area(answers.ranked, y == 1)
    return Score(value, influence, strata=y, exact=answers.ranked.count.size == 1)


def roc_auc_ovr(answers: Answers) -> Score:
    """Mean over the model's classes of the area of each class against all others (Fawcett 2006, with equal weights)."""
    y, classes = answers.y, answers.prediction.shape[1]
    counts = np.bincount(y[y >= 0], minlength=classes)
    if not counts.all() or counts.max() == y.size:
        return no_score(y.size, "evidence", f"needs every class: {class_counts(y)}")
    parts = [_area(ranked(answers.prediction[:, one], y == one), y == one) for one in range(classes)]
    influence = np.sum([influence for _, influence in parts], axis=0) / classes
    return Score(float(np.mean([value for value, _ in parts])), influence, strata=y, exact=answers.constant)


def _area(order: Ranked, positive: Bools) -> tuple[float, Floats]:
    """Area and influence: each positive by the share of negatives that it beats, each negative by that it loses to."""
    false = order.count - order.hits
    positives, negatives = order.hits.sum(), false.sum()
    won = (np.cumsum(false) - 0.5 * false) / negatives
    lost = 1.0 - (np.cumsum(order.hits) - 0.5 * order.hits) / positives
    value = float((order.hits * won).sum() / positives)
    rows = positive.size
    influence = np.where(
        positive,
        (won[order.group] - value) * (rows / positives),
        (lost[order.group] - value) * (rows / negatives),
    )
    return value, influence


def average_precision(answers: Answers) -> Score:
    r"""Precision at the score of each positive, averaged over positives (the step-wise area, not interpolated).

    With T(s) = E[Y 1(S >= s)], H(s) = P(S >= s), pi = E[Y], P = T / H and AP = E[Y P(S)] / pi, the derivative of AP in
    the direction of a row (y, s) is

        (1 / pi) (y (P(s) - AP) + y A(s) - B(s)),  A(s) = E[Y 1(S <= s) / H(S)],  B(s) = E[Y 1(S <= s) T(S) / H(S)^2]

    by the chain rule through T, H and pi (our derivation; tests hold it against the jackknife). It is too high on small
    samples, because each positive counts towards the precision at its own score; the bias is what counting only the
    other rows would take away.
    """
    y: Ints = answers.y
    positives = int(y.sum())
    if not 0 < positives < y.size:
        return no_score(y.size, "evidence", f"needs both classes: {class_counts(y)}")
    group, hits = answers.ranked.group, answers.ranked.hits
    rows_above, true_above = answers.ranked.from_the_top
    share, precision = rows_above / y.size, true_above / rows_above
    pi = positives / y.size
    value = float(np.sum(hits * precision) / positives)
    a = np.cumsum(hits / share) / y.size
    b = np.cumsum(hits * precision / share) / y.size
    influence = (y * (precision[group] - value + a[group]) - b[group]) / pi
    others = np.where(rows_above > 1, (true_above - 1.0) / np.maximum(rows_above - 1.0, 1.0), value)
    bias = float(np.sum(hits * (precision - others)) / positives)
    return Score(value, influence, strata=y, bias=bias)
