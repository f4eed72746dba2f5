"""Answers of a version: its files are checked against their digests, then loaded, then asked."""

from keepfit.score.compiled import compiled
from keepfit.score.measure import measure
from keepfit.score.naive import Dated, Naive, baselines, naive_of
from keepfit.score.output import Output
from keepfit.score.reasons import Explainer, Pushes
from keepfit.score.scorer import Scorer, answers, load, load_trained, numbers
from keepfit.score.threads import one_thread

__all__ = [
    "Dated",
    "Explainer",
    "Naive",
    "Output",
    "Pushes",
    "Scorer",
    "answers",
    "baselines",
    "compiled",
    "load",
    "load_trained",
    "measure",
    "naive_of",
    "numbers",
    "one_thread",
]
