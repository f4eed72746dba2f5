"""Whether more rows would help."""

from keepfit.records import Estimate, Trained
from keepfit.report.charts import Axis, Series, curves
from keepfit.report.figures.figure import Figure, known, said
from keepfit.report.figures.search import better_word, metric_and_sign
from keepfit.report.numbers import count
from keepfit.report.run_records import RunRecords
from keepfit.report.wording import metric_word, visible


def learning_figure(records: RunRecords) -> Figure | None:
    """The winner's metric on the newest fold by the rows that it had learnt from."""
    trained = records.trained
    metric, sign = metric_and_sign(records)
    points = tuple((float(p.rows), sign * p.score) for p in trained.learning_curve if p.score is not None)
    if len(points) < 2:
        return None
    sentence = _helps(trained, metric_word(metric), dated=records.use_case.data.event_time is not None)
    series = [Series("candidate", "winner", points, tuple(1.0 for _ in points))]
    x = Axis("rows learnt from", 0, 1.06 * max(rows for rows, _ in points))
    y = Axis(f"{metric_word(metric)} on the newest fold ({better_word(metric)})")
    return Figure("Learning curve", sentence, curves(series, x, y, "Learning curve", sentence))


def _helps(trained: Trained, metric: str, *, dated: bool) -> str:
    """What the last doubling gave, and what that says of the next."""
    rows = [point.rows for point in trained.learning_curve[-2:]]
    step = f"from {rows[0]:,} to {count(rows[-1])}"
    more = "older rows" if dated else "more rows"
    growth = trained.growth
    if growth is None or not known(growth):
        why = f": {visible(growth.reason, 200)}" if growth is not None and growth.reason else ""
        return f"What the last step {step} gave was not measured{why}, so whether {more} would help is not known."
    if growth.low is None or growth.high is None:
        return f"Going {step} improved {metric} by {said(growth)}, too few rows to tell whether {more} would help."
    return f"Going {step} {_gave(growth, metric, more)}."


def _gave(growth: Estimate, metric: str, more: str) -> str:
    low, high = growth.low or 0.0, growth.high or 0.0
    if low > 0:
        return f"improved {metric} by {said(growth)}, so {more} would probably help still"
    if high < 0:
        return f"made {metric} worse (improvement {said(growth)}), so {more} would rather harm"
    return f"changed {metric} by no more than noise (improvement {said(growth)}): do not expect much of {more}"
