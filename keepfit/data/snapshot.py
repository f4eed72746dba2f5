"""Immutable training data, named by their values, written and read a partition at a time.

Rows stand in the order of event time and key (texts by their UTF-8 bytes). A partition is a UTC month, or, of a month
with more than ``PART`` rows, a UTC day; none has more than ``PART`` rows. So consecutive snapshots share the objects of
what did not change. Undated rows stand in the order of their key.

The digest is SHA-256 over the rules below, so it does not depend on Parquet, chunks, dictionaries, the order of
columns, or where the rows came from:

* a header, canonical JSON: columns by name with contract types, key, number of rows, digests of the partitions;
* the digest of a partition is over the columns by name, each as one byte a row (1: there is a value), then the values:
  whole numbers, microseconds since 1970 and truth values as little-endian int64, floats as little-endian float64, texts
  as int64 lengths followed by the bytes. No value stands as 0;
* −0.0 is 0.0, since they are equal; NaN is "no value".
"""

import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from keepfit.config.values import ColumnType
from keepfit.data.convert import arrow_type
from keepfit.data.tables import PART, get_tables, put_table
from keepfit.errors import Exists, IntegrityError, Problem
from keepfit.records import Column, Snapshot, canonical, digest_of, parse

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store


def snapshot_key(use_case: str, digest: str) -> str:
    """Where a snapshot's record lies.

    >>> snapshot_key("flight_delay", "e3b0c442")
    'flight_delay/snapshots/e3b0c442.json'
    """
    return f"{use_case}/snapshots/{digest}.json"


def snapshot(store: "Store", use_case: str, digest: str) -> Snapshot:
    """The record of a snapshot.

    Raises
    ------
    Missing
        There is none.
    IntegrityError
        It is not the record of this snapshot.
    """
    key = snapshot_key(use_case, digest)
    record = parse(store.read(key), Snapshot, key)
    if record.digest != digest:
        raise IntegrityError(Problem("a snapshot's record is that of another", key, digest, record.digest))
    return record


def read_snapshot(store: "Store", use_case: str, digest: str, columns: Sequence[str] | None = None) -> "pa.Table":
    """The rows of a snapshot in the order of event time and key, or some of its columns.

    Raises
    ------
    IntegrityError
        A partition is not what its digest says, or the partitions do not have the rows that the record says.
    """
    import pyarrow as pa

    record = snapshot(store, use_case, digest)
    table = pa.concat_tables(list(get_tables(store, record.partitions, columns)))
    if table.num_rows != record.rows:
        where = snapshot_key(use_case, digest)
        raise IntegrityError(Problem("a snapshot lacks rows", where, str(record.rows), str(table.num_rows)))
    return table


class Writer:
    """Writes a snapshot from tables that come in its order; holds the rows of one partition in memory.

    Parameters
    ----------
    kinds
        The columns and their contract types.
    event_time
        The column of times, or None where rows have none.
    """

    def __init__(
        self,
        store: "Store",
        use_case: str,
        kinds: Mapping[str, ColumnType],
        key: Sequence[str],
        event_time: str | None,
    ) -> None:
        self._store, self._use_case, self._kinds, self._key, self._time = store, use_case, kinds, key, event_time
        self._waiting: pa.Table | None = None
        self._month = 0
        self._by_day = False
        self._partitions: list[str] = []
        self._digests: list[str] = []
        self._rows = 0
        self._first: datetime | None = None
        self._last: datetime | None = None

    def add(self, table: "pa.Table") -> None:
        """Take the next rows."""
        import pyarrow as pa

        for month, part in _runs(self._plain(table), self._time, "month"):
            if month != self._month:
                self._end_of_month()
                self._month = month
            self._waiting = part if self._waiting is None else pa.concat_tables([self._waiting, part])
            if self._by_day or self._waiting.num_rows > PART:
                self._by_day = True
                self._waiting = self._days(self._waiting, whole=False)

    def close(self) -> Snapshot:
        """Write what is left and the record; the same values have one record, the first."""
        self._end_of_month()
        head = {
            "columns": [[name, self._kinds[name]] for name in sorted(self._kinds)],
            "key": list(self._key),
            "rows": self._rows,
            "partitions": self._digests,
        }
        record = Snapshot(
            digest=digest_of(head),
            columns=tuple(Column(name=name, type=kind) for name, kind in self._kinds.items()),
            rows=self._rows,
            first=self._first,
            last=self._last,
            partitions=tuple(self._partitions),
        )
        try:
            self._store.create(snapshot_key(self._use_case, record.digest), canonical(record))
        except Exists:  # the same values, perhaps written by another release of Parquet: the first record stands
            return snapshot(self._store, self._use_case, record.digest)
        return record

    def _plain(self, table: "pa.Table") -> "pa.Table":
        import pyarrow as pa

        schema = pa.schema([(name, arrow_type(kind)) for name, kind in self._kinds.items()])
        return table.select(schema.names).cast(schema)

    def _end_of_month(self) -> None:
        if self._waiting is not None and self._by_day:
            self._days(self._waiting, whole=True)
        elif self._waiting is not None:
            self._write(self._waiting)
        self._waiting, self._by_day = None, False

    def _days(self, table: "pa.Table", *, whole: bool) -> "pa.Table | None":
        """Write the days of a large month; unless it is whole, the last one may go on, so its rest is given back."""
        *ended, last = [day for _, day in _runs(table, self._time, "day")]
        for day in [*ended, *([last] if whole else [])]:
            for start in range(0, day.num_rows, PART):
                self._write(day.slice(start, PART))
        if whole:
            return None
        while last.num_rows > PART:
            self._write(last.slice(0, PART))
            last = last.slice(PART)
        return last

    def _write(self, part: "pa.Table") -> None:
        first, last = _span(part, self._time)
        self._first, self._last = self._first or first, last
        self._rows += part.num_rows
        self._digests.append(values_digest(part, self._kinds))
        self._partitions.append(put_table(self._store, part))


def write_snapshot(
    store: "Store",
    use_case: str,
    table: "pa.Table",
    kinds: Mapping[str, ColumnType],
    key: Sequence[str],
    event_time: str | None,
) -> Snapshot:
    """Keep a table, whose rows are in the order of event time and key."""
    writer = Writer(store, use_case, kinds, key, event_time)
    writer.add(table)
    return writer.close()


def values_digest(table: "pa.Table", kinds: Mapping[str, ColumnType]) -> str:
    """The digest of a partition's values, by the rules on top of this module."""
    digest = hashlib.sha256()
    for name in sorted(kinds):
        for part in _bytes(table.column(name).cast(arrow_type(kinds[name])).combine_chunks()):
            digest.update(part)
    return digest.hexdigest()


def _bytes(column: "pa.Array") -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    yield np.ascontiguousarray(column.is_valid().to_numpy(zero_copy_only=False), dtype=np.uint8)
    if pa.types.is_string(column.type):
        yield _little(pc.binary_length(pc.fill_null(column, "")).cast(pa.int64()).to_numpy())
        yield _text_bytes(pc.fill_null(column, ""))
    elif pa.types.is_floating(column.type):
        # Adding 0.0 makes −0.0 into 0.0 and leaves every other number as it is.
        yield _little(pc.fill_null(column, 0.0).to_numpy() + 0.0)
    else:
        whole = column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column
        yield _little(pc.fill_null(whole.cast(pa.int64()), 0).to_numpy())


def _little(values: NDArray[Any]) -> NDArray[Any]:
    ordered = values if sys.byteorder == "little" else values.byteswap()
    return np.ascontiguousarray(ordered)


def _text_bytes(column: "pa.Array") -> memoryview:
    """The bytes of all texts on end: what lies between the first and the last offset."""
    _, offsets, data = column.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int32)[column.offset : column.offset + len(column) + 1]
    return memoryview(data)[bounds[0] : bounds[-1]] if data is not None and len(column) else memoryview(b"")


def _runs(table: "pa.Table", event_time: str | None, unit: str) -> "Iterator[tuple[int, pa.Table]]":
    """The table cut where the UTC month (or day) of the event changes; undated rows are all of one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if event_time is None or table.num_rows == 0:
        yield from [(0, table)] if table.num_rows else []
        return
    floor = pc.cast(pc.floor_temporal(table.column(event_time), unit=unit), pa.int64()).to_numpy()
    starts = [0, *(np.flatnonzero(np.diff(floor)) + 1).tolist(), table.num_rows]
    for start, end in pairwise(starts):
        yield int(floor[start]), table.slice(start, end - start)


def _span(table: "pa.Table", event_time: str | None) -> tuple[datetime | None, datetime | None]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if event_time is None or table.num_rows == 0:
        return None, None
    at = pc.min_max(table.column(event_time).cast(pa.timestamp("us", tz="UTC")))
    return _utc(at["min"].as_py()), _utc(at["max"].as_py())


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
