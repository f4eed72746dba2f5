"""A gate by group: each group must pass; those that fail are corrected among themselves.

That every group passes needs no correction (Berger 1982, Technometrics 24:295). That some group of many fails by chance
does: the step-down procedure of Holm (1979, Scand. J. Stat. 6:65) over all groups that could be judged.
"""

from collections.abc import Callable, Collection, Iterator, Sequence

from msgspec.structs import replace

from keepfit.config.gates import MetricGate, TooFew
from keepfit.evaluate.bounds import t_quantile
from keepfit.judge.found import Found, everything
from keepfit.records import GateResult, Slice

Ask = Callable[[Slice], GateResult]


def over_rows(gate: MetricGate, ask: Ask, found: Found) -> tuple[GateResult, ...]:
    """The answer over all rows, or that of each group."""
    if gate.by is None:
        return (ask(everything(found.evaluated)),)
    over_all = ask(everything(found.evaluated))
    if over_all.outcome == "skipped":
        return (replace(over_all, by=gate.by),)
    slices = [each for each in found.evaluated.slices if each.by == gate.by]
    if not slices:
        return (failed(over_all, gate.by, f"no group of {gate.by} was measured"),)
    answers = tuple(replace(ask(each), by=gate.by, group=each.group) for each in slices)
    there = {each.group for each in slices}
    told = settled(answers, replace(over_all, by=gate.by), gate.if_too_few, found, there=there)
    return corrected(_none_is_no_pass(told))


def failed(answer: GateResult, by: str, reason: str) -> GateResult:
    """A gate about groups that cannot be asked."""
    return replace(
        answer,
        outcome="fail",
        value=None,
        low=None,
        high=None,
        by=by,
        group=None,
        reason=reason,
        blocks=True,
        more=None,
    )


def settled(
    answers: Sequence[GateResult],
    like: GateResult,
    if_too_few: TooFew | None,
    found: Found,
    *,
    there: Collection[str | None],
) -> tuple[GateResult, ...]:
    """Groups with too few rows are unjudged, as are groups that the contract names and that are not ``there``.

    They block where the gate or ``risk: high`` says so.
    """
    told = [_unjudged(answer) if _has_too_few(answer) else answer for answer in answers]
    told += [_empty(like, name) for name in found.declared.get(like.by or "", ()) if name not in there]
    blocks = found.careful or if_too_few == "block"
    return tuple(replace(each, blocks=blocks) if each.outcome == "unjudged" else each for each in told)


def _none_is_no_pass(answers: tuple[GateResult, ...]) -> tuple[GateResult, ...]:
    """Where no group at all could be judged, there is too little evidence."""
    if any(answer.outcome != "unjudged" for answer in answers):
        return answers
    return tuple(replace(each, outcome="not_enough_evidence", blocks=True) for each in answers)


def _has_too_few(answer: GateResult) -> bool:
    return answer.outcome == "not_enough_evidence" and answer.low is None


def _unjudged(answer: GateResult) -> GateResult:
    return replace(answer, outcome="unjudged", reason=f"{answer.group} was not judged: {answer.reason}")


def _empty(like: GateResult, group: str) -> GateResult:
    return replace(
        like,
        outcome="unjudged",
        value=None,
        low=None,
        high=None,
        group=group,
        rows=0,
        clusters=0,
        reason=f"{group} was not judged: no row",
        more=None,
    )


def corrected(answers: Sequence[GateResult]) -> tuple[GateResult, ...]:
    """Groups that fail by themselves, and not beside so many others, have too little evidence."""
    judged = [answer for answer in answers if answer.low is not None]
    chances = {answer.group: chance_of_failing(answer) for answer in judged if answer.outcome == "fail"}
    kept = set(holm(chances, len(judged), _alpha(judged)))
    return tuple(_among(each, len(judged)) if each.group in set(chances) - kept else each for each in answers)


def holm(chances: dict[str | None, float], family: int, alpha: float) -> Iterator[str | None]:
    """Which of a family of hypotheses are rejected; ``chances`` are the p-values of those that may be.

    >>> list(holm({"a": 0.01, "b": 0.03}, 3, 0.05)), list(holm({"a": 0.01, "b": 0.02}, 3, 0.05))
    (['a'], ['a', 'b'])
    """
    for rank, (name, chance) in enumerate(sorted(chances.items(), key=lambda item: item[1])):
        if not chance <= alpha / (family - rank):
            return
        yield name


def chance_of_failing(answer: GateResult) -> float:
    """The p-value of "this group is good": by the t distribution that the bound on that side was made with."""
    from scipy.special import stdtr

    value, threshold, low, high = (each or 0.0 for each in (answer.value, answer.threshold, answer.low, answer.high))
    width = (high - value) if value <= threshold else (value - low)
    if width <= 0:
        return 0.0
    degrees = max(answer.clusters - 1.0, 1.0)
    reach = t_quantile(answer.confidence or 0.95, degrees)
    return float(stdtr(degrees, -abs(value - threshold) / width * reach))


def _alpha(judged: Sequence[GateResult]) -> float:
    return 1.0 - max((answer.confidence or 0.95 for answer in judged), default=0.95)


def _among(answer: GateResult, family: int) -> GateResult:
    reason = f"{answer.reason}, though among {family} groups one may do so by chance (Holm)"
    return replace(answer, outcome="not_enough_evidence", reason=reason)
