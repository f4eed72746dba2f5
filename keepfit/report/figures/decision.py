"""What deciding by the model is worth, by threshold: the decision curve."""

from collections.abc import Sequence
from itertools import groupby

from keepfit.records import Curve, Evaluated
from keepfit.report.charts import Axis, Series, curves
from keepfit.report.figures.figure import Figure, Key, candidates_curve, legend, series_of
from keepfit.report.numbers import number, percent, typeset
from keepfit.report.run_records import RunRecords

_BAND = Key("band", "candidate", "bounds of the candidate")


def decision(records: RunRecords) -> Figure | None:
    """Net benefit of candidate and champion, beside deciding positive for every row, or for none."""
    evaluated = records.evaluated
    curve = candidates_curve(evaluated, "decision")
    if curve is None:
        return None
    none = Series("none", "positive for no row", ((curve.x[0], 0.0), (curve.x[-1], 0.0)))
    series = [*series_of(evaluated, "decision", bounded=True), none]
    best = max([y for one in series for _, y in one.points] + [v for one in series for _, v in one.bounds])
    sentence = _worth(curve, _everyone(evaluated, curve))
    y = Axis("net benefit: true positives per row, less what false ones cost", -0.25 * (best or 1), 1.1 * (best or 1))
    svg = curves(series, Axis("threshold: positive from this probability", 0, 1), y, "Decision curve", sentence)
    keys = (*legend(series), *([_BAND] if series[0].bounds else []))
    return Figure("Worth of its decisions (decision curve)", sentence, svg, keys)


def _everyone(evaluated: Evaluated, curve: Curve) -> tuple[float, ...]:
    """The net benefit of deciding positive for every row, at the thresholds of a curve."""
    found = next((c for c in evaluated.curves if c.name == "decision" and c.model == "all"), None)
    known = dict(zip(found.x, found.y, strict=False)) if found else {}
    return tuple(known.get(x, 0.0) for x in curve.x)


def _worth(curve: Curve, everyone: Sequence[float]) -> str:
    """Where deciding by the candidate beats deciding alike for every row, and where by most."""
    gains = [y - max(other, 0.0) for y, other in zip(curve.y, everyone, strict=False)]
    helps = [gain > 1e-12 for gain in gains]
    if not any(helps):
        return "At no threshold is deciding by the candidate worth more than deciding alike for every row."
    runs = [[place for place, _ in run] for won, run in groupby(enumerate(helps), key=lambda pair: pair[1]) if won]
    where = f"thresholds from {percent(curve.x[runs[0][0]])} to {percent(curve.x[runs[-1][-1]])}"
    if len(runs) > 1:
        ends = f"{percent(curve.x[runs[0][0]])} and {percent(curve.x[runs[-1][-1]])}"
        where = f"{sum(helps)} of the {runs[-1][-1] - runs[0][0] + 1} thresholds between {ends}"
    elif runs[0][0] == runs[0][-1]:
        where = f"a threshold of {percent(curve.x[runs[0][0]])} alone"
    most = max(range(len(gains)), key=lambda place: gains[place])
    size = typeset(number(float(f"{100 * gains[most]:.2g}")))
    at = f"most at {percent(curve.x[most])}: as much as {size} more true positives in 100 rows with no more false ones"
    return f"Deciding by the candidate is worth more than deciding alike for every row at {where} ({at})."
