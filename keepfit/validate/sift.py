"""The fate of every row, in one pass over the parts and a few bytes a row.

In this order: a row that breaks a rule by itself goes to quarantine; of the sound rows that share the key one stays, or
all that differ go to quarantine; then those that share what a rule says is unique go there; of the others, rows whose
label is not known yet, or is missing, are dropped. So a broken row is never a reason to take out a sound one.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from keepfit.config.contract import ColumnRule
from keepfit.config.model import UseCase
from keepfit.config.row_rules import RowRule, Unique
from keepfit.data.convert import arrow_type
from keepfit.data.declared import declared
from keepfit.data.moment import utc
from keepfit.data.tables import get_table, get_tables
from keepfit.errors import IntegrityError, Problem
from keepfit.records import Extracted, Moment
from keepfit.validate import quarantine
from keepfit.validate.contract import ColumnCheck, column_checks, column_faults
from keepfit.validate.fates import Fate
from keepfit.validate.faults import FUTURE, NOT_UNIQUE, Fault, Rule, why
from keepfit.validate.labels import Labels, labels
from keepfit.validate.rules import named, row_faults
from keepfit.validate.tally import Tally
from keepfit.validate.turns import in_turn
from keepfit.validate.unique import Hashes, Some, among, complete, hashed, not_alone, shared, twins
from keepfit.validate.unseen import unseen

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.config.values import ColumnType
    from keepfit.store import Store


class Terms(NamedTuple):
    """The contract of one validation, ready to be asked."""

    columns: dict[str, ColumnRule]
    checks: tuple[ColumnCheck, ...]
    rules: dict[Rule, RowRule]
    schema: "pa.Schema"
    warnings: tuple[str, ...]

    @property
    def unique(self) -> dict[Rule, tuple[str, ...]]:
        """What must be unique beside the key."""
        return {name: rule.unique for name, rule in self.rules.items() if isinstance(rule, Unique)}


@dataclass
class Book:
    """What is known of every row (n in all parts together), by its place."""

    fates: NDArray[np.uint8]
    pending: NDArray[np.bool_]
    unlabelled: NDArray[np.bool_]
    hashes: dict[Rule, Hashes]
    conflicts: dict[Rule, NDArray[np.bool_]] = field(default_factory=dict)
    spans: list[tuple[int, int]] = field(default_factory=list)
    files: Counter[str] = field(default_factory=Counter)
    tally: Tally = field(default_factory=Tally)

    def count(self, fate: Fate) -> int:
        """How many rows have this fate."""
        return int(np.count_nonzero(self.fates == fate))


def terms_of(store: "Store", use_case: UseCase, extracted: Extracted) -> Terms:
    """The contract, with the columns whose unseen values are few enough to be kept."""
    import pyarrow as pa

    found = pa.schema([(column.name, arrow_type(cast("ColumnType", column.type))) for column in extracted.columns])
    columns = declared(use_case, found)
    schema = pa.schema([(name, arrow_type(rule.type)) for name, rule in columns.items()])
    few = unseen(store, extracted.parts, columns)
    return Terms(
        columns=columns,
        checks=column_checks(columns, few.kept),
        rules=named(use_case.contract.rules),
        schema=schema,
        warnings=few.warnings,
    )


def sift(
    store: "Store", use_case: UseCase, extracted: Extracted, moment: Moment, terms: Terms, out: quarantine.TakenOut
) -> Book:
    """Decide the fate of every row; rows that are broken by themselves, and what readers refused, are taken ``out``.

    Raises
    ------
    IntegrityError
        The parts do not hold the rows that were extracted.
    """
    book = empty_book(extracted.rows, [NOT_UNIQUE, *terms.unique])
    for seen in in_turn(lambda part: look(get_table(store, part), use_case, moment, terms), extracted.parts):
        enter(seen, book, out)
    if sum(end - start for start, end in book.spans) != extracted.rows:
        raise _lost(extracted.rows, sum(end - start for start, end in book.spans))
    for refused in get_tables(store, extracted.refused):
        book.tally.refused(refused, list(terms.columns))
        rows = quarantine.refused_rows(refused, quarantine.quarantine_schema(terms.schema))
        book.files.update(quarantine.by_file(rows))
        out.add(rows)
    _settle_key(store, extracted.parts, book, use_case, list(terms.columns))
    for rule, columns in terms.unique.items():
        _settle_unique(store, extracted.parts, book, rule, columns)
    for rows in book.conflicts.values():
        book.fates[rows] = Fate.CONFLICT
    kept = book.fates == Fate.KEPT
    book.fates[kept & book.pending] = Fate.PENDING
    book.fates[kept & book.unlabelled] = Fate.UNLABELLED
    return book


def empty_book(rows: int, unique: Sequence[Rule]) -> Book:
    """Before anything is known; ``unique`` are the rules about rows that must not be alike."""
    return Book(
        fates=np.zeros(rows, dtype=np.uint8),
        pending=np.zeros(rows, dtype=bool),
        unlabelled=np.zeros(rows, dtype=bool),
        hashes={rule: np.zeros(rows, dtype=np.uint64) for rule in unique},
    )


def _lost(expected: int, found: int) -> IntegrityError:
    return IntegrityError(Problem("rows were lost on the way", "validate", f"{expected:,} rows", f"{found:,} rows"))


class Look(NamedTuple):
    """What a first look at a part (n rows) says: what is broken by itself, labels, hashes of what must be unique."""

    rows: int
    files: dict[str, int]
    broken: NDArray[np.int64]
    quarantined: "pa.Table | None"
    tally: Tally
    labels: Labels
    hashes: dict[Rule, Hashes]


def look(table: "pa.Table", use_case: UseCase, moment: Moment, terms: Terms) -> Look:
    """Look at a part for the first time, whatever other parts hold."""
    faults = faults_of(table, terms, use_case, moment)
    found, tally = why(faults), Tally()
    tally.add(table, faults)
    schema = quarantine.quarantine_schema(terms.schema)
    return Look(
        rows=table.num_rows,
        files=quarantine.by_file(table),
        broken=found.rows,
        quarantined=quarantine.quarantined(table, found, schema) if faults else None,
        tally=tally,
        labels=labels(table, use_case, moment),
        hashes={
            rule: hashed(table, columns) for rule, columns in {NOT_UNIQUE: use_case.data.key, **terms.unique}.items()
        },
    )


def enter(seen: Look, book: Book, out: quarantine.TakenOut) -> None:
    """Note what was seen of the next part."""
    start = book.spans[-1][1] if book.spans else 0
    here = slice(start, start + seen.rows)
    if here.stop > len(book.fates):
        raise _lost(len(book.fates), here.stop)
    book.spans.append((here.start, here.stop))
    book.files.update(seen.files)
    book.tally.merge(seen.tally)
    book.fates[here][seen.broken] = Fate.BROKEN
    if seen.quarantined is not None:
        out.add(seen.quarantined)
    book.pending[here], book.unlabelled[here] = seen.labels
    for rule, hashes in seen.hashes.items():
        book.hashes[rule][here] = hashes


def faults_of(table: "pa.Table", terms: Terms, use_case: UseCase, moment: Moment) -> list[Fault]:
    """Everything that rows of a table break by themselves."""
    return [*column_faults(table, terms.checks), *_later(table, use_case, moment), *row_faults(table, terms.rules)]


def broken_alone(
    table: "pa.Table", use_case: UseCase, columns: dict[str, ColumnRule], moment: Moment
) -> dict[int, list[str]]:
    """By row (position) all that it breaks by itself; a value that is unseen and might be tolerated is not told."""
    unseen_kept = {name for name, rule in columns.items() if rule.unseen_at_most}
    terms = Terms(columns, column_checks(columns, unseen_kept), named(use_case.contract.rules), table.schema, ())
    found = why(faults_of(table, terms, use_case, moment))
    return dict(zip(found.rows.tolist(), found.reasons.to_pylist(), strict=True))


def _later(table: "pa.Table", use_case: UseCase, moment: Moment) -> Iterator[Fault]:
    """Rows later than the run's real start: nothing can be that late."""
    import pyarrow.compute as pc

    time = use_case.data.event_time
    if time is None:
        return
    late = pc.fill_null(pc.greater(table.column(time), utc(moment.started)), False).to_numpy()
    if late.any():
        yield Fault(Rule(time, "", FUTURE), np.flatnonzero(late))


def _settle_key(store: "Store", parts: Sequence[str], book: Book, use_case: UseCase, columns: Sequence[str]) -> None:
    """Of the sound rows that share the key: copies are dropped; of those that differ one stays, or none."""
    chosen = _may_share(book, NOT_UNIQUE)
    if not chosen.any():
        return
    how = use_case.data.duplicates
    conflicts = np.zeros(len(chosen), dtype=bool)
    rows = _rows(store, parts, book, chosen, [*columns, "_file", "_row"])
    for found in twins(rows, use_case.data.key, last=how == "last"):
        if how == "error":
            copies = found.turn != found.twin
            conflicts[found.places[(found.best != found.worst) & ~copies]] = True
        else:
            copies = (found.turn != found.best) & (found.twin == found.best)
            book.fates[found.places[found.twin != found.best]] = Fate.REPLACED
        book.fates[found.places[copies]] = Fate.COPY
    if conflicts.any():
        book.conflicts[NOT_UNIQUE] = conflicts
        book.fates[conflicts] = Fate.CONFLICT


def _settle_unique(store: "Store", parts: Sequence[str], book: Book, rule: Rule, columns: Sequence[str]) -> None:
    """The rows that share what should be unique."""
    chosen = _may_share(book, rule)
    if not chosen.any():
        return
    conflicts = np.zeros(len(chosen), dtype=bool)
    rows = (complete(some) for some in _rows(store, parts, book, chosen, columns))
    for places in not_alone(rows, columns):
        conflicts[places] = True
    if conflicts.any():
        book.conflicts[rule] = conflicts


def _may_share(book: Book, rule: Rule) -> NDArray[np.bool_]:
    """The rows (n,) still standing whose hash is not theirs alone; the hashes are let go of."""
    hashes, standing = book.hashes.pop(rule), book.fates == Fate.KEPT
    may: NDArray[np.bool_] = among(hashes, shared([hashes[standing]])) & standing
    return may


def _rows(
    store: "Store", parts: Sequence[str], book: Book, chosen: NDArray[np.bool_], columns: Sequence[str]
) -> Iterator[Some]:
    """The chosen rows, part by part."""
    import pyarrow as pa

    for digest, (start, end) in zip(parts, book.spans, strict=True):
        at = np.flatnonzero(chosen[start:end])
        if len(at):
            table = get_table(store, digest, columns).take(pa.array(at))
            yield Some(start + at, _plain(table))


def _plain(table: "pa.Table") -> "pa.Table":
    """File names as text: a dictionary of another part would be another type."""
    import pyarrow as pa

    if "_file" not in table.column_names:
        return table
    at = table.column_names.index("_file")
    return table.set_column(at, "_file", table.column("_file").cast(pa.string()))
