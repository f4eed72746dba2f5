"""Candidate, naive baseline and champion on the same unseen rows: values, their uncertainty, and points for charts.

Guarantees: every metric equals scikit-learn's; every standard error comes from the metric's influence function, summed
over clusters (days where rows have a time); comparisons are paired on the same rows; a prediction that is not a number
gives no value, never a good one. Everything is a pure function of arrays.
"""

from keepfit.evaluate.again import another_look
from keepfit.evaluate.asked import Asked, asked
from keepfit.evaluate.days import days_of
from keepfit.evaluate.holdout import Champion, evaluate
from keepfit.evaluate.holdout_records import Sample, holdout_sample
from keepfit.evaluate.intervals import MIN_CLUSTERS, compare, estimate, improvement
from keepfit.evaluate.score import Score
from keepfit.evaluate.spread import Clusters
from keepfit.evaluate.versions import evaluate_versions

__all__ = [
    "MIN_CLUSTERS",
    "Asked",
    "Champion",
    "Clusters",
    "Sample",
    "Score",
    "another_look",
    "asked",
    "compare",
    "days_of",
    "estimate",
    "evaluate",
    "evaluate_versions",
    "holdout_sample",
    "improvement",
]
