"""How far predicted values are from what came."""

from collections.abc import Sequence
from math import isfinite, sqrt
from statistics import fmean, median

from keepfit.records import Curve, Estimate
from keepfit.report.charts import Axis, Series, cloud
from keepfit.report.figures.figure import Figure, candidates_curve, known, said
from keepfit.report.numbers import count, number, percent, typeset
from keepfit.report.run_records import RunRecords

_FEWEST = 20  # rows, below which two spreads say nothing
_ALIKE = 1.25


def predicted(records: RunRecords) -> Figure | None:
    """Actual against predicted value."""
    curve = candidates_curve(records.evaluated, "residuals")
    if curve is None:
        return None
    points = tuple((x, x + y) for x, y in zip(curve.x, curve.y, strict=False))
    sentence = _explained(records)
    x, y = Axis("predicted"), Axis("actual")
    svg = cloud(_drawn(points), x, y, "Predicted against actual", sentence, guide="diagonal")
    return Figure("Predicted against actual", sentence, svg)


def _explained(records: RunRecords) -> str:
    """How much of the label the predictions explain, and whether they are too extreme."""
    r2, slope = records.evaluated.candidate.get("r2"), records.evaluated.slope
    exact = "on the dotted diagonal a prediction would be exact"
    if r2 is None or r2.value is None:
        return f"{exact.capitalize()}."
    explained = f"The predictions explain {percent(r2.value)} of the label's variance"
    if r2.value <= 0:
        explained = "The predictions explain nothing of the label's variance, the mean would do as well"
    return f"{explained}{_slope(slope)}; {exact}."


def _slope(slope: Estimate | None) -> str:
    if slope is None or not known(slope) or slope.low is None or slope.high is None:
        return ""
    if slope.low <= 1 <= slope.high:
        return f" and are not clearly too extreme or too timid (slope {said(slope)})"
    return f" and are too {'extreme' if slope.high < 1 else 'timid'} (slope {said(slope)})"


def residuals(records: RunRecords) -> Figure | None:
    """What came minus what was predicted, against the prediction."""
    curve = candidates_curve(records.evaluated, "residuals")
    if curve is None:
        return None
    spread = _spread(curve)
    sentence = f"{_bias(curve, records.evaluated.in_the_large)}{f', and {spread}' if spread else ''}."
    points = tuple(zip(curve.x, curve.y, strict=False))
    svg = cloud(_drawn(points), Axis("predicted"), Axis("actual − predicted"), "Residuals", sentence, guide="zero")
    return Figure("Residuals", sentence, svg)


def _drawn(points: tuple[tuple[float, float], ...]) -> Series:
    return Series("candidate", "candidate", points)


def _bias(curve: Curve, shift: Estimate | None) -> str:
    """Whether predictions are too low or too high: over all rows where that was measured."""
    if shift is not None and known(shift) and shift.low is not None and shift.high is not None:
        if shift.low <= 0 <= shift.high:
            return f"On average predictions are neither too low nor too high beyond noise (off by {said(shift)})"
        return f"Predictions are too {'low' if shift.low > 0 else 'high'} on average (off by {said(shift)})"
    bias = fmean([y for y in curve.y if isfinite(y)] or [0.0])
    if not bias:
        return "Of the rows drawn, predictions are neither too low nor too high on average"
    size = typeset(number(float(f"{abs(bias):.3g}")))
    return f"Of the rows drawn, predictions are {size} too {'low' if bias > 0 else 'high'} on average"


def _spread(curve: Curve) -> str:
    """Whether errors grow with the prediction: the spread in the upper half beside that in the lower."""
    rows = [(x, y) for x, y in zip(curve.x, curve.y, strict=False) if isfinite(x) and isfinite(y)]
    middle = median([x for x, _ in rows] or [0.0])
    lower, upper = [y for x, y in rows if x < middle], [y for x, y in rows if x >= middle]
    if min(len(lower), len(upper)) < _FEWEST / 2:
        return ""
    small, large = _size(lower), _size(upper)
    if not (small > 0 and large > 0):
        return ""
    drawn = f"of the {count(len(rows))} drawn"
    ratio = large / small
    if max(ratio, 1 / ratio) < _ALIKE:
        return f"{drawn}, low and high predictions have errors of like size"
    which, size = ("high", ratio) if ratio > 1 else ("low", 1 / ratio)
    return f"{drawn}, {which} predictions have errors {number(round(size, 1))} times as large as the others"


def _size(values: Sequence[float]) -> float:
    return sqrt(fmean([v * v for v in values]))
