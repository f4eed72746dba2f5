"""The fate of every row, in one pass over the parts and a few bytes a row.

In this order: a row that breaks a rule by itself goes to quarantine; of the sound rows that share the key one stays, or
all that differ go to quarantine; then those that share what a rule says is unique go there; of the others, rows whose
label is not known yet, or is missing, are dropped. So a broken row is never a reason to take out a sound one.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.config.model import UseCase
from keepfit.data.tables import get_table, get_tables
from keepfit.errors import IntegrityError, Problem
from keepfit.records import Extracted, Moment
from keepfit.validate import quarantine
from keepfit.validate.book import Book, empty_book
from keepfit.validate.fates import Fate
from keepfit.validate.faults import NOT_UNIQUE, Rule, why
from keepfit.validate.labels import Labels, labels
from keepfit.validate.settle import settle_key, settle_unique
from keepfit.validate.tally import Tally
from keepfit.validate.terms import Terms, faults_of
from keepfit.validate.turns import in_turn
from keepfit.validate.unique import Hashes, hashed

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store


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
    settle_key(store, extracted.parts, book, use_case, list(terms.columns))
    for rule, columns in terms.unique.items():
        settle_unique(store, extracted.parts, book, rule, columns)
    for rows in book.conflicts.values():
        book.fates[rows] = Fate.CONFLICT
    kept = book.fates == Fate.KEPT
    book.fates[kept & book.pending] = Fate.PENDING
    book.fates[kept & book.unlabelled] = Fate.UNLABELLED
    return book


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
