"""What extract, validate and split say about the data. Tables themselves stay in the store, named by digest."""

from datetime import datetime

from keepfit.records.canonical import Record


class Column(Record, frozen=True, kw_only=True):
    """A column and its type as the contract words it."""

    name: str
    type: str


class SourceFile(Record, frozen=True, kw_only=True):
    """One file that was read.

    ``digest`` names the file's own bytes, ``parsed`` the Parquet object made of them; ``refused`` counts the rows that
    the reader could not take (they are in quarantine).
    """

    source: str
    path: str
    digest: str
    size: int
    parsed: str
    rows: int
    refused: int


class Dropped(Record, frozen=True, kw_only=True):
    """Rows that a named rule took out (they were fine, but not for this run)."""

    rule: str
    rows: int


class Broken(Record, frozen=True, kw_only=True):
    """Rows that broke one rule of the contract, with a few of the values that did."""

    rule: str
    column: str | None
    rows: int
    examples: tuple[str, ...]


class Extracted(Record, frozen=True, kw_only=True):
    """The table as of the run's moment, before any rule of the contract.

    ``table`` is a Parquet object sorted by event time and key, labels not known before ``as_of`` masked; it holds the
    rows inside the history and, for validate to quarantine, rows later than the run's real start (``future``).
    ``refused`` is a Parquet object of the rows that readers could not take.
    ``not_yet`` counts rows at or after ``as_of``: not there yet, so not part of ``rows``.
    """

    table: str
    rows: int
    refused: str | None
    refused_rows: int
    not_yet: int
    outside_history: int
    labels_pending: int
    future: int
    newest: datetime | None
    sources: tuple[SourceFile, ...]
    columns: tuple[Column, ...]
    warnings: tuple[str, ...]


class RowCount(Record, frozen=True, kw_only=True):
    """Conservation of rows: ``total == kept + quarantined + dropped``."""

    total: int
    kept: int
    quarantined: int
    dropped: int


class Expectation(Record, frozen=True, kw_only=True):
    """What Great Expectations said of one expectation on the table."""

    name: str
    outcome: str  # pass | fail
    observed: str
    expected: str


class Validated(Record, frozen=True, kw_only=True):
    """Rows that may be learnt from, and what happened to the others.

    ``snapshot`` is the digest of the canonical values; ``quarantine`` a Parquet object or None.
    """

    snapshot: str
    rows: RowCount
    quarantine: str | None
    broken: tuple[Broken, ...]
    dropped: tuple[Dropped, ...]
    expectations: tuple[Expectation, ...]
    columns: tuple["ColumnSummary", ...]
    warnings: tuple[str, ...]


class ColumnSummary(Record, frozen=True, kw_only=True):
    """A column in one line of the report. Numbers have quantiles, the others their most frequent values."""

    name: str
    type: str
    missing: int
    distinct: int | None
    low: float | None
    median: float | None
    high: float | None
    top: tuple[tuple[str, int], ...]


class Snapshot(Record, frozen=True, kw_only=True):
    """Immutable training data: ``partitions`` are Parquet objects in order, together ``rows`` long."""

    digest: str
    columns: tuple[Column, ...]
    rows: int
    first: datetime | None
    last: datetime | None
    partitions: tuple[str, ...]


class Provenance(Record, frozen=True, kw_only=True):
    """Where a snapshot came from; kept beside it, not part of its digest."""

    snapshot: str
    as_of: datetime
    extracted: Extracted
    validated: Validated


class Split(Record, frozen=True, kw_only=True):
    """Sides of the snapshot. ``sides`` is an object of one byte a row: 0 train, 1 holdout, 2 left out."""

    snapshot: str
    by: str  # time | key
    sides: str
    train: int
    holdout: int
    left_out: tuple[Dropped, ...]
    train_until: datetime | None
    holdout_from: datetime | None
    holdout_until: datetime | None
