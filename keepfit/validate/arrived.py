"""The rows of a stretch of time, held to the contract as a run holds them, whether their label is known or not."""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from msgspec.structs import replace

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


def arrived(
    store: "Store", use_case: UseCase, extracted: Extracted, moment: Moment, start: datetime, end: datetime
) -> Arrived:
    """The rows with an event time from ``start`` on and before ``end``; the use case has event times."""
    import pyarrow as pa

    time = str(use_case.data.event_time)
    some = pa.concat_tables(_between(table, time, start, end) for table in get_tables(store, extracted.parts))
    window = replace(extracted, parts=(put_table(store, some),), rows=some.num_rows, refused=(), refused_rows=0)
    book = sift(store, use_case, window, moment, terms_of(store, use_case, window), TakenOut(store))
    fates = book.fates
    return Arrived(
        table=some.filter(pa.array(np.isin(fates, STAYS))),
        rows=some.num_rows - int(np.isin(fates, (Fate.COPY, Fate.REPLACED)).sum()),
        refused=int(np.isin(fates, QUARANTINED).sum()),
        broken=book.tally.broken(),
    )


def _between(table: "pa.Table", time: str, start: datetime, end: datetime) -> "pa.Table":
    import pyarrow.compute as pc

    at = table.column(time)
    inside = pc.and_(pc.greater_equal(at, utc(start)), pc.less(at, utc(end)))
    return table.filter(pc.fill_null(inside, False))
