"""Two models on the same rows."""

from typing import Literal

from keepfit.judge.found import Found
from keepfit.judge.question import Question, answer, compared, result
from keepfit.records import Comparison, GateResult, Slice

Against = Literal["naive", "champion", "anchor"]


def beside(question: Question, metric: str, against: Against, part: Slice, found: Found) -> GateResult:
    """The answer of the one comparison of a metric with a model; skipped only where there never was a champion."""
    if against == "champion" and found.evaluated.champion_number is None:
        return result(question, "skipped", "there never was a champion to compare with")
    comparison = comparison_of(metric, against, part)
    if comparison is None:
        return result(question, "fail", f"{metric} was not compared with {against}")
    grounds = found.grounds if against == "naive" else found.beside_champion
    return answer(question, compared(comparison), comparison.improvement, grounds)


def comparison_of(metric: str, against: Against, part: Slice) -> Comparison | None:
    """The comparison, if there is exactly one."""
    known = [one for one in part.comparisons if (one.metric, one.against) == (metric, against)]
    return known[0] if len(known) == 1 else None
