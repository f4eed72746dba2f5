"""``ratio``: the lowest value of a group is at least so much of the highest.

Bounds of a ratio from the bounds of both (Donner & Zou 2012, Stat. Methods Med. Res. 21:347). Where rows of a day
count together, days tie the groups too, nobody knows how; then the bounds are those of the worst case.
"""

from math import sqrt

from keepfit.config.gates import Ratio
from keepfit.judge.across import Pair, across
from keepfit.judge.found import Found
from keepfit.judge.question import Question
from keepfit.judge.wording import number
from keepfit.records import Estimate, GateResult

MOST = 1e6  # a ratio to next to nothing


def ratio(gate: Ratio, found: Found) -> tuple[GateResult, ...]:
    """The lower bound of every ratio is no less than the limit."""
    limit = number(gate.ratio, 12)
    question = Question(
        gate=f"{gate.metric} ratio {limit}",
        threshold=gate.ratio,
        higher_is_better=True,
        passed=f"no group has less than {limit} of another",
        failed=f"less than {limit} of the other",
        unsure=f"cannot tell whether it is less than {limit} of the other",
    )
    return across(gate, question, of_both, found)


def of_both(pair: Pair) -> Estimate:
    """The first group as a share of the second."""
    a, a_low, a_high, b, b_low, b_high = pair.numbers
    value = min(a / b, MOST) if b > 0 else MOST
    low = min(value, _bound(a, max(a_low, 0.0), b, b_high, -1.0, apart=pair.apart))
    return pair.estimate(value, low, max(value, _bound(a, a_high, b, max(b_low, 0.0), 1.0, apart=pair.apart)))


def _bound(a: float, end: float, b: float, opposite: float, side: float, *, apart: bool) -> float:
    """The lowest ratio (side -1) from the lower end of a and the upper one of b; the highest the other way round."""
    worst = min(end / opposite, MOST) if opposite > 0 else MOST
    below = opposite * (2.0 * b - opposite)
    inside = (a * b) ** 2 - end * (2.0 * a - end) * below
    return worst if not apart or below <= 0 or inside < 0 else min((a * b + side * sqrt(inside)) / below, MOST)
