"""Groups beside each other, from the figures of each: every pair must pass.

That every pair passes needs no correction; that some pair of many fails does: the first step of Holm's procedure
decides that (1979, Scand. J. Stat. 6:65).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations

from msgspec.structs import replace

from keepfit.config.gates import AcrossGroups
from keepfit.judge.found import Found
from keepfit.judge.groups import chance_of_failing, failed, settled
from keepfit.judge.question import Question, answer, result
from keepfit.judge.wording import number
from keepfit.records import Estimate, GateResult


@dataclass(frozen=True, slots=True)
class Pair:
    """Two groups with their bounds; ``apart`` says that their rows are independent."""

    names: tuple[str, str]
    one: Estimate
    other: Estimate
    apart: bool

    @property
    def numbers(self) -> tuple[float, float, float, float, float, float]:
        """Value, low and high of both."""
        each = (self.one, self.other)
        one, other = ((it.value or 0.0, it.low or 0.0, it.high or 0.0) for it in each)
        return (*one, *other)

    def estimate(self, value: float, low: float, high: float) -> Estimate:
        """A number about both."""
        rows, clusters = self.one.rows + self.other.rows, min(self.one.clusters, self.other.clusters)
        return Estimate(value=value, low=low, high=high, rows=rows, clusters=clusters)


def across(
    gate: AcrossGroups, question: Question, shown: Callable[[Pair], Estimate], found: Found
) -> tuple[GateResult, ...]:
    """One answer for the pair that decides, then the groups with too few rows to judge."""
    nothing = result(question, "not_enough_evidence", "fewer than two groups can be judged")
    slices = [each for each in found.evaluated.slices if each.by == gate.by]
    figures = {each.group: each.candidate.get(gate.metric) for each in slices}
    known = {group: figure for group, figure in figures.items() if figure is not None}
    if not known or len(known) < len(figures):
        return (failed(nothing, gate.by, f"{gate.metric} was not measured by {gate.by}"),)
    if broken := [figure for figure in known.values() if figure.missing == "broken"]:
        return (failed(nothing, gate.by, broken[0].reason),)
    judged = {group: figure for group, figure in known.items() if figure.low is not None and figure.high is not None}
    few = [_few(question, name, known[name], found) for name in known if name not in judged]
    rest = settled(few, replace(nothing, by=gate.by), gate.if_too_few, found, there=known)
    apart = found.evaluated.clustered_by == "row"
    pairs = [Pair((a, b), judged[a], judged[b], apart) for a, b in permutations(judged, 2)]
    deciding = _deciding(gate, question, pairs, shown, found) if pairs else replace(nothing, by=gate.by)
    return (deciding, *rest)


def _few(question: Question, group: str, figure: Estimate, found: Found) -> GateResult:
    reason = figure.reason or "no bounds were computed"
    return replace(result(question, "not_enough_evidence", reason, figure, found.grounds), group=group)


def _deciding(
    gate: AcrossGroups, question: Question, pairs: list[Pair], shown: Callable[[Pair], Estimate], found: Found
) -> GateResult:
    """The pair that fails most surely, if it does beside so many others, else the one farthest from a pass."""
    answers = [_asked(gate, question, pair, shown(pair), found) for pair in pairs]
    fails = [each for each in answers if each.outcome == "fail"]
    surest = min(fails, key=chance_of_failing, default=None)
    if surest is not None and chance_of_failing(surest) <= (1.0 - found.evaluated.confidence) / (len(pairs) / 2):
        return surest
    worst = min(answers, key=lambda each: _far(each, question))
    if worst.outcome != "fail":
        return worst
    reason = f"{worst.reason}, though among {len(pairs) // 2} pairs of groups one may do so by chance (Holm)"
    return replace(worst, outcome="not_enough_evidence", reason=reason)


def _asked(gate: AcrossGroups, question: Question, pair: Pair, estimate: Estimate, found: Found) -> GateResult:
    first, second = pair.names
    words = f"{gate.metric} {number(pair.one.value)} for {first}, {number(pair.other.value)} for {second}"
    told = answer(question, f"{words}: {number(estimate.value)}", estimate, found.grounds)
    return replace(told, by=gate.by, group=f"{first}, {second}")


def _far(answer: GateResult, question: Question) -> float:
    """The bound that a pass needs, larger is better."""
    return (answer.low or 0.0) if question.higher_is_better else -(answer.high or 0.0)
