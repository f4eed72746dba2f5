"""``leakage``: the leakage report found nothing, or nothing that no person has allowed by name and reason."""

from msgspec.structs import replace

from keepfit.config.gates import Leakage, Waiver
from keepfit.judge.found import Found
from keepfit.judge.question import Question, result
from keepfit.records import GateResult, Leak

QUESTION = Question("leakage none", 0.0, higher_is_better=False, passed="", failed="", unsure="")


def leakage(gate: Leakage, found: Found) -> tuple[GateResult, ...]:
    """Every finding without a waiver is a fail; no amount of rows would help."""
    leaks = found.split.leaks
    allowed = {leak: waiver for leak in leaks if (waiver := _waiver(gate, leak))}
    left = [leak for leak in leaks if leak not in allowed]
    waived = tuple(f"{_told(leak)}: allowed by {by.by}: {by.because}" for leak, by in allowed.items())
    outcome, reason = ("fail", "; ".join(map(_told, left))) if left else ("pass", _passed(leaks))
    answer = result(QUESTION, "fail" if left else "pass", reason)
    return (replace(answer, outcome=outcome, value=float(len(left)), rows=found.split.train, waived=waived),)


def _waiver(gate: Leakage, leak: Leak) -> Waiver | None:
    """Who allows a finding: by its feature, its kind, or both where both are said."""
    fits = (
        each
        for each in gate.waived
        if each.feature in {None, leak.feature} and each.kind in {None, leak.kind} and (each.feature or each.kind)
    )
    return next(fits, None)


def _told(leak: Leak) -> str:
    return f"{leak.feature}: {leak.reason}" if leak.feature and leak.feature not in leak.reason else leak.reason


def _passed(leaks: tuple[Leak, ...]) -> str:
    return "every finding is allowed by a person" if leaks else "nothing lets a model know the answer"
