"""``better_than``: the paired improvement is above zero; a model that is equal beyond doubt is not better."""

from keepfit.config.gates import BetterThan
from keepfit.judge.found import Found
from keepfit.judge.groups import over_rows
from keepfit.judge.paired import beside
from keepfit.judge.question import Question
from keepfit.records import GateResult


def better_than(gate: BetterThan, found: Found) -> tuple[GateResult, ...]:
    """The lower bound of the improvement is above zero."""
    who = gate.better_than
    question = Question(
        gate=f"{gate.metric} better_than {who}",
        threshold=0.0,
        higher_is_better=True,
        strict=True,
        passed=f"better than {who}",
        failed=f"not better than {who}",
        unsure=f"cannot tell whether it is better than {who}",
    )
    return over_rows(gate, lambda part: beside(question, gate.metric, who, part, found), found)
