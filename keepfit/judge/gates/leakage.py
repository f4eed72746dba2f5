"""``leakage``: the leakage report found nothing, or nothing that no person has allowed by name and reason."""

from msgspec.structs import replace

from keepfit.config.gates import Leakage, Waiver
from keepfit.judge.found import Made
from keepfit.judge.question import Question, result
from keepfit.records import GateResult, Leak


def asked(gate: Leakage) -> str:
    """The gate in words."""
    return f"leakage {gate.leakage}"


def leakage(gate: Leakage, made: Made) -> tuple[GateResult, ...]:
    """Every finding without a waiver is a fail; no amount of rows would help."""
    leaks = made.split.leaks
    allowed = {leak: waiver for leak in leaks if (waiver := waiver_of(gate, leak))}
    left = [leak for leak in leaks if leak not in allowed]
    waived = tuple(f"{_told(leak)}: allowed by {by.by}: {by.because}" for leak, by in allowed.items())
    reason = "; ".join(map(_told, left)) if left else _passed(leaks)
    question = Question(asked(gate), 0.0, higher_is_better=False, passed="", failed="", unsure="")
    answer = result(question, "fail" if left else "pass", reason)
    return (replace(answer, value=float(len(left)), rows=made.split.train, waived=waived),)


def waiver_of(gate: Leakage, leak: Leak) -> Waiver | None:
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
