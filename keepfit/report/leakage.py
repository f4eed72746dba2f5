"""What would have let the model know the answer: what was looked for, what was found, who allowed it."""

from dataclasses import dataclass

from keepfit.config.gates import Leakage
from keepfit.judge import waiver_of
from keepfit.records import Leak, Outcome
from keepfit.report.numbers import count, number
from keepfit.report.run_records import RunRecords

LOOKED_FOR = {
    "copy_of_label": "features that the label follows from, value by value",
    "predicts_alone": "features that predict the label nearly perfectly by themselves",
    "missing_by_label": "features that are missing, or there, for one label only",
    "known_late": "moments among the features that lie after the one of the prediction",
    "identifier_order": "identifiers that sort the label",
    "near_copies": "rows to judge on that equal rows learnt from",
    "row_order": "an order of the rows in their files that sorts the label",
}


@dataclass(frozen=True, slots=True)
class LeakRow:
    """One finding; ``allowed`` says by whom and why a person let it be."""

    tone: Outcome
    symbol: str
    word: str
    kind: str
    feature: str
    measured: str
    reason: str
    allowed: str


@dataclass(frozen=True, slots=True)
class LeakSection:
    """The leakage report: one sentence, the findings, what was looked for."""

    sentence: str
    rows: tuple[LeakRow, ...]
    looked_for: tuple[str, ...]


def leak_section(records: RunRecords) -> LeakSection:
    """The report of this run's split."""
    gates = [gate for gate in records.use_case.gates if isinstance(gate, Leakage)]
    rows = tuple(_row(leak, gates) for leak in records.split.leaks)
    return LeakSection(_sentence(rows, records), rows, tuple(LOOKED_FOR.values()))


def _sentence(rows: tuple[LeakRow, ...], records: RunRecords) -> str:
    where = f"{count(records.split.train)} to learn from and {records.split.holdout:,} to judge on"
    if not rows:
        return f"On {where} nothing was found that would let a model know the answer."
    allowed = sum(bool(row.allowed) for row in rows)
    left = len(rows) - allowed
    fate = "none of which a person has allowed, so the gate on leakage fails"
    if not left:
        fate = "allowed by a person" if allowed == 1 else "all of them allowed by a person"
    elif allowed:
        fate = f"{allowed} of them allowed by a person, {left} not, so the gate on leakage fails"
    elif left == 1:
        fate = "which no person has allowed, so the gate on leakage fails"
    return f"On {where} there {'is' if len(rows) == 1 else 'are'} {count(len(rows), 'finding')}, {fate}."


def _row(leak: Leak, gates: list[Leakage]) -> LeakRow:
    waiver = next((found for gate in gates if (found := waiver_of(gate, leak))), None)
    limit = "" if leak.limit is None else f", limit {number(leak.limit)}"
    return LeakRow(
        tone="skipped" if waiver else "fail",
        symbol="–" if waiver else "✗",
        word="allowed" if waiver else "found",
        kind=leak.kind.replace("_", " "),
        feature=leak.feature or "",
        measured="" if leak.value is None else f"{number(leak.value)}{limit}",
        reason=leak.reason,
        allowed=f"{waiver.by}: {waiver.because}" if waiver else "",
    )
