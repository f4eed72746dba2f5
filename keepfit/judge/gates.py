"""One gate at a time: what was asked, what was found, which outcome follows, and why."""

from dataclasses import dataclass
from math import isfinite

from keepfit.config.gates import AtLeast, AtMost, BetterThan, Gate, NotWorseThan, Parity
from keepfit.judge.wording import beside, number, percent, sample
from keepfit.records import Comparison, Estimate, Evaluated, GateResult, Measured, Outcome


@dataclass(frozen=True, slots=True)
class _Question:
    """Is a number on the good side of a threshold? With the words for each answer."""

    gate: str
    subject: str
    threshold: float
    higher_is_better: bool
    strict: bool
    passed: str
    failed: str
    unsure: str


def judge_gate(gate: Gate, evaluated: Evaluated, measured: Measured) -> GateResult:
    """The result of one gate; ``blocks`` is what it would be under ``if_unsure: block``."""
    match gate:
        case AtLeast():
            return _absolute(gate.metric, gate.at_least, evaluated, higher_is_better=True)
        case AtMost():
            return _absolute(gate.metric, gate.at_most, evaluated, higher_is_better=False)
        case BetterThan():
            return _compared(_superior(gate), gate.metric, gate.better_than, evaluated)
        case NotWorseThan():
            return _compared(_not_inferior(gate), gate.metric, gate.not_worse_than, evaluated)
        case Parity():
            return _parity(gate.parity, measured)


def _absolute(metric: str, threshold: float, evaluated: Evaluated, *, higher_is_better: bool) -> GateResult:
    """The bound on the bad side must reach the threshold."""
    word = "at_least" if higher_is_better else "at_most"
    limit = number(threshold, 12)
    estimate = evaluated.candidate.get(metric)
    question = _Question(
        gate=f"{metric} {word} {limit}",
        subject=f"{metric} {number(estimate.value if estimate else None)}",
        threshold=threshold,
        higher_is_better=higher_is_better,
        strict=False,
        passed=f"clears {limit}" if higher_is_better else f"stays under {limit}",
        failed=f"misses {limit}" if higher_is_better else f"exceeds {limit}",
        unsure=f"cannot tell it from {limit}",
    )
    if estimate is None:
        return _result(question, "fail", None, f"{metric} was not measured, so {limit} is not met")
    return _answer(question, estimate, evaluated)


def _superior(gate: BetterThan) -> _Question:
    """An improvement above zero; a model that is equal beyond doubt is not better, so it fails."""
    return _Question(
        gate=f"{gate.metric} better_than {gate.better_than}",
        subject=gate.metric,
        threshold=0.0,
        higher_is_better=True,
        strict=True,
        passed=f"better than {gate.better_than}",
        failed=f"not better than {gate.better_than}",
        unsure=f"cannot tell whether it is better than {gate.better_than}",
    )


def _not_inferior(gate: NotWorseThan) -> _Question:
    """An improvement of no less than ``-margin``; a model that is equal beyond doubt passes with any margin."""
    margin = number(gate.margin, 12)
    return _Question(
        gate=f"{gate.metric} not_worse_than {gate.not_worse_than} margin {margin}",
        subject=gate.metric,
        threshold=-gate.margin,
        higher_is_better=True,
        strict=False,
        passed=f"within the margin of {margin}",
        failed=f"worse than {gate.not_worse_than} by more than the margin of {margin}",
        unsure=f"cannot tell whether it is within the margin of {margin}",
    )


def _compared(question: _Question, metric: str, against: str, evaluated: Evaluated) -> GateResult:
    if against == "champion" and evaluated.champion_number is None:
        return _result(question, "skipped", None, "there never was a champion to compare with")
    found = [c for c in evaluated.comparisons if (c.metric, c.against) == (metric, against)]
    if len(found) != 1:
        return _result(question, "fail", None, f"{metric} was not compared with {against}")
    return _answer(question, found[0].improvement, evaluated, found[0])


def _answer(
    question: _Question, estimate: Estimate, evaluated: Evaluated, comparison: Comparison | None = None
) -> GateResult:
    """Pass where the bound on the bad side clears the threshold, fail where the other one misses it."""
    outcome = _outcome(question, estimate)
    basis = sample(estimate, evaluated.clustered_by)
    subject = question.subject
    if comparison:
        subject = f"{subject} {number(comparison.candidate)}, {comparison.against} {number(comparison.reference)}"
        if estimate.value is not None:
            subject += f": improvement {number(estimate.value)}"
    if _bounds(estimate) is None:
        return _result(
            question, outcome, estimate, f"{subject} ({basis}): {estimate.reason or 'no bounds were computed'}"
        )
    found = f"{subject}, {_bounded(question, estimate, outcome, evaluated.confidence)} ({basis})"
    said = {"pass": question.passed, "fail": question.failed}.get(outcome, question.unsure)
    return _result(question, outcome, estimate, f"{found}: {said}")


def _outcome(question: _Question, estimate: Estimate) -> Outcome:
    bounds = _bounds(estimate)
    if bounds is None:
        return "fail" if estimate.missing == "broken" else "not_enough_evidence"
    sign = 1.0 if question.higher_is_better else -1.0
    worst, best = sorted(sign * bound for bound in bounds)
    limit = sign * question.threshold
    if worst > limit or (worst == limit and not question.strict):
        return "pass"
    if best < limit or (best == limit and question.strict):
        return "fail"
    return "not_enough_evidence"


def _bounds(estimate: Estimate) -> tuple[float, float] | None:
    """Both bounds, or None where the value or a bound is missing or is not a number."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return None
    sound = isfinite(estimate.value) and isfinite(estimate.low) and isfinite(estimate.high)
    return (estimate.low, estimate.high) if sound else None


def _bounded(question: _Question, estimate: Estimate, outcome: Outcome, confidence: float) -> str:
    low, high = _bounds(estimate) or (0.0, 0.0)
    if low == high:
        return "exactly"
    lower, upper = beside(low, question.threshold), beside(high, question.threshold)
    if outcome == "not_enough_evidence":
        return f"between {lower} and {upper}, each with {percent(confidence)} confidence"
    lower_decides = (outcome == "pass") == question.higher_is_better
    return f"{f'at least {lower}' if lower_decides else f'at most {upper}'} with {percent(confidence)} confidence"


def _parity(tolerance: float, measured: Measured) -> GateResult:
    """The exported version against the training object, as the largest difference; no interval, every row counts."""
    limit = f"{tolerance:g}"
    question = _Question(f"parity {limit}", "", tolerance, False, False, "", "", "")
    estimate = Estimate(value=measured.parity, low=None, high=None, rows=measured.parity_rows, clusters=0)
    if measured.parity_rows < 1:
        return _result(question, "not_enough_evidence", estimate, "no row was compared with the training object")
    if measured.parity is None or not isfinite(measured.parity):
        return _result(question, "fail", estimate, "the exported version gave something that is not a number")
    within = measured.parity <= tolerance
    reason = (
        f"the exported version differs from the training object by {measured.parity:.3g} at most "
        f"({sample(estimate, 'row')}): {'within' if within else 'more than'} {limit}"
    )
    return _result(question, "pass" if within else "fail", estimate, reason)


def _result(question: _Question, outcome: Outcome, estimate: Estimate | None, reason: str) -> GateResult:
    return GateResult(
        gate=question.gate,
        outcome=outcome,
        value=_finite(estimate.value) if estimate else None,
        low=_finite(estimate.low) if estimate else None,
        high=_finite(estimate.high) if estimate else None,
        threshold=_finite(question.threshold),
        by=None,
        group=None,
        rows=estimate.rows if estimate else 0,
        reason=reason,
        blocks=outcome not in {"pass", "skipped"},
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None
