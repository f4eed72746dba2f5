"""Answers of a version: its files are checked against their digests, then loaded, then asked."""

from keepfit.score.measure import measure
from keepfit.score.scorer import Naive, Scorer, load
from keepfit.score.threads import one_thread

__all__ = ["Naive", "Scorer", "load", "measure", "one_thread"]
