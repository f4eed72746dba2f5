"""Metrics of the order of scores: area under the ROC curve, average precision. Ties count as threshold groups."""

import numpy as np

from keepfit.evaluate.score import Floats, Ints, Score, class_counts, no_score


def roc_auc(y: Ints, probabilities: Floats) -> Score:
    """Chance that a positive scores above a negative, ties half.

    Influence: the placement values of DeLong, DeLong & Clarke-Pearson (1988, Biometrics 44:837); summed over clusters
    they give the variance of Obuchowski (1997, Biometrics 53:567).

    Parameters
    ----------
    y
        (n,) 0 or 1.
    probabilities
        (n, 2), columns in the order of the classes.
    """
    score = probabilities[:, 1]
    positive = y == 1
    above, below = score[positive], score[~positive]
    if not above.size or not below.size:
        return no_score(y.size, "evidence", f"needs both classes: {class_counts(y)}")
    won = _placement(above, below)
    lost = 1.0 - _placement(below, above)
    value = float(won.mean())
    influence = np.empty(y.size)
    influence[positive] = (won - value) * (y.size / above.size)
    influence[~positive] = (lost - value) * (y.size / below.size)
    return Score(value, influence, strata=y, exact=bool(score.min() == score.max()))


def _placement(scores: Floats, others: Floats) -> Floats:
    """Share of ``others`` that each score beats, ties half."""
    ordered = np.sort(others)
    distinct, inverse = np.unique(scores, return_inverse=True)
    beaten = np.searchsorted(ordered, distinct, "left") + np.searchsorted(ordered, distinct, "right")
    return np.asarray(beaten / (2.0 * others.size))[inverse]


def average_precision(y: Ints, probabilities: Floats) -> Score:
    r"""Precision at the score of each positive, averaged over positives (the step-wise area, not interpolated).

    With T(s) = E[Y 1(S >= s)], H(s) = P(S >= s), pi = E[Y], P = T / H and AP = E[Y P(S)] / pi, the derivative of AP in
    the direction of a row (y, s) is

        (1 / pi) (y (P(s) - AP) + y A(s) - B(s)),  A(s) = E[Y 1(S <= s) / H(S)],  B(s) = E[Y 1(S <= s) T(S) / H(S)^2]

    by the chain rule through T, H and pi (our derivation; tests hold it against the jackknife). It is too high on small
    samples, because each positive counts towards the precision at its own score; the bias is what counting only the
    other rows would take away.

    Parameters
    ----------
    y
        (n,) 0 or 1.
    probabilities
        (n, 2), columns in the order of the classes.
    """
    positives = int(y.sum())
    if not 0 < positives < y.size:
        return no_score(y.size, "evidence", f"needs both classes: {class_counts(y)}")
    _, group, count = np.unique(probabilities[:, 1], return_inverse=True, return_counts=True)
    hits = np.bincount(group, weights=y, minlength=count.size)
    share = np.cumsum(count[::-1])[::-1] / y.size
    true_share = np.cumsum(hits[::-1])[::-1] / y.size
    precision = true_share / share
    pi = positives / y.size
    value = float(np.sum(hits * precision) / positives)
    a = np.cumsum(hits / share) / y.size
    b = np.cumsum(hits * precision / share) / y.size
    influence = (y * (precision[group] - value + a[group]) - b[group]) / pi
    return Score(value, influence, strata=y, bias=_own_share(hits.astype(np.float64), count.astype(np.float64), value))


def _own_share(hits: Floats, count: Floats, value: float) -> float:
    """What each positive adds to average precision by counting towards the precision at its own score."""
    rows, true = np.cumsum(count[::-1])[::-1], np.cumsum(hits[::-1])[::-1]
    others = np.where(rows > 1, (true - 1.0) / np.maximum(rows - 1.0, 1.0), value)
    return float(np.sum(hits * (true / rows - others)) / hits.sum())
