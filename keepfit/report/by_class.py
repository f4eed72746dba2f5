"""Precision, recall and F1 of every class, and which class is the weakest."""

from collections.abc import Sequence
from dataclasses import dataclass

from keepfit.records import ClassFigures, Estimate, Evaluated
from keepfit.report.charts import Span, group_plot
from keepfit.report.metrics import Cell, cell
from keepfit.report.numbers import count, told
from keepfit.report.wording import visible

FIGURES = ("precision", "recall", "f1")


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class against all others."""

    name: str
    rows: str
    figures: tuple[tuple[str, Cell], ...]
    plot: str


@dataclass(frozen=True, slots=True)
class ClassTable:
    """All classes in their order, and the sentence that says what it means."""

    sentence: str
    rows: tuple[ClassRow, ...]


def class_table(evaluated: Evaluated, classes: Sequence[str]) -> ClassTable | None:
    """A row for each class; None where two classes say the same twice, or nothing was decided."""
    found = evaluated.by_class
    if len(found) < 3:
        return None
    limits = [v for one in found for v in _span(one.figures.get("f1")).known]
    return ClassTable(_sentence(found, classes), tuple(_row(one, classes, limits) for one in found))


def class_name(index: int, classes: Sequence[str]) -> str:
    """The label of a class, or its place where labels are not known.

    >>> class_name(1, ("no", "yes")), class_name(4, ())
    ('yes', 'class 4')
    """
    return classes[index] if 0 <= index < len(classes) else f"class {index}"


def _row(one: ClassFigures, classes: Sequence[str], limits: Sequence[float]) -> ClassRow:
    name, f1 = class_name(one.index, classes), one.figures.get("f1")
    return ClassRow(
        name=name,
        rows=f"{one.rows:,}",
        figures=tuple((figure, cell(one.figures.get(figure))) for figure in FIGURES),
        plot=group_plot(
            [("candidate", _span(f1))], None, limits, title=f"F1 of {name}", description=f"F1 {_told(f1)}."
        ),
    )


def _sentence(found: Sequence[ClassFigures], classes: Sequence[str]) -> str:
    """The class with the lowest F1, and how it compares with the highest."""
    known = [
        (f1.value, place) for place, one in enumerate(found) if (f1 := one.figures.get("f1")) and f1.value is not None
    ]
    if not known:
        return f"None of {count(len(found), 'class').replace('classs', 'classes')} could be measured."
    (low, first), (high, last) = min(known), max(known, key=lambda pair: (pair[0], -pair[1]))
    weakest, strongest = found[first], found[last]
    if low == high:
        return f"All {len(known)} classes that could be measured have the same F1, {_told(weakest.figures['f1'])}."
    name, other = (visible(class_name(one.index, classes), 40) for one in (weakest, strongest))
    unclear = "" if _apart(weakest, strongest) else ", though their intervals overlap"
    return (
        f"“{name}” is told from the other classes worst, with an F1 of {_told(weakest.figures['f1'])}, and “{other}” "
        f"best, with {_told(strongest.figures['f1'])}{unclear}."
    )


def _apart(weakest: ClassFigures, strongest: ClassFigures) -> bool:
    top, bottom = weakest.figures["f1"].high, strongest.figures["f1"].low
    return top is not None and bottom is not None and top < bottom


def _span(found: Estimate | None) -> Span:
    return Span(None) if found is None else Span(found.value, found.low, found.high)


def _told(found: Estimate | None) -> str:
    if found is None or found.value is None:
        return "not measured"
    return told(found)
