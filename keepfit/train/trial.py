"""One fit on one fold: what is asked, what comes of it. The same code in this process and in others."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.config import METRICS
from keepfit.evaluate.metrics import measure
from keepfit.records import Record, finite
from keepfit.score import answers
from keepfit.train.estimators import Lesson, fit, layout_of
from keepfit.train.material import Labels, Material

Setting = int | float | str | bool | None


class Job(Record, frozen=True, kw_only=True):
    """A candidate with settings, to be fitted on a ``share`` of a fold's rows; ``keep`` asks for its answers too."""

    fold: int
    candidate: str
    settings: dict[str, Setting]
    share: float = 1.0
    newest: bool = False
    keep: bool = False


class Outcome(NamedTuple):
    """The loss (lower is better), and the answers where they were asked for; ``rows`` is how many it was fitted on.

    ``note`` says what the fit complained about, or why there is no loss.
    """

    loss: float | None
    note: str
    answers: NDArray[np.float64] | None
    rows: int


def carry_out(material: Material, job: Job) -> Outcome:
    """Fit and score; what cannot be fitted is an outcome without a loss, never an error."""
    rules, labels = material.rules, material.labels[job.fold]
    part = material.parts[job.fold, layout_of(job.candidate)]
    rows = _rows(labels, job)
    known, matrix = (labels.fit, part.fit) if rows is None else (labels.fit[rows], part.fit[rows])
    if why := _cannot(known, labels.score, rules.classes):
        return Outcome(None, why, None, len(known))
    lesson = Lesson(rules.task, len(known), part.categorical, rules.seed)
    try:
        estimator, note = fit(job.candidate, job.settings, lesson, matrix, known)
        found = answers(estimator, part.score)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        return Outcome(None, f"could not be fitted: {str(error).splitlines()[0][:200]}", None, len(known))
    score = measure(rules.metric, labels.score, found)
    loss = None if score.value is None else finite(score.value)
    if loss is None:
        return Outcome(None, score.reason or "its loss is not a number", None, len(known))
    signed = -loss if METRICS[rules.metric].higher_is_better else loss
    return Outcome(signed, note, found if job.keep else None, len(known))


def _rows(labels: Labels, job: Job) -> NDArray[np.int64] | None:
    """Which rows a share takes, in their own order; None for all of them."""
    if job.share >= 1.0:
        return None
    order = labels.newest if job.newest else labels.mixed
    return np.sort(order[: max(int(np.ceil(len(order) * job.share)), 1)])


def _cannot(known: NDArray[np.generic], scored: NDArray[np.generic], classes: int) -> str:
    if not len(known) or not len(scored):
        return "a fold has no rows"
    if classes and len(np.unique(known)) < classes:
        return "a class is missing from the rows that a fold is fitted on"
    return ""
