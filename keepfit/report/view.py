"""From records to what the page shows: one value per run, with every number already in words."""

from dataclasses import dataclass

from keepfit.records import Evaluated, Outcome
from keepfit.report.by_class import ClassTable, class_table
from keepfit.report.changes import ChangeRow, change_rows
from keepfit.report.choice import Choice, choice
from keepfit.report.data import DataSection, data_section
from keepfit.report.expected import ExpectationRow, expectation_row
from keepfit.report.figures import Figure, figures
from keepfit.report.gates import GateRow, gate_rows, of_outcome, tally
from keepfit.report.groups import GroupTable, group_tables
from keepfit.report.leakage import LeakSection, leak_section
from keepfit.report.measured import measured_facts
from keepfit.report.metrics import MetricRow, headline, key_metrics, metric_rows, naive_word
from keepfit.report.moments import both_zones, clock, span
from keepfit.report.numbers import count, interval, percent, size
from keepfit.report.paired import Forest, forest
from keepfit.report.run_records import RunRecords
from keepfit.report.wording import candidate_word, metric_word


@dataclass(frozen=True, slots=True)
class Banner:
    """The outcome in plain words; ``tone`` is the outcome that colours it."""

    tone: Outcome
    symbol: str
    words: str
    because: str


@dataclass(frozen=True, slots=True)
class Page:
    """All of a report; the template decides only where things stand."""

    use_case: str
    description: str
    owner: str
    risk: str
    number: int
    digest: str
    as_of: str
    zone: str
    banner: Banner
    summary: str
    gates: tuple[GateRow, ...]
    gates_note: str
    champion: str
    compared: str
    changes: tuple[ChangeRow, ...]
    beside_champion: Forest | None
    paired_note: str
    beside_anchor: Forest | None
    metrics: tuple[MetricRow, ...]
    metrics_note: str
    champion_note: str
    naive: str
    beside_naive: Forest | None
    figures: tuple[Figure, ...]
    classes: ClassTable | None
    groups: tuple[GroupTable, ...]
    choice: Choice
    leakage: LeakSection
    data: DataSection
    expectations: tuple[ExpectationRow, ...]
    facts: tuple[tuple[str, str], ...]
    digests: tuple[tuple[str, str], ...]


def page(records: RunRecords) -> Page:
    """What the report of this run says."""
    case, registered, evaluated = records.use_case, records.registered, records.evaluated
    first = key_metrics(records.use_case)
    return Page(
        use_case=case.name,
        description=case.description,
        owner=case.owner,
        risk=case.risk,
        number=registered.number,
        digest=registered.digest,
        as_of=both_zones(records.verdict.as_of, records.zone),
        zone=records.zone,
        banner=banner(records),
        summary=summary(records),
        gates=gate_rows(records.verdict),
        gates_note=_gates_note(records),
        champion="" if evaluated.champion_number is None else f"version {evaluated.champion_number}",
        compared=_compared(records),
        changes=change_rows(records, records.champion) if records.champion else (),
        beside_champion=forest(evaluated, records.verdict, "champion"),
        paired_note=_paired_note(evaluated),
        beside_anchor=forest(evaluated, records.verdict, "anchor", first),
        metrics=metric_rows(evaluated),
        metrics_note=_metrics_note(records),
        champion_note=_champion_note(records),
        naive=naive_word(evaluated),
        beside_naive=forest(evaluated, records.verdict, "naive", first),
        figures=figures(records),
        classes=class_table(evaluated, records.trained.classes),
        groups=group_tables(evaluated, records.verdict, first),
        choice=choice(records),
        leakage=leak_section(records),
        data=data_section(records),
        expectations=tuple(expectation_row(each, {}) for each in records.validated.expectations),
        facts=_facts(records),
        digests=_digests(records),
    )


def banner(records: RunRecords) -> Banner:
    """What became of the version."""
    verdict, how, stays = records.verdict, tally(records.verdict), _stays(records)
    reason = _sentence(records.released.reason) if records.released else ""
    if verdict.outcome == "fail":
        failed = "; ".join(of_outcome(verdict, "fail"))
        return Banner("fail", "✗", f"Refused: {how}", f"{_sentence(failed)} {_sentence(stays)}".strip())
    if verdict.outcome != "pass":
        return Banner("not_enough_evidence", "?", f"Not enough evidence: {stays}", _sentence(how))
    if records.released and records.released.released:
        first = records.evaluated.champion_number is None
        return Banner("pass", "✓", "Passed and released as " + ("first champion" if first else "champion"), reason)
    if records.released and records.released.rollout is not None:
        return Banner("pass", "✓", "Passed, on trial beside the champion", reason)
    if records.use_case.risk == "high":
        return Banner("pass", "✓", "Passed, waits for a person (risk: high)", reason or f"Until then {stays}.")
    return Banner("pass", "✓", "Passed, not released", reason or _sentence(stays))


def _stays(records: RunRecords) -> str:
    if records.evaluated.champion_number is None:
        return "there is still no champion"
    idle = records.released is not None and records.released.champion is None
    return "no version serves, as before" if idle else "the champion stays"


def _sentence(words: str) -> str:
    """Words as a sentence of their own; empty stays empty."""
    closed = words if words.endswith((".", "!", "?")) or not words else f"{words}."
    return f"{closed[:1].upper()}{closed[1:]}"


def summary(records: RunRecords) -> str:
    """The run in one sentence."""
    trained, split = records.trained, records.split
    until = f" up to {clock(split.train_until, records.zone)}" if split.train_until else ""
    learnt = f"A {candidate_word(trained.candidate)} learnt from {count(trained.rows)}{until}"
    judged = f"{learnt} and was judged on {count(records.evaluated.rows)} that it had not seen"
    said = _headline(records)
    return f"{judged}: {said}." if said else f"{judged}."


def _headline(records: RunRecords) -> str:
    evaluated = records.evaluated
    name = headline(evaluated, key_metrics(records.use_case))
    if name is None:
        return ""
    value, around = interval(evaluated.candidate[name])
    others = [
        f"{who} {interval(found[name])[0]}"
        for who, found in (
            ("naive baseline", evaluated.naive),
            (f"champion (version {evaluated.champion_number})", evaluated.champion),
        )
        if name in found
    ]
    said = f"{metric_word(name)} {value} ({around})" if around else f"{metric_word(name)} {value}"
    return f"{said}, against {', '.join(others)}" if others else said


def _gates_note(records: RunRecords) -> str:
    by = records.evaluated.clustered_by
    counts = (
        "each row counts for itself" if by == "row" else f"rows of one {by.replace(' and ', ' or one ')} count together"
    )
    return (
        f"Each bound is one-sided at {percent(records.evaluated.confidence)}; {counts}. A gate passes when the whole "
        "interval lies on the shaded side of the threshold, fails when it lies wholly on the other side, and is left "
        f"without enough evidence in between.{_spent(records)}"
    )


def _spent(records: RunRecords) -> str:
    """What this look spent of the year's false promotions, in a sentence."""
    later = records.evaluated.champion_confidence
    if not records.verdict.compared or later is None:
        return ""
    share, year = f"{100 * (1 - later):.2g}%", percent(records.use_case.false_promotions)
    return (
        f" Beside the champion each bound is at {100 - 100 * (1 - later):.6g}%, because this look may spend {share} of "
        f"the {year} chance of a wrong promotion that a year of looks has."
    )


def _compared(records: RunRecords) -> str:
    champion, rows = records.evaluated.champion_number, records.evaluated.champion_rows
    if champion is None:
        which = "First champion" if records.verdict.outcome == "pass" else "No champion yet"
        return f"{which}: nothing to compare with."
    if not rows:
        return f"Version {champion} has already learnt from every row here, so no fair comparison is possible."
    unseen = "all newer than what" if records.split.by == "time" else "none of which"
    return f"Both versions on the same {count(rows)}, {unseen} version {champion} learnt from."


def _paired_note(evaluated: Evaluated) -> str:
    later = evaluated.champion_confidence or evaluated.confidence
    return (
        "An improvement is positive where the candidate is better, whatever the metric; each row has a scale of its "
        "own, zero in the middle, and is shaded where a gate would let it pass. Bounds are one-sided at "
        f"{100 * later:.6g}% each."
    )


def _metrics_note(records: RunRecords) -> str:
    evaluated = records.evaluated
    units = max((e.clusters for e in evaluated.candidate.values()), default=0) if evaluated.clustered_by != "row" else 0
    independent = f", {_units(units, evaluated.clustered_by)} of which each counts as one observation" if units else ""
    return (
        f"On {count(evaluated.rows)} that none of the models learnt from{independent}. "
        f"Bounds are one-sided at {percent(evaluated.confidence)} each."
    )


def _units(clusters: int, by: str) -> str:
    """What counts together, counted; with days and entities the fewer of both.

    >>> _units(28, "day"), _units(1, "entity"), _units(9, "day and entity")
    ('28 days', '1 entity', '9 days or entities')
    """
    words = by.replace(" and ", " or ")
    several = words.replace("day", "days").replace("entity", "entities").replace("row", "rows")
    return f"{clusters:,} {words if clusters == 1 else several}"


def _champion_note(records: RunRecords) -> str:
    evaluated = records.evaluated
    if evaluated.champion_number is None or evaluated.champion_rows == evaluated.rows:
        return ""
    return (
        f"The champion is measured only on the {count(evaluated.champion_rows)} after its own training: "
        "compare it with the candidate in the table above."
    )


def _facts(records: RunRecords) -> tuple[tuple[str, str], ...]:
    exported = records.exported
    return (
        ("Features", f"{len(records.use_case.features)} columns: {', '.join(records.use_case.features)}"),
        (
            "Label",
            f"{records.use_case.data.label.column}, known after {span(records.use_case.data.label.known_after)}",
        ),
        (
            "Exported",
            f"{count(len(exported.files), 'file')}, {size(exported.bytes)}",
        ),
        *measured_facts(records.measured, exported),
        ("Seed", str(records.manifest.seed)),
    )


def _digests(records: RunRecords) -> tuple[tuple[str, str], ...]:
    manifest = records.manifest
    return (
        ("Version", records.registered.digest),
        ("Verdict", records.registered.verdict),
        ("Snapshot", manifest.snapshot),
        ("Config", manifest.config),
        ("Code", manifest.code),
        ("Requirements", manifest.requirements),
        *((f"File: {role}", digest) for role, digest in sorted(manifest.files.items())),
    )
