"""``parity``: the exported version answers as the training object did; no interval, every row counts."""

from math import isfinite

from keepfit.config.gates import Parity
from keepfit.judge.found import Made
from keepfit.judge.question import Question, result
from keepfit.judge.wording import sample
from keepfit.records import Estimate, GateResult


def asked(gate: Parity) -> str:
    """The gate in words."""
    return f"parity {gate.parity:g}"


def parity(gate: Parity, made: Made) -> tuple[GateResult, ...]:
    """The largest difference is no more than the limit."""
    limit, measured = f"{gate.parity:g}", made.measured
    question = Question(asked(gate), gate.parity, higher_is_better=False, passed="", failed="", unsure="")
    estimate = Estimate(value=measured.parity, low=None, high=None, rows=measured.parity_rows, clusters=0)
    if measured.parity_rows < 1:
        reason = "no row was compared with the training object"
        return (result(question, "not_enough_evidence", reason, estimate),)
    if measured.parity is None or not isfinite(measured.parity):
        reason = measured.note or "the exported version gave something that is not a number"
        return (result(question, "fail", reason, estimate),)
    within = measured.parity <= gate.parity
    reason = (
        f"the exported version differs from the training object by {measured.parity:.3g} at most "
        f"({sample(estimate, 'row')}): {'within' if within else 'more than'} {limit}"
    )
    return (result(question, "pass" if within else "fail", reason, estimate),)
