"""Whether probabilities come true."""

from msgspec.structs import replace

from keepfit.records import Estimate, Evaluated
from keepfit.report.charts import Axis, curves
from keepfit.report.figures.figure import Figure, Key, candidates_curve, known, legend, said, series_of
from keepfit.report.run_records import RunRecords

_BOUNDS = Key("whisker", "candidate", "bounds of the candidate")


def calibration(records: RunRecords) -> Figure | None:
    """Share that came true against probability, in tenths of the rows, with bounds."""
    evaluated = records.evaluated
    series = series_of(evaluated, "calibration", weighted=True, bounded=True)
    curve = candidates_curve(evaluated, "calibration")
    if not series or curve is None:
        return None
    sentence = _calibrated(evaluated, binary=records.use_case.task == "binary")
    highest = max([v for one in series for point in one.points for v in point] + [0.02])
    bounds = [high for _, high in series[0].bounds]
    top = min(1.0, 1.08 * max([highest, *bounds]))
    x, y = Axis("predicted probability", 0, min(1.0, 1.08 * highest)), Axis("share that came true", 0, top)
    svg = curves(series, x, y, "Calibration", sentence, diagonal=True, whiskers=True)
    return Figure("Calibration", sentence, svg, (*legend(series), *([_BOUNDS] if bounds else [])))


def _calibrated(evaluated: Evaluated, *, binary: bool) -> str:
    subject = "Predicted probabilities" if binary else "Probabilities of the decided class"
    off = evaluated.calibration
    told = [
        _off(off),
        _in_the_large(evaluated.in_the_large),
        _slope(evaluated.slope),
    ]
    parts = [part for part in told if part]
    if not parts:
        return f"{subject} would come true exactly on the dotted diagonal."
    joined = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, and {parts[-1]}"
    return f"{subject} {joined}; on the dotted diagonal they would come true exactly."


def _off(error: Estimate | None) -> str:
    if error is None or not known(error):
        return ""
    return f"are off by {said(error, 100)} percentage points (root mean square)"


def _in_the_large(shift: Estimate | None) -> str:
    """What came minus what was predicted, on average."""
    if shift is None or not known(shift):
        return ""
    if shift.low is None or shift.high is None:
        side = "below" if (shift.value or 0.0) >= 0 else "above"
        return f"lie {said(replace(shift, value=abs(shift.value or 0.0)), 100)} points {side} what came on average"
    if shift.low <= 0 <= shift.high:
        return "are neither too high nor too low on average beyond noise"
    side = "low" if shift.low > 0 else "high"
    return f"are too {side} on average by {said(_size(shift), 100)} points"


def _slope(slope: Estimate | None) -> str:
    """The slope of what came on what was predicted: below 1 where predictions are too extreme."""
    if slope is None or not known(slope):
        return ""
    if slope.low is None or slope.high is None:
        return f"have a slope of {said(slope)}"
    if slope.low <= 1 <= slope.high:
        return f"are not clearly too extreme or too timid (slope {said(slope)})"
    return f"are too {'extreme' if slope.high < 1 else 'timid'} (slope {said(slope)})"


def _size(shift: Estimate) -> Estimate:
    """A shift without its sign."""
    if shift.value is None or shift.value >= 0 or shift.low is None or shift.high is None:
        return shift
    return replace(shift, value=-shift.value, low=-shift.high, high=-shift.low)
