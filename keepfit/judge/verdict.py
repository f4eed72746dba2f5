"""The verdict: the results of all gates, folded into one outcome."""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import chain

from msgspec.structs import replace

from keepfit.config.gates import GateRule, NotWorseThan, with_champion
from keepfit.config.model import UseCase
from keepfit.judge.found import Found, Made
from keepfit.judge.gates import OF_MAKING, OF_ROWS
from keepfit.judge.question import Question, result
from keepfit.records import Evaluated, GateResult, Measured, Outcome, Split, Trained, Verdict


def judge(
    use_case: UseCase,
    split: Split,
    trained: Trained,
    evaluated: Evaluated,
    measured: Measured,
    version: str,
    as_of: datetime,
) -> Verdict:
    """Every gate of the use case on what was found out.

    Parameters
    ----------
    use_case
        Its gates (the loader sees to it that one is against the naive baseline and one against leaks), and what an
        undecided one does.
    split, trained, evaluated, measured
        What the gates read.
    version
        The digest of the version that this verdict is about; no other may be released by it.
    as_of
        The moment of the run.
    """
    made = Made(split, trained, measured)
    return _verdict(use_case, lambda gate: OF_MAKING[type(gate)].judged(gate, made), evaluated, version, as_of)


def judge_again(use_case: UseCase, before: Verdict, evaluated: Evaluated, version: str, as_of: datetime) -> Verdict:
    """The same version on other rows: gates on how it was made have answered in the verdict ``before``.

    A gate that was not asked then has no answer: how the version was made cannot be looked at again.
    """
    return _verdict(use_case, lambda gate: _carried(gate, before), evaluated, version, as_of)


def _carried(gate: GateRule, before: Verdict) -> tuple[GateResult, ...]:
    asked = OF_MAKING[type(gate)].asked(gate)
    known = tuple(answer for answer in before.gates if answer.gate == asked)
    question = Question(asked, 0.0, higher_is_better=False, passed="", failed="", unsure="")
    none = "this was not asked when the version was made, and cannot be looked at again: train anew"
    return known or (result(question, "not_enough_evidence", none),)


def _verdict(
    use_case: UseCase,
    of_making: Callable[[GateRule], tuple[GateResult, ...]],
    evaluated: Evaluated,
    version: str,
    as_of: datetime,
) -> Verdict:
    columns = use_case.contract.columns
    declared = {name: tuple(map(str, rule.values or ())) for name, rule in columns.items()}
    found = Found(evaluated, declared, careful=use_case.risk == "high")
    answers = [
        (gate, of_making(gate) if type(gate) in OF_MAKING else OF_ROWS[type(gate)](gate, found))
        for gate in use_case.gates
    ]
    results = tuple(chain.from_iterable(_settled(gate, use_case, told) for gate, told in answers))
    beside = chain.from_iterable(told for gate, told in answers if with_champion(gate))
    return Verdict(
        outcome=overall(results),
        version=version,
        champion=evaluated.champion_digest,
        as_of=as_of,
        gates=results,
        compared=any(answer.low is not None for answer in beside),
        beats_anchor=_beats_anchor(use_case, evaluated),
    )


def _settled(gate: GateRule, use_case: UseCase, answers: Iterable[GateResult]) -> Iterable[GateResult]:
    warn_only = (gate.if_unsure or use_case.if_unsure) == "warn"
    for answer in answers:
        if answer.outcome == "not_enough_evidence" and answer.blocks and warn_only:
            yield replace(answer, blocks=False, reason=f"{answer.reason}; a warning only (if_unsure: warn)")
        else:
            yield answer


_WORST: tuple[Outcome, ...] = ("fail", "not_enough_evidence", "pass", "skipped", "unjudged")


def ended(verdict: Verdict) -> tuple[Outcome, ...]:
    """How each gate came out: one by group once, with the worst of its groups; advice that is not met not at all.

    >>> from datetime import UTC
    >>> ended(Verdict(outcome="pass", version="", champion=None, as_of=datetime(2013, 4, 1, tzinfo=UTC), gates=()))
    ()
    """
    worst: dict[tuple[str, str | None], int] = {}
    for gate in verdict.gates:
        if gate.blocks or gate.outcome != "fail":
            key = (gate.gate, gate.by)
            worst[key] = min(worst.get(key, len(_WORST)), _WORST.index(gate.outcome))
    return tuple(_WORST[place] for place in worst.values())


def overall(results: Iterable[GateResult]) -> Outcome:
    """One outcome of many: a fail decides; then what blocks; a pass needs a number that cleared its threshold.

    What needs no rows to pass (no leak, the right size) proves nothing about a model that nobody could measure.
    """
    results = tuple(results)
    if any(result.outcome == "fail" and result.blocks for result in results):
        return "fail"
    proven = any(result.outcome == "pass" and result.low is not None for result in results)
    return "pass" if proven and not any(result.blocks for result in results) else "not_enough_evidence"


def _beats_anchor(use_case: UseCase, evaluated: Evaluated) -> bool:
    """Whether every metric that creep is measured in is beyond doubt better than that of the anchor."""
    against = "champion" if evaluated.anchor_number is None else "anchor"
    metrics = {gate.metric for gate in use_case.gates if isinstance(gate, NotWorseThan) and gate.by is None}
    lows = [one.improvement.low for one in evaluated.comparisons if one.against == against and one.metric in metrics]
    return bool(metrics) and len(lows) == len(metrics) and all(low is not None and low > 0 for low in lows)
