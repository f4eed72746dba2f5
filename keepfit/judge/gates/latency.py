"""``latency``: advice about time, which depends on the machine and never fails a verdict."""

from msgspec.structs import replace

from keepfit.config.gates import Latency
from keepfit.judge.found import Made
from keepfit.judge.question import Question, result
from keepfit.judge.wording import number
from keepfit.records import GateResult


def asked(gate: Latency) -> str:
    """The gate in words."""
    return f"latency {number(gate.latency, 12)} ms"


def latency(gate: Latency, made: Made) -> tuple[GateResult, ...]:
    """99 of 100 lone requests take no longer than the limit; ``blocks`` is false whatever was measured."""
    limit, measured = f"{number(gate.latency, 12)} ms", made.measured.p99_ms
    question = Question(asked(gate), gate.latency, higher_is_better=False, passed="", failed="", unsure="")
    if measured is None:
        return (replace(result(question, "not_enough_evidence", "no request was timed"), blocks=False),)
    within = measured <= gate.latency
    said = "within" if within else "more than"
    reason = f"99% of lone requests took {number(measured)} ms or less on this machine: {said} {limit} (advice only)"
    answer = result(question, "pass" if within else "fail", reason)
    return (replace(answer, value=measured, blocks=False),)
