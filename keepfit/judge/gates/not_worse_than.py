"""``not_worse_than``: the paired improvement is above ``-margin``, and above two margins beside a fixed version.

Each of many challengers may be a little worse than the champion before it. So that this does not add up, none may be
worse by more than two margins than the anchor: the first champion, or the last version that was shown to be better
than the anchor before it, or that a person promoted.
"""

from math import isfinite

from keepfit.config.gate_values import ShareOfGain
from keepfit.config.gates import NotWorseThan
from keepfit.judge.found import Found, everything
from keepfit.judge.groups import over_rows
from keepfit.judge.paired import Against, beside, comparison_of
from keepfit.judge.question import Question
from keepfit.judge.wording import number, percent
from keepfit.records import GateResult, Slice

CREEP = 2.0  # margins that all steps together may lead down


def not_worse_than(gate: NotWorseThan, found: Found) -> tuple[GateResult, ...]:
    """Beside the champion, over all rows or by group, and beside the anchor over all rows."""
    answers = over_rows(gate, lambda part: _asked(gate, "champion", 1.0, part, found), found)
    if found.evaluated.anchor_number is None or gate.by is not None:
        return answers
    return (*answers, _asked(gate, "anchor", CREEP, everything(found.evaluated), found))


def margin_of(gate: NotWorseThan, part: Slice) -> float:
    """The margin in the metric's own units; one that is relative counts as far as the gain is beyond doubt.

    The gain is what the model itself gains over the naive baseline on these rows, at its lower bound: an unproven gain
    gives no margin.
    """
    if not isinstance(gate.margin, ShareOfGain):
        return gate.margin
    gain = comparison_of(gate.metric, "naive", part)
    low = gain.improvement.low if gain else None
    return gate.margin.of_naive_gain * low if low is not None and isfinite(low) and low > 0 else 0.0


def _asked(gate: NotWorseThan, against: Against, times: float, part: Slice, found: Found) -> GateResult:
    question = _question(gate, against, times, part, found)
    return beside(question, gate.metric, against, part, found)


def _question(gate: NotWorseThan, against: Against, times: float, part: Slice, found: Found) -> Question:
    margin = times * margin_of(gate, part)
    asked = _words(gate, times)
    said = f"the margin of {asked}"
    if isinstance(gate.margin, ShareOfGain):
        said = f"the margin of {number(margin)} ({asked}{'' if margin else ', which is unproven'})"
    who = against if against == "champion" else f"version {found.evaluated.anchor_number}, the anchor"
    return Question(
        gate=f"{gate.metric} not_worse_than {against} margin {asked}",
        threshold=-margin,
        higher_is_better=True,
        passed=f"within {said}",
        failed=f"worse than {who} by more than {said}",
        unsure=f"cannot tell whether it is within {said}" + ("" if against == "champion" else f" of {who}"),
    )


def _words(gate: NotWorseThan, times: float) -> str:
    if isinstance(gate.margin, ShareOfGain):
        return f"{percent(times * gate.margin.of_naive_gain)} of naive gain"
    return number(times * gate.margin, 12)
