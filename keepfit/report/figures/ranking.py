"""How well scores rank: the ROC and the precision-recall curve of a binary model."""

from keepfit.records import Evaluated
from keepfit.report.charts import Axis, Series, curves
from keepfit.report.figures.figure import Figure, known, legend, said, series_of
from keepfit.report.numbers import percent
from keepfit.report.run_records import RunRecords

_HALF = 0.5


def roc(records: RunRecords) -> Figure | None:
    """True against false positive rate."""
    series = series_of(records.evaluated, "roc")
    if not series:
        return None
    sentence = _ranked(records.evaluated)
    x, y = Axis("false positive rate", 0, 1), Axis("true positive rate", 0, 1)
    svg = curves(series, x, y, "ROC curve", sentence, diagonal=True)
    return Figure("Ranking (ROC curve)", sentence, svg, legend(series))


def _ranked(evaluated: Evaluated) -> str:
    auc = evaluated.candidate.get("roc_auc")
    coin = "on the dotted diagonal it would be a coin toss"
    if auc is None or auc.value is None:
        return f"The nearer the line comes to the upper left corner, the better the scores rank; {coin}."
    pairs = f"in {percent(auc.value)} of all pairs of one positive and one negative row, ties counted half"
    worse = ", which is worse than chance" if auc.high is not None and auc.high < _HALF else ""
    return f"The candidate scores the positive row higher {pairs}{worse}; {coin}."


def precision_recall(records: RunRecords) -> Figure | None:
    """Precision against recall, with the share of positive rows as the guide."""
    evaluated = records.evaluated
    series = series_of(evaluated, "precision_recall")
    if not series:
        return None
    positive = share_of_positives(evaluated)
    sentence = _found(series[0], evaluated, positive)
    x, y = Axis("recall", 0, 1), Axis("precision", 0, 1)
    svg = curves(series, x, y, "Precision and recall", sentence, level=positive)
    return Figure("Precision and recall", sentence, svg, legend(series))


def share_of_positives(evaluated: Evaluated) -> float | None:
    """The share of the rows that are positive: the precision of a model that knows nothing."""
    rows = [one.rows for one in evaluated.by_class if one.index == 1]
    return rows[0] / evaluated.rows if rows and evaluated.rows else None


def _found(series: Series, evaluated: Evaluated, positive: float | None) -> str:
    """What finding half of the positive rows costs, beside what chance would give."""
    half = next((precision for recall, precision in series.points if recall >= _HALF), None)
    average = evaluated.candidate.get("average_precision")
    chance = "" if positive is None else f", against {percent(positive)} by chance (the dotted line)"
    summed = "" if average is None or not known(average) else f"; average precision is {said(average)}"
    if half is None or series.kind != "candidate":
        return f"The higher the line, the more of the rows called positive are right{chance}{summed}."
    right = f"{percent(half)} of the rows called positive are right"
    return f"Where half of the positive rows are found, {right}{chance}{summed}."
