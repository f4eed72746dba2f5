"""``at_least`` and ``at_most``: the bound on the bad side reaches the threshold."""

from keepfit.config.gates import AtLeast, AtMost
from keepfit.judge.found import Found
from keepfit.judge.groups import over_rows
from keepfit.judge.question import Question, answer, result
from keepfit.judge.wording import number
from keepfit.records import GateResult, Slice


def at_least(gate: AtLeast, found: Found) -> tuple[GateResult, ...]:
    """The lower bound is no less than the threshold."""
    limit = number(gate.at_least, 12)
    question = Question(
        gate=f"{gate.metric} at_least {limit}",
        threshold=gate.at_least,
        higher_is_better=True,
        passed=f"clears {limit}",
        failed=f"misses {limit}",
        unsure=f"cannot tell it from {limit}",
    )
    return over_rows(gate, lambda part: _asked(question, gate.metric, limit, part, found), found)


def at_most(gate: AtMost, found: Found) -> tuple[GateResult, ...]:
    """The upper bound is no more than the threshold."""
    limit = number(gate.at_most, 12)
    question = Question(
        gate=f"{gate.metric} at_most {limit}",
        threshold=gate.at_most,
        higher_is_better=False,
        passed=f"stays under {limit}",
        failed=f"exceeds {limit}",
        unsure=f"cannot tell it from {limit}",
    )
    return over_rows(gate, lambda part: _asked(question, gate.metric, limit, part, found), found)


def _asked(question: Question, metric: str, limit: str, part: Slice, found: Found) -> GateResult:
    estimate = part.candidate.get(metric)
    if estimate is None:
        return result(question, "fail", f"{metric} was not measured, so {limit} is not met")
    return answer(question, f"{metric} {number(estimate.value)}", estimate, found.grounds)
