"""The charts of a run, each with one sentence that says what it means.

Guarantees: a chart that the records do not support is left out; a sentence is made of the run's own numbers, and what
was not measured is not claimed.
"""

from collections.abc import Callable, Iterable

from keepfit.report.figures.calibration import calibration
from keepfit.report.figures.confusion import confusion_figure
from keepfit.report.figures.decision import decision
from keepfit.report.figures.errors import predicted, residuals
from keepfit.report.figures.figure import Figure, Key
from keepfit.report.figures.learning import learning_figure
from keepfit.report.figures.ranking import precision_recall, roc
from keepfit.report.figures.search import search_figure
from keepfit.report.run_records import RunRecords

__all__ = ["Figure", "Key", "figures", "how_it_was_chosen"]

_Maker = Callable[[RunRecords], Figure | None]
_BEHAVES: tuple[_Maker, ...] = (
    roc, precision_recall, calibration, decision, predicted, residuals, confusion_figure,
)  # fmt: skip
_CHOSEN: tuple[_Maker, ...] = (search_figure, learning_figure)


def figures(records: RunRecords) -> tuple[Figure, ...]:
    """How the model behaves on rows that it has not seen: every chart that the records support."""
    return _made(_BEHAVES, records)


def how_it_was_chosen(records: RunRecords) -> tuple[Figure, ...]:
    """What was tried on the training side, and what more rows would do."""
    return _made(_CHOSEN, records)


def _made(makers: Iterable[_Maker], records: RunRecords) -> tuple[Figure, ...]:
    made = (make(records) for make in makers)
    return tuple(figure for figure in made if figure is not None)
