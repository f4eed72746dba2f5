"""Where the rows came from, where they went, and what the columns hold."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby

from keepfit.records import Broken, ColumnSummary, Extracted, RowCount, SourceFile, Split
from keepfit.report.charts import Part, whole
from keepfit.report.moments import clock, period
from keepfit.report.numbers import NOT_MEASURED, count, number, percent, size
from keepfit.report.run_records import RunRecords

_MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file that was read."""

    path: str
    rows: str
    refused: str
    size: str
    digest: str


@dataclass(frozen=True, slots=True)
class SourceRow:
    """The files of one source."""

    name: str
    summary: str
    files: tuple[FileRow, ...]
    more: str


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One column in a line."""

    name: str
    type: str
    missing: str
    distinct: str
    holds: str
    tops: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SideRow:
    """One side of the split."""

    kind: str
    side: str
    rows: str
    when: str


@dataclass(frozen=True, slots=True)
class DataSection:
    """Everything the page says about data."""

    sentence: str
    bar: str
    outside: tuple[str, ...]
    sources: tuple[SourceRow, ...]
    dropped: tuple[tuple[str, str], ...]
    broken: tuple[Broken, ...]
    quarantine_limit: str
    columns: tuple[ColumnRow, ...]
    sides: tuple[SideRow, ...]
    split_bar: str
    split_by: str
    warnings: tuple[str, ...]


def data_section(records: RunRecords) -> DataSection:
    """The data of a run, as rows to lay out."""
    rows, split = records.validated.rows, records.split
    return DataSection(
        sentence=f"{conserved(rows)} by a named rule.",
        bar=whole(
            [
                Part("kept", "kept", rows.kept),
                Part("quarantined", "quarantined", rows.quarantined),
                Part("dropped", "dropped", rows.dropped),
            ],
            "Rows in",
        ),
        outside=_outside(records.extracted, records.zone),
        sources=tuple(_source(*found) for found in by_source(records.extracted).items()),
        dropped=tuple((found.rule, f"{found.rows:,}") for found in records.validated.dropped),
        broken=records.validated.broken,
        quarantine_limit=_limit(records),
        columns=tuple(_column(column, rows.kept, _unit(records, column.name)) for column in records.validated.columns),
        sides=_sides(split, records.zone),
        split_bar=whole(
            [
                Part("train", "to learn from", split.train),
                Part("left", "left out", sum(found.rows for found in split.left_out)),
                Part("holdout", "to judge on", split.holdout),
            ],
            "Sides of the data",
        ),
        split_by="time: the newest rows judge"
        if split.by == "time"
        else "a hash of the key: a row never changes sides",
        warnings=tuple(dict.fromkeys((*records.extracted.warnings, *records.validated.warnings))),
    )


def conserved(rows: RowCount) -> str:
    """That no row was lost.

    >>> conserved(RowCount(total=1200, kept=1100, quarantined=60, dropped=40))
    '1,200 rows in = 1,100 kept + 60 quarantined + 40 dropped'
    """
    return f"{count(rows.total)} in = {rows.kept:,} kept + {rows.quarantined:,} quarantined + {rows.dropped:,} dropped"


def _outside(extracted: Extracted, zone: str) -> tuple[str, ...]:
    said = [
        (extracted.not_yet, "at or after “as of”: not there yet, so not counted"),
        (extracted.outside_history, "older than the history that the use case asks for"),
        (extracted.labels_pending, "whose label is not known yet"),
        (extracted.future, "later than the run's real start: quarantined"),
        (extracted.refused_rows, "that a reader could not take: quarantined"),
    ]
    lines = [f"{count(rows)} {words}" for rows, words in said if rows]
    if extracted.newest is not None:
        lines.append(f"newest event: {clock(extracted.newest, zone)} {zone}")
    return tuple(lines)


def by_source(extracted: Extracted) -> dict[str, tuple[SourceFile, ...]]:
    """The files of each source, by name and path."""
    ordered = sorted(extracted.sources, key=lambda file: (file.source, file.path))
    return {name: tuple(files) for name, files in groupby(ordered, key=lambda file: file.source)}


def _source(name: str, files: tuple[SourceFile, ...]) -> SourceRow:
    rows = tuple(
        FileRow(f.path, f"{f.rows:,}", f"{f.refused:,}", size(f.size), f.digest[:12]) for f in files[:_MOST_FILES]
    )
    left_out = len(files) - len(rows)
    return SourceRow(name, read_in_all(files), rows, f"{count(left_out, 'more file')}" if left_out else "")


def read_in_all(files: Collection[SourceFile]) -> str:
    """Files of a source, added up."""
    return f"{count(len(files), 'file')}, {count(sum(f.rows for f in files))}, {size(sum(f.size for f in files))}"


def _limit(records: RunRecords) -> str:
    rows = records.validated.rows
    if not rows.quarantined:
        return "No row is in quarantine."
    share = rows.quarantined / rows.total if rows.total else 0.0
    most = percent(records.use_case.contract.quarantine_at_most)
    return f"{percent(share)} of the rows are in quarantine; at most {most} may be."


def _unit(records: RunRecords, name: str) -> str:
    rule = records.use_case.contract.columns.get(name)
    return (rule.unit or "") if rule else ""


def _column(column: ColumnSummary, rows: int, unit: str) -> ColumnRow:
    holds = ""
    if column.median is not None or column.low is not None:
        holds = " … ".join(map(number, (column.low, column.median, column.high)))
    return ColumnRow(
        name=column.name,
        type=f"{column.type}, {unit}" if unit else column.type,
        missing=percent(column.missing / rows) if rows and column.missing else "none",
        distinct=NOT_MEASURED if column.distinct is None else number(column.distinct),
        holds=holds,
        tops=tuple((value, percent(n / rows)) for value, n in column.top) if rows and not holds else (),
    )


def _sides(split: Split, zone: str) -> tuple[SideRow, ...]:
    learnt = f"until {clock(split.train_until, zone)}" if split.train_until else ""
    return (
        SideRow("train", "to learn from", f"{split.train:,}", learnt),
        *(SideRow("left", f"left out: {found.rule}", f"{found.rows:,}", "") for found in split.left_out),
        SideRow("holdout", "to judge on", f"{split.holdout:,}", period(split.holdout_from, split.holdout_until, zone)),
    )
