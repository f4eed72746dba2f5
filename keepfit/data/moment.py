"""What was there at a moment: rows by their event time, labels by when they became known."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from keepfit.config.model import UseCase
from keepfit.records import Moment

if TYPE_CHECKING:
    import pyarrow as pa


class Cut(NamedTuple):
    """The rows that count, how many do not, and which of all do not (a mask; None: all count)."""

    table: "pa.Table"
    away: int
    which: "pa.ChunkedArray | None" = None


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


class Span(NamedTuple):
    """The rows of a source that may matter at a moment: before ``until``, and not before ``since`` (None: no limit).

    Rows later than ``started`` stay: nothing can be that late, so validate puts them into quarantine.
    """

    time: str | None
    since: datetime | None
    until: datetime
    started: datetime

    def cut(self, table: "pa.Table") -> "pa.Table":
        """The rows that may matter; those without a time may."""
        import pyarrow.compute as pc

        hidden, early = self._masks(table)
        return without(table, pc.or_kleene(hidden, early)).table

    def left_out(self, table: "pa.Table") -> "tuple[pa.ChunkedArray, pa.ChunkedArray]":
        """Which rows (``_row``) are not there yet, and which are too early."""
        hidden, early = (table.column("_row").filter(mask) for mask in self._masks(table))
        return hidden, early

    def left_out_of(self, first: datetime, last: datetime, rows: int) -> tuple[int, int] | None:
        """The same for rows of which only the ends are known; None if they must be looked at."""
        if first >= self.until and last <= self.started:
            return rows, 0
        if self.since is not None and last < self.since:
            return 0, rows
        inside = self.since is None or first >= self.since
        return (0, 0) if inside and (last < self.until or first > self.started) else None

    def _masks(self, table: "pa.Table") -> "tuple[pa.ChunkedArray, pa.ChunkedArray]":
        import pyarrow.compute as pc

        at = table.column(self.time)
        hidden = pc.and_(pc.greater_equal(at, utc(self.until)), pc.less_equal(at, utc(self.started)))
        return hidden, pc.less(at, utc(self.since or datetime.min.replace(tzinfo=UTC)))


def span_of(use_case: UseCase, moment: Moment) -> Span:
    """What may matter of the sources: the history, and before it what a query may look back to."""
    data = use_case.data
    reach = timedelta(0) if data.query is None else data.lookback
    since = moment.as_of - data.history - reach if data.history is not None and reach is not None else None
    return Span(data.event_time, since, moment.as_of, moment.started)


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
    return Cut(table.filter(pc.invert(pc.fill_null(rows, fill_value=False))), away, rows) if away else Cut(table, 0)


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
