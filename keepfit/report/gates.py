"""The verdict, gate by gate, as rows to lay out."""

import re
from dataclasses import dataclass

from keepfit.config.metrics import METRICS
from keepfit.judge import ended
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
    "anchor": "the fixed earlier version",
    "margin": "by more than",
    "ratio": "in no group less than",
    "difference": "between groups at most",
}
_OF_ONE = {
    "parity": "Exported model answers like the trained one, to {}",
    "leakage": "Nothing lets the model know the answer",
    "calibration": "Calibration error at most {}",
    "stability": "Losses on the validation folds at most {} of their mean apart",
    "size": "Files of at most {}",
    "latency": "One record in at most {} (advice)",
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
    waived: bool = False


def gate_rows(verdict: Verdict) -> tuple[GateRow, ...]:
    """Every gate in the order it was judged."""
    return tuple(_row(gate) for gate in verdict.gates)


def tally(verdict: Verdict) -> str:
    """How the gates came out, in a few words: what failed, else what stayed open, else that all passed.

    A gate by group counts once, with the worst of its groups; groups that were not judged are counted besides.
    """
    how = ended(verdict)
    every, silent = count(len(how), "gate"), len(of_outcome(verdict, "unjudged"))
    unjudged = f", {count(silent, 'group')} not judged" if silent else ""
    unjudged += ", advice not met" if any(g.outcome == "fail" and not g.blocks for g in verdict.gates) else ""
    if failed := how.count("fail"):
        return f"{failed} of {every} failed{unjudged}"
    if unsure := how.count("not_enough_evidence"):
        return f"{unsure} of {every} had too little evidence{unjudged}"
    skipped = how.count("skipped")
    told = f"{count(len(how) - skipped, 'gate')} passed, {skipped} skipped" if skipped else f"all {every} passed"
    return f"{told}{unjudged}"


def of_outcome(verdict: Verdict, outcome: Outcome) -> tuple[str, ...]:
    """What the gates with this outcome asked."""
    return tuple(asked(gate) for gate in verdict.gates if gate.outcome == outcome)


def asked(gate: GateResult) -> str:
    """What the gate asks, as people would put it."""
    return asked_in_words(gate.gate)


def asked_in_words(gate: str) -> str:
    """What a gate asks, from its words in a verdict.

    >>> asked_in_words("roc_auc at_least 0.6"), asked_in_words("parity 1e-09")
    ('ROC AUC at least 0.6', 'Exported model answers like the trained one, to 1e-9')
    """
    kind, _, limit = gate.partition(" ")
    if kind in _OF_ONE:
        return _OF_ONE[kind].format(limit.replace("e-0", "e-"))
    plain = gate.replace("of naive gain", "of the gain over naive")
    said = _WORDS.sub(lambda found: _SAID.get(found[0]) or person_words(found[0]), plain)
    return f"{said[:1].upper()}{said[1:]}"


def person_words(text: str) -> str:
    """``text`` with metrics by the names that people use.

    >>> person_words("roc_auc 0.61, at most 0.64: misses 0.65")
    'ROC AUC 0.61, at most 0.64: misses 0.65'
    """
    return _WORDS.sub(lambda found: metric_word(found[0]) if found[0] in METRICS else found[0], text)


def _compares_models(gate: GateResult) -> bool:
    return not {"better_than", "not_worse_than"}.isdisjoint(_WORDS.findall(gate.gate))


def passing_side(gate: GateResult) -> str | None:
    """Where the passing side of the threshold is: comparisons are improvements, so more is better."""
    if gate.gate.partition(" ")[0] in _OF_ONE or " difference " in gate.gate:
        return "left"
    if " ratio " in gate.gate:
        return "right"
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
        reason=person_words("; ".join((gate.reason, *gate.waived))),
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
        waived=bool(gate.waived),
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
    if gate.blocks:
        return "Blocks the release."
    warns = gate.outcome == "not_enough_evidence"
    return "Does not block the release (if_unsure: warn)." if warns else "Does not block the release."
