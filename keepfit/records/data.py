"""What extract, validate and split say about the data. Tables themselves stay in the store, named by digest."""

from datetime import datetime

from keepfit.records.canonical import Record


class Column(Record, frozen=True, kw_only=True):
    """A column and its type as the contract words it."""

    name: str
    type: str


class SourceFile(Record, frozen=True, kw_only=True):
    """One file that was read.

    ``digest`` names the file's own bytes, ``parts`` the Parquet objects made of them, in order; ``refused`` counts the
    rows that the reader could not take (they are in quarantine).
    """

    source: str
    path: str
    digest: str
    size: int
    parts: tuple[str, ...]
    rows: int
    refused: int


class Unread(Record, frozen=True, kw_only=True):
    """A file that is no table at all and was set aside, within the source's tolerance; ``why`` is the whole block."""

    source: str
    path: str
    digest: str
    why: str


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

    ``parts`` are Parquet objects, together sorted by event time and key, labels not known before ``as_of`` masked; they
    hold the rows inside the history and, for validate to quarantine, rows later than the run's real start (``future``).
    ``refused`` are Parquet objects of the rows that readers could not take, ``unread`` files that are no table.
    ``not_yet`` counts rows at or after ``as_of``: not there yet, so not part of ``rows``. ``left_out`` are Parquet
    objects that say which rows of which file these are, and those outside the history (`keepfit.data.left_out`).
    """

    parts: tuple[str, ...]
    rows: int
    refused: tuple[str, ...]
    refused_rows: int
    unread: tuple[Unread, ...] = ()
    not_yet: int
    outside_history: int
    left_out: tuple[str, ...] = ()
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
    """What was seen of one expectation on the table; ``severity`` says what a fail does: stop, hold or warn."""

    name: str
    severity: str = "stop"
    outcome: str  # pass | fail | crashed | skipped
    observed: str
    expected: str


class Validated(Record, frozen=True, kw_only=True):
    """Rows that may be learnt from, and what happened to the others.

    ``snapshot`` is the digest of the canonical values; ``quarantine`` are Parquet objects of rows with their values and
    reasons, ``absent`` Parquet objects that say of every dropped row its ``_file``, ``_row`` and ``rule``. ``profile``
    is the object of the statistics of what was kept. ``held`` says why a person must look before a release.
    """

    snapshot: str
    rows: RowCount
    quarantine: tuple[str, ...]
    absent: tuple[str, ...] = ()
    broken: tuple[Broken, ...]
    dropped: tuple[Dropped, ...]
    expectations: tuple[Expectation, ...]
    profile: str | None = None
    held: tuple[str, ...] = ()
    columns: tuple["ColumnSummary", ...]
    warnings: tuple[str, ...]


class Quarantined(Record, frozen=True, kw_only=True):
    """What one validation took out, also one that failed: the n-th of its use case lies at ``quarantine/<10^12 - n>``.

    ``extracted`` is the object of the `Extracted` that was judged (it knows the digests of the files), ``config`` the
    digest of the YAML; ``quarantine``, ``absent``, ``expectations`` and ``profile`` as in `Validated`; ``failed`` is
    what stopped the run, or "".
    """

    number: int
    as_of: datetime
    started: datetime
    config: str
    extracted: str
    rows: RowCount
    quarantine: tuple[str, ...]
    absent: tuple[str, ...]
    broken: tuple[Broken, ...]
    dropped: tuple[Dropped, ...]
    expectations: tuple[Expectation, ...] = ()
    profile: str | None = None
    failed: str


class ReplayedRows(Record, frozen=True, kw_only=True):
    """Where the rows lie that people have put back from quarantine: Parquet objects, oldest rows first."""

    parts: tuple[str, ...]


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


class Leak(Record, frozen=True, kw_only=True):
    """Something that lets a model know the answer: ``feature`` and ``rows`` where it is about them.

    ``value`` was measured, ``limit`` is what would still be believed; ``reason`` tells it to a person.
    """

    kind: str
    feature: str | None = None
    rows: int | None = None
    value: float | None = None
    limit: float | None = None
    reason: str


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
    leaks: tuple[Leak, ...] = ()
