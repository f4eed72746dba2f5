"""The verdict, gate by gate, as rows to lay out."""

import re
from dataclasses import dataclass

from keepfit.config.metrics import METRICS
from keepfit.records import GateResult, Outcome, Verdict
from keepfit.report.charts import gate_plot
from keepfit.report.numbers import bounds, count, decimals, exact, fixed, lone
from keepfit.report.wording import OUTCOME_SYMBOLS, OUTCOME_WORDS, metric_word

_WORDS = re.compile(r"[a-z0-9_]+")
_SAID = {
    "at_least": "at least",
    "at_most": "at most",
    "better_than": "better than",
    "not_worse_than": "not worse than",
    "naive": "the naive baseline",
    "champion": "the champion",
    "margin": "by more than",
}


@dataclass(frozen=True, slots=True)
class GateRow:
    """One gate as the page shows it; ``asked``, ``reason`` and ``group`` are text from outside."""

    asked: str
    group: str
    outcome: Outcome
    word: str
    symbol: str
    quantity: str
    value: str
    bounds: str
    threshold: str
    rows: str
    reason: str
    meaning: str
    blocking: str
    plot: str


def gate_rows(verdict: Verdict) -> tuple[GateRow, ...]:
    """Every gate in the order it was judged."""
    return tuple(_row(gate) for gate in verdict.gates)


def tally(verdict: Verdict) -> str:
    """How the gates came out, in a few words: what failed, else what stayed open, else that all passed."""
    every = count(len(verdict.gates), "gate")
    failed, unsure, passed = (len(of_outcome(verdict, o)) for o in ("fail", "not_enough_evidence", "pass"))
    if failed:
        return f"{failed} of {every} failed"
    if unsure:
        return f"{unsure} of {every} had too little evidence"
    skipped = len(verdict.gates) - passed
    return f"{count(passed, 'gate')} passed, {skipped} skipped" if skipped else f"all {every} passed"


def of_outcome(verdict: Verdict, outcome: Outcome) -> tuple[str, ...]:
    """What the gates with this outcome asked."""
    return tuple(asked(gate) for gate in verdict.gates if gate.outcome == outcome)


def asked(gate: GateResult) -> str:
    """What the gate asks, as people would put it."""
    if _compares_files(gate):
        return f"Exported model answers like the trained one, to {exact(gate.threshold)}"
    said = _WORDS.sub(lambda found: _SAID.get(found[0]) or person_words(found[0]), gate.gate)
    return f"{said[:1].upper()}{said[1:]}"


def person_words(text: str) -> str:
    """``text`` with metrics by the names that people use.

    >>> person_words("roc_auc 0.61, at most 0.64: misses 0.65")
    'ROC AUC 0.61, at most 0.64: misses 0.65'
    """
    return _WORDS.sub(lambda found: metric_word(found[0]) if found[0] in METRICS else found[0], text)


def _compares_files(gate: GateResult) -> bool:
    return gate.gate.split(" ", 1)[0] == "parity"


def _compares_models(gate: GateResult) -> bool:
    return not {"better_than", "not_worse_than"}.isdisjoint(_WORDS.findall(gate.gate))


def passing_side(gate: GateResult) -> str | None:
    """Where the passing side of the threshold is: comparisons are improvements, so more is better."""
    if _compares_files(gate):
        return "left"
    if _compares_models(gate):
        return "right"
    named = [METRICS[word] for word in set(_WORDS.findall(gate.gate)) if word in METRICS]
    if len(named) != 1:
        return None
    return "right" if named[0].higher_is_better else "left"


def _row(gate: GateResult) -> GateRow:
    places = decimals((gate.value, gate.low, gate.high), gate.threshold)
    around = bounds(gate.low, gate.high, places)
    ranges = gate.low != gate.high
    value = fixed(gate.value, places) if ranges else lone(gate.value, gate.threshold)
    if gate.value is None:
        value = "not measured"
    named = asked(gate)
    return GateRow(
        asked=named,
        group=f"{gate.by} = {gate.group}" if gate.by and gate.group else "",
        outcome=gate.outcome,
        word=OUTCOME_WORDS[gate.outcome],
        symbol=OUTCOME_SYMBOLS[gate.outcome],
        quantity="improvement" if _compares_models(gate) and gate.value is not None else "",
        value=value,
        bounds=around,
        threshold=exact(gate.threshold),
        rows=f"{gate.rows:,}",
        reason=person_words(gate.reason),
        meaning=_meaning(gate),
        blocking=_blocking(gate),
        plot=gate_plot(
            gate.value,
            gate.low,
            gate.high,
            gate.threshold,
            outcome=gate.outcome,
            passes=passing_side(gate),
            title=f"{named}: {OUTCOME_WORDS[gate.outcome]}",
            description=f"Measured {value} ({around or 'no interval'}), threshold {exact(gate.threshold)}.",
        ),
    )


def _meaning(gate: GateResult) -> str:
    """What an outcome means that is neither a pass nor a fail."""
    if gate.outcome == "skipped":
        return "Nothing was asked, so nothing stands in the way of the release."
    if gate.outcome == "unjudged":
        return "Too few rows to judge this group."
    if gate.outcome != "not_enough_evidence":
        return ""
    if gate.low is None and gate.high is None:
        return "Without an interval it neither passed nor failed."
    return "The interval lies on both sides of the threshold: neither passed nor failed."


def _blocking(gate: GateResult) -> str:
    if gate.outcome in {"pass", "skipped"}:
        return ""
    return "Blocks the release." if gate.blocks else "Does not block the release (if_unsure: warn)."
