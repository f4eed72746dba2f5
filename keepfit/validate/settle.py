"""Rows that share what should be unique: who stays, who is a copy, who goes to quarantine."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keepfit.config.model import UseCase
from keepfit.data.tables import get_table
from keepfit.validate.book import Book
from keepfit.validate.fates import Fate
from keepfit.validate.faults import NOT_UNIQUE, Rule
from keepfit.validate.unique import Some, among, complete, not_alone, shared, twins

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store


def settle_key(store: "Store", parts: Sequence[str], book: Book, use_case: UseCase, columns: Sequence[str]) -> None:
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


def settle_unique(store: "Store", parts: Sequence[str], book: Book, rule: Rule, columns: Sequence[str]) -> None:
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
