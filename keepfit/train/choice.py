"""The simplest of several that validation rows cannot tell apart.

Two models are compared on the same out-of-fold rows by the influence functions of their metric, clustered by day where
rows have a time. Such an interval covers the noise of the rows, not that of fitting again on others (for that no
unbiased estimate exists: Bengio & Grandvalet 2004, JMLR 5:1089), so a choice that it calls clear may still be chance.

Candidates are told apart at one standard error (Breiman, Friedman, Olshen & Stone 1984, 3.4.3, here of the paired
difference): both choices have their price, so neither needs proof. At 95 % a formula was kept where boosting had a
sixth less loss. A correction must prove that it helps.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from keepfit.config import METRICS
from keepfit.evaluate.intervals import compare
from keepfit.evaluate.metrics import measure
from keepfit.evaluate.score import Score
from keepfit.evaluate.spread import Clusters
from keepfit.records import Estimate
from keepfit.train.out_of_fold import OutOfFold

PROOF = 0.95  # one-sided: what a correction, or the sentence that it helps, is held to
ONE_ERROR = 0.8413  # one-sided: a standard error


class Chosen(NamedTuple):
    """Which of several (by place) is chosen, which is the best, and by how much the best is better (None: itself)."""

    place: int
    best: int
    behind: Estimate | None


def score_on(metric: str, rows: OutOfFold) -> Score:
    """The mean over the folds of a metric, with the influence of every row on it."""
    scores = [measure(metric, labels, found) for labels, found in rows.by_fold()]
    values = [score.value for score in scores if score.value is not None]
    count = sum(score.influence.size for score in scores)
    if len(values) < len(scores):
        broken = next(score for score in scores if score.value is None)
        return Score(None, np.zeros(count), missing=broken.missing, reason=broken.reason)
    # a row of a small fold moves the mean of the folds more than one of a large fold
    influence = [score.influence * (count / (len(scores) * score.influence.size)) for score in scores]
    strata = [score.strata for score in scores if score.strata is not None]
    return Score(
        float(np.mean(values)),
        np.concatenate(influence),
        strata=np.concatenate(strata) if len(strata) == len(scores) else None,
        exact=all(score.exact for score in scores),
    )


def gain(metric: str, better: Score, worse: Score, clusters: Clusters, confidence: float = PROOF) -> Estimate:
    """By how much one is better than the other, positive whatever the metric's direction."""
    same = better.value == worse.value and np.array_equal(better.influence, worse.influence)
    return compare(better, worse, clusters, confidence, METRICS[metric], identical=same)


def simplest(metric: str, scores: Sequence[Score], clusters: Clusters, confidence: float = PROOF) -> Chosen:
    """The first of several, given in the order of simplicity, that the best one is not clearly better than.

    Clearly: the lower bound of the improvement, at ``confidence``, is above 0. Where rows are too few for a bound,
    nothing is clear.

    Raises
    ------
    ValueError
        None of them has a value.
    """
    sign = -1.0 if METRICS[metric].higher_is_better else 1.0
    losses = [np.inf if score.value is None else sign * score.value for score in scores]
    best = int(np.argmin(losses))
    if not np.isfinite(losses[best]):
        raise ValueError("none of them has a value")
    for place, score in enumerate(scores):
        if place == best:
            break
        if score.value is None:
            continue
        behind = gain(metric, scores[best], score, clusters, confidence)
        if behind.low is None or behind.low <= 0:
            return Chosen(place, best, behind)
    return Chosen(best, best, None)
