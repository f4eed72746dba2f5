"""Precision, recall and F1 of each class against all others."""

import numpy as np

from keepfit.evaluate.answers import Answers
from keepfit.evaluate.decision import f1, precision, recall
from keepfit.evaluate.intervals import estimate
from keepfit.evaluate.metrics import guarded
from keepfit.evaluate.scales import Scale
from keepfit.evaluate.spread import Clusters
from keepfit.records import ClassFigures

_FIGURES = {"precision": precision, "recall": recall, "f1": f1}


def figures_by_class(answers: Answers, clusters: Clusters, confidence: float) -> tuple[ClassFigures, ...]:
    """Each class of the model as the positive one, in the order of the classes."""
    if not answers.y.size:
        return ()
    return tuple(_of_class(one, answers, clusters, confidence) for one in range(answers.prediction.shape[1]))


def _of_class(index: int, answers: Answers, clusters: Clusters, confidence: float) -> ClassFigures:
    mine = np.asarray(answers.y == index, np.int64)
    own = Answers(mine, answers.prediction, np.asarray(answers.decided == index, np.int64))
    figures = {
        name: estimate(guarded(measured, own), clusters, confidence, Scale(0, 1)) for name, measured in _FIGURES.items()
    }
    return ClassFigures(index=index, rows=int(mine.sum()), figures=figures)
