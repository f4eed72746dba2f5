"""The rows of a stretch of time, held to the contract as a run holds them, whether their label is known or not.

A part at a time: memory is that of a part and some 30 bytes a row.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from keepfit.config.model import UseCase
from keepfit.data.moment import utc
from keepfit.data.tables import get_table, get_tables, put_table
from keepfit.records import Broken, Extracted, Moment
from keepfit.validate.fates import QUARANTINED, Fate
from keepfit.validate.quarantine import TakenOut
from keepfit.validate.sift import sift
from keepfit.validate.terms import terms_of

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store

STAYS = (Fate.KEPT, Fate.PENDING, Fate.UNLABELLED)


class Arrived:
    """What came: rows that hold, how many there were, those that do not (the reader's too), and what these break.

    ``untimed`` counts rows that nobody can date, so that they are in no window.
    """

    def __init__(
        self,
        store: "Store",
        held: Sequence["_Held"],
        fates: NDArray[np.uint8],
        refused: int,
        broken: tuple[Broken, ...],
        untimed: int = 0,
    ) -> None:
        self._store, self._held, self._fates = store, held, fates
        self.rows = sum(each.rows for each in held) + refused - int(np.isin(fates, (Fate.COPY, Fate.REPLACED)).sum())
        self.refused = int(np.isin(fates, QUARANTINED).sum()) + refused
        self.broken, self.untimed = broken, untimed

    def tables(self, columns: Sequence[str] | None = None) -> "Iterator[pa.Table]":
        """The rows that hold, labels that are not known yet null, part by part; some columns of them, or all."""
        import pyarrow as pa

        first = 0
        for table in get_tables(self._store, [each.digest for each in self._held], columns):
            stays = np.isin(self._fates[first : first + table.num_rows], STAYS)
            first += table.num_rows
            yield table if stays.all() else table.filter(pa.array(stays))


class _Held(NamedTuple):
    """A table in the store, its rows, and how many of the part that it is of have no time."""

    digest: str
    rows: int
    untimed: int


def arrived(
    store: "Store", use_case: UseCase, extracted: Extracted, moment: Moment, start: datetime, end: datetime
) -> Arrived:
    """The rows with an event time from ``start`` on and before ``end``; the use case has event times."""
    import pyarrow as pa

    found = list(_within(store, extracted.parts, str(use_case.data.event_time), start, end))
    held = [each for each in found if each.rows]
    rows, parts = sum(each.rows for each in held), tuple(each.digest for each in held)
    window = replace(extracted, parts=parts, rows=rows, refused=(), refused_rows=0)
    terms = terms_of(store, use_case, window)
    book = sift(store, use_case, window, moment, terms, TakenOut(store))
    refused, untimed = 0, sum(each.untimed for each in found)
    for table in get_tables(store, extracted.refused):
        rows = table.filter(pa.array(_inside(table.column("_time"), start, end)))
        refused, untimed = refused + rows.num_rows, untimed + table.column("_time").null_count
        book.tally.refused(rows, list(terms.columns))
    return Arrived(store, held, book.fates, refused, book.tally.broken(), untimed)


def _within(store: "Store", parts: Sequence[str], time: str, start: datetime, end: datetime) -> "Iterator[_Held]":
    """Tables of a stretch of time; those that lie in it as a whole are not written anew."""
    import pyarrow as pa

    for digest, times in zip(parts, get_tables(store, parts, [time]), strict=True):
        inside = _inside(times.column(time), start, end)
        if inside.all() and inside.size:
            yield _Held(digest, inside.size, 0)
        elif inside.any():
            table = get_table(store, digest).filter(pa.array(inside))
            yield _Held(put_table(store, table), table.num_rows, times.column(time).null_count)
        else:
            yield _Held(digest, 0, times.column(time).null_count)


def _inside(at: "pa.ChunkedArray", start: datetime, end: datetime) -> "NDArray[np.bool_]":
    import pyarrow.compute as pc

    inside = pc.and_(pc.greater_equal(at, utc(start)), pc.less(at, utc(end)))
    return np.asarray(pc.fill_null(inside, False).to_numpy(), bool)
