"""``difference``: no two groups are farther apart.

Bounds of a difference from the bounds of both (Zou & Donner 2008, Stat. Med. 27:1693). Where rows of a day count
together, days tie the groups too, nobody knows how; then the errors add up, which is the worst case.
"""

from math import hypot

from keepfit.config.gates import Difference
from keepfit.judge.across import Pair, across
from keepfit.judge.found import Found
from keepfit.judge.question import Question
from keepfit.judge.wording import number
from keepfit.records import Estimate, GateResult


def difference(gate: Difference, found: Found) -> tuple[GateResult, ...]:
    """The upper bound of every difference is no more than the limit."""
    limit = number(gate.difference, 12)
    question = Question(
        gate=f"{gate.metric} difference {limit}",
        threshold=gate.difference,
        higher_is_better=False,
        passed=f"no more than {limit} apart",
        failed=f"more than {limit} apart",
        unsure=f"cannot tell whether they are more than {limit} apart",
    )
    return across(gate, question, apart, found)


def apart(pair: Pair) -> Estimate:
    """By how much the first group is above the second."""
    a, a_low, a_high, b, b_low, b_high = pair.numbers
    length = hypot if pair.apart else _sum
    return pair.estimate(a - b, a - b - length(a - a_low, b_high - b), a - b + length(a_high - a, b - b_low))


def _sum(one: float, other: float) -> float:
    return one + other
