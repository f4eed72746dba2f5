"""Answers of a version: its files are checked against their digests, then loaded, then asked."""

from keepfit.score.measure import measure
from keepfit.score.output import Output
from keepfit.score.scorer import Naive, Scorer, answers, load, numbers
from keepfit.score.threads import one_thread

__all__ = ["Naive", "Output", "Scorer", "answers", "load", "measure", "numbers", "one_thread"]
