"""``calibration``: probabilities are what comes, but for so much."""

from keepfit.config.gates import Calibration
from keepfit.judge.found import Found
from keepfit.judge.question import Question, answer, result
from keepfit.judge.wording import number
from keepfit.records import GateResult


def calibration(gate: Calibration, found: Found) -> tuple[GateResult, ...]:
    """The upper bound of the calibration error is no more than the limit."""
    limit = number(gate.calibration, 12)
    question = Question(
        gate=f"calibration {limit}",
        threshold=gate.calibration,
        higher_is_better=False,
        passed=f"stays under {limit}",
        failed=f"exceeds {limit}",
        unsure=f"cannot tell it from {limit}",
    )
    estimate = found.evaluated.calibration
    if estimate is None:
        return (result(question, "fail", f"the calibration error was not measured, so {limit} is not met"),)
    return (answer(question, f"calibration error {number(estimate.value)}", estimate, found.grounds),)
