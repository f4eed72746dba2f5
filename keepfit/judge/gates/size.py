"""``size``: the version's files are no larger than this."""

from msgspec.structs import replace

from keepfit.config.gates import SizeLimit
from keepfit.judge.found import Made
from keepfit.judge.question import Question, result
from keepfit.judge.wording import octets
from keepfit.records import GateResult


def asked(gate: SizeLimit) -> str:
    """The gate in words."""
    return f"size {octets(gate.size)}"


def size(gate: SizeLimit, made: Made) -> tuple[GateResult, ...]:
    """All bytes together are no more than the limit."""
    limit, measured = octets(gate.size), made.measured.bytes
    question = Question(asked(gate), float(gate.size), higher_is_better=False, passed="", failed="", unsure="")
    within = 0 < measured <= gate.size
    said = "within" if within else "more than"
    reason = f"the files have {octets(measured)}: {said} {limit}" if measured > 0 else "the files were not measured"
    answer = result(question, "pass" if within else "fail", reason)
    return (replace(answer, value=float(measured)),)
