"""What was there at a moment: rows by their event time, labels by when they became known."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from keepfit.records import Moment

if TYPE_CHECKING:
    import pyarrow as pa


class Cut(NamedTuple):
    """The rows that count, and how many do not."""

    table: "pa.Table"
    away: int


def utc(moment: datetime) -> "pa.Scalar":
    """A moment as Arrow compares it."""
    import pyarrow as pa

    return pa.scalar(moment.astimezone(UTC), pa.timestamp("us", tz="UTC"))


def there(table: "pa.Table", time: str | None, moment: Moment) -> Cut:
    """Without the rows from ``as_of`` to the run's real start: they are not there yet.

    Rows later than the real start stay: nothing can be that late, so validate puts them into quarantine. A table
    without such a column of times is as it is.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if time not in table.column_names or not pa.types.is_timestamp(table.schema.field(time).type):
        return Cut(table, 0)
    at = table.column(time)
    hidden = pc.and_(pc.greater_equal(at, utc(moment.as_of)), pc.less_equal(at, utc(moment.started)))
    return without(table, hidden)


def recent(table: "pa.Table", time: str | None, history: timedelta | None, moment: Moment) -> Cut:
    """Without the rows before the history."""
    import pyarrow.compute as pc

    if time is None or history is None:
        return Cut(table, 0)
    return without(table, pc.less(table.column(time), utc(moment.as_of - history)))


def without(table: "pa.Table", rows: "pa.ChunkedArray") -> Cut:
    """The table without the rows of a mask (null: the row stays); not copied if there are none."""
    import pyarrow.compute as pc

    away = int(pc.sum(rows).as_py() or 0)
    return Cut(table.filter(pc.invert(pc.fill_null(rows, fill_value=False))) if away else table, away)


def masked(table: "pa.Table", label: str, time: str | None, known_after: timedelta, moment: Moment) -> Cut:
    """Labels that became known at ``as_of`` or later are null; how many rows that concerns."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if time is None:
        return Cut(table, 0)
    pending = pc.fill_null(pc.greater_equal(table.column(time), utc(moment.as_of - known_after)), fill_value=False)
    values = table.column(label)
    known = pc.if_else(pending, pa.scalar(None, values.type), values)
    return Cut(table.set_column(table.column_names.index(label), label, known), int(pc.sum(pending).as_py() or 0))


def newest(table: "pa.Table", time: str | None, moment: Moment) -> datetime | None:
    """The newest event before ``as_of``."""
    import pyarrow.compute as pc

    if time is None:
        return None
    at = table.column(time)
    latest: datetime | None = pc.max(at.filter(pc.less(at, utc(moment.as_of)))).as_py()
    return latest.astimezone(UTC) if latest is not None else None


def later_than(table: "pa.Table", time: str | None, start: datetime) -> int:
    """How many rows are later than the run's real start."""
    import pyarrow.compute as pc

    return int(pc.sum(pc.greater(table.column(time), utc(start))).as_py() or 0) if time is not None else 0
