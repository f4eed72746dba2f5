"""A number against a threshold: which outcome its bounds leave, and the words for it."""

from dataclasses import dataclass
from math import isfinite

from keepfit.evaluate.power import MOST, rows_needed
from keepfit.judge.wording import many_more, number, percent, sample, told_apart
from keepfit.records import Comparison, Estimate, GateResult, More, Outcome


@dataclass(frozen=True, slots=True)
class Question:
    """Is a number on the good side of a threshold? With the words for each answer."""

    gate: str
    threshold: float
    higher_is_better: bool
    passed: str
    failed: str
    unsure: str
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Grounds:
    """What an answer rests on: bounds at ``confidence`` each, rows that count together; ``unusable`` says why not."""

    confidence: float
    clustered_by: str
    unusable: str = ""


def answer(question: Question, subject: str, estimate: Estimate, grounds: Grounds) -> GateResult:
    """Pass where the bound on the bad side clears the threshold, fail where the other one misses it."""
    outcome = decided(question, estimate)
    basis = sample(estimate, grounds.clustered_by)
    if _bounds(estimate) is None:
        reason = f"{subject} ({basis}): {estimate.reason or 'no bounds were computed'}"
        return result(question, outcome, reason, estimate, grounds)
    if outcome == "pass" and grounds.unusable:
        reason = f"{subject} ({basis}): {grounds.unusable}"
        return result(question, "not_enough_evidence", reason, estimate, grounds)
    found = f"{subject}, {_bounded(question, estimate, outcome, grounds.confidence)} ({basis})"
    if outcome != "not_enough_evidence":
        said = question.passed if outcome == "pass" else question.failed
        return result(question, outcome, f"{found}: {said}", estimate, grounds)
    more = _more(question, estimate, grounds)
    reason = f"{found}: {question.unsure}{many_more(more, grounds.clustered_by)}"
    return result(question, outcome, reason, estimate, grounds, more)


def result(
    question: Question,
    outcome: Outcome,
    reason: str,
    estimate: Estimate | None = None,
    grounds: Grounds | None = None,
    more: More | None = None,
) -> GateResult:
    """The result of a gate over all rows; it blocks unless it passed or there was nothing to ask."""
    return GateResult(
        gate=question.gate,
        outcome=outcome,
        value=finite_or_none(estimate.value) if estimate else None,
        low=finite_or_none(estimate.low) if estimate else None,
        high=finite_or_none(estimate.high) if estimate else None,
        threshold=finite_or_none(question.threshold),
        by=None,
        group=None,
        rows=estimate.rows if estimate else 0,
        reason=reason,
        blocks=outcome not in {"pass", "skipped"},
        clusters=estimate.clusters if estimate else 0,
        confidence=grounds.confidence if grounds else None,
        more=more,
    )


def decided(question: Question, estimate: Estimate) -> Outcome:
    """What the bounds say; what is missing or no number never passes."""
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


def compared(comparison: Comparison) -> str:
    """Both models in words."""
    who = comparison.baseline if comparison.against == "naive" and comparison.baseline else comparison.against
    words = f"{comparison.metric} {number(comparison.candidate)}, {who} {number(comparison.reference)}"
    value = comparison.improvement.value
    return words if value is None else f"{words}: improvement {number(value)}"


def finite_or_none(value: float | None) -> float | None:
    """A number, or None for what is none."""
    return value if value is not None and isfinite(value) else None


def _more(question: Question, estimate: Estimate, grounds: Grounds) -> More | None:
    needed = rows_needed(estimate, question.threshold, grounds.confidence)
    if needed is None or needed.clusters >= MOST:
        return None
    return More(rows=max(needed.rows - estimate.rows, 1), clusters=max(needed.clusters - estimate.clusters, 1))


def _bounds(estimate: Estimate) -> tuple[float, float] | None:
    """Both bounds, or None where the value or a bound is missing or is not a number."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return None
    sound = isfinite(estimate.value) and isfinite(estimate.low) and isfinite(estimate.high)
    return (estimate.low, estimate.high) if sound else None


def _bounded(question: Question, estimate: Estimate, outcome: Outcome, confidence: float) -> str:
    low, high = _bounds(estimate) or (0.0, 0.0)
    if low == high:
        return "exactly"
    lower, upper = told_apart(low, question.threshold), told_apart(high, question.threshold)
    if outcome == "not_enough_evidence":
        return f"between {lower} and {upper}, each with {percent(confidence)} confidence"
    lower_decides = (outcome == "pass") == question.higher_is_better
    return f"{f'at least {lower}' if lower_decides else f'at most {upper}'} with {percent(confidence)} confidence"
