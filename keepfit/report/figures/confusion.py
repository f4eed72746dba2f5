"""Which classes are taken for which."""

from keepfit.records import Curve
from keepfit.report.charts import confusion
from keepfit.report.figures.figure import Figure, candidates_curve
from keepfit.report.numbers import count, percent
from keepfit.report.run_records import RunRecords
from keepfit.report.wording import visible

_MOST_CLASSES = 16


def confusion_figure(records: RunRecords) -> Figure | None:
    """True against decided class; more classes than can be read are left to the table by class."""
    curve = candidates_curve(records.evaluated, "confusion")
    if curve is None:
        return None
    labels, counts = confusion_table(curve, records.trained.classes)
    if len(labels) > _MOST_CLASSES:
        return None
    sentence = _confused(labels, counts)
    svg = confusion(counts, labels, "Confusion table", sentence)
    return Figure("Confusion table of the candidate", sentence, svg)


def confusion_table(curve: Curve, classes: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[tuple[float, ...], ...]]:
    """Rows by true class and decided class; a class that the model does not know is called "other".

    >>> c = Curve(name="confusion", model="candidate", x=(0, 1, -1), y=(0, 0, 1), weight=(5, 2, 1))
    >>> confusion_table(c, ("no", "yes"))
    (('no', 'yes', 'other'), ((5, 0.0, 0.0), (2, 0.0, 0.0), (0.0, 1, 0.0)))
    """
    found = {(int(x), int(y)): w for x, y, w in zip(curve.x, curve.y, curve.weight, strict=False)}
    known = max(len(classes), 1 + max((max(pair) for pair in found), default=-1))
    order = [*range(known), *([-1] if any(-1 in pair for pair in found) else [])]
    names = [classes[n] if 0 <= n < len(classes) else "other" if n < 0 else f"class {n}" for n in order]
    return tuple(names), tuple(tuple(found.get((row, column), 0.0) for column in order) for row in order)


def _confused(labels: tuple[str, ...], counts: tuple[tuple[float, ...], ...]) -> str:
    total = sum(map(sum, counts)) or 1.0
    right = sum(counts[n][n] for n in range(len(labels)))
    wrong = [(counts[a][b], -a, -b) for a in range(len(labels)) for b in range(len(labels)) if a != b]
    rows, a, b = max(wrong, default=(0.0, 0, 0))
    sentence = f"{percent(right / total)} of {count(int(total))} are decided correctly"
    if not rows:
        return sentence + ", none wrongly."
    pair = f"“{visible(labels[-a], 40)}” taken for “{visible(labels[-b], 40)}” ({count(int(rows))})"
    return f"{sentence}; the most frequent error is {pair}."
