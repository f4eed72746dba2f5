"""The prediction log: what was answered, and the labels that came for it later.

Guarantees: with ``sync`` what was acknowledged is on the disk; without it a killed process loses at most ``window``. No
record is torn, and none is doubled in the store, whatever was killed when. A full disk or a store that does not answer
never goes unsaid: waiting records are bounded, and whoever asks for more is told. Arrow is loaded by the readers and by
a short-lived process that ships closed segments to the store, never by a worker.
"""

from keepfit.serving.log.log import PredictionLog, State
from keepfit.serving.log.prediction import Label, LogFull, Prediction
from keepfit.serving.log.read import labelled, predictions
from keepfit.serving.log.window import DIGEST, SCORE, served

__all__ = [
    "DIGEST",
    "SCORE",
    "Label",
    "LogFull",
    "Prediction",
    "PredictionLog",
    "State",
    "labelled",
    "predictions",
    "served",
]
