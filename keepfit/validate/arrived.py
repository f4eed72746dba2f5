"""The rows of a stretch of time, held to the contract as a run holds them, whether their label is known or not."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from keepfit.config.model import UseCase
from keepfit.data.moment import utc
from keepfit.data.tables import get_tables, put_table
from keepfit.records import Broken, Extracted, Moment
from keepfit.validate.fates import QUARANTINED, Fate
from keepfit.validate.quarantine import TakenOut
from keepfit.validate.sift import sift
from keepfit.validate.terms import terms_of

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store

STAYS = (Fate.KEPT, Fate.PENDING, Fate.UNLABELLED)


class Arrived(NamedTuple):
    """What came: the rows that hold (labels that are not known yet are null), how many there were, what broke."""

    table: "pa.Table"
    rows: int
    refused: int
    broken: tuple[Broken, ...]


class InParts(NamedTuple):
    """What came, as `Arrived`; its tables, at least one, are read as they are asked for, once."""

    tables: "Iterator[pa.Table]"
    rows: int
    refused: int
    broken: tuple[Broken, ...]


def arrived(
    store: "Store", use_case: UseCase, extracted: Extracted, moment: Moment, start: datetime, end: datetime
) -> Arrived:
    """The rows with an event time from ``start`` on and before ``end``; the use case has event times."""
    import pyarrow as pa

    found = arrived_in_parts(store, use_case, extracted, moment, start, end)
    return Arrived(pa.concat_tables(found.tables), found.rows, found.refused, found.broken)


def arrived_in_parts(
    store: "Store", use_case: UseCase, extracted: Extracted, moment: Moment, start: datetime, end: datetime
) -> InParts:
    """As `arrived`, a part at a time: memory is that of a part and some bytes a row."""
    time = str(use_case.data.event_time)
    found = [_kept(store, _between(table, time, start, end)) for table in get_tables(store, extracted.parts)]
    held = [each for each in found if each.rows] or found[:1]
    rows = sum(each.rows for each in held)
    parts = tuple(each.digest for each in held)
    window = replace(extracted, parts=parts, rows=rows, refused=(), refused_rows=0)
    book = sift(store, use_case, window, moment, terms_of(store, use_case, window), TakenOut(store))
    fates = book.fates
    return InParts(
        tables=_sound(store, held, fates),
        rows=rows - int(np.isin(fates, (Fate.COPY, Fate.REPLACED)).sum()),
        refused=int(np.isin(fates, QUARANTINED).sum()),
        broken=book.tally.broken(),
    )


class _Kept(NamedTuple):
    """A table in the store, and its rows."""

    digest: str
    rows: int


def _kept(store: "Store", table: "pa.Table") -> _Kept:
    return _Kept(put_table(store, table), table.num_rows)


def _sound(store: "Store", held: Sequence[_Kept], fates: NDArray[np.uint8]) -> "Iterator[pa.Table]":
    """The rows that hold, a part at a time."""
    import pyarrow as pa

    first = 0
    for table in get_tables(store, [each.digest for each in held]):
        some = fates[first : first + table.num_rows]
        first += table.num_rows
        yield table.filter(pa.array(np.isin(some, STAYS)))


def _between(table: "pa.Table", time: str, start: datetime, end: datetime) -> "pa.Table":
    import pyarrow.compute as pc

    at = table.column(time)
    inside = pc.and_(pc.greater_equal(at, utc(start)), pc.less(at, utc(end)))
    return table.filter(pc.fill_null(inside, False))
