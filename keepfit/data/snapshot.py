"""Immutable training data, named by their values.

The digest is SHA-256 over the rules below, so it does not depend on Parquet, chunks, dictionaries, the order of rows or
of columns, or where the rows came from:

* a header, canonical JSON: the columns by name with their contract types, the key, the number of rows;
* the columns by name, the rows sorted by key (texts by their UTF-8 bytes, nulls last), each column as one byte a row
  (1: there is a value), then the values: whole numbers, microseconds since 1970 and truth values as little-endian
  int64, floats as little-endian float64, texts as int64 lengths followed by the bytes. No value stands as 0;
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
from keepfit.data.order import order
from keepfit.data.tables import get_table, put_table
from keepfit.errors import Exists, IntegrityError, Problem
from keepfit.records import Column, Snapshot, canonical, parse

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
    table = pa.concat_tables([get_table(store, partition, columns) for partition in record.partitions])
    if table.num_rows != record.rows:
        where = snapshot_key(use_case, digest)
        raise IntegrityError(Problem("a snapshot lacks rows", where, str(record.rows), str(table.num_rows)))
    return table


def write_snapshot(
    store: "Store",
    use_case: str,
    table: "pa.Table",
    kinds: Mapping[str, ColumnType],
    key: Sequence[str],
    event_time: str | None,
) -> Snapshot:
    """Keep a table, whose rows are in the order of event time and key, a partition for every month that it spans.

    Parameters
    ----------
    kinds
        The columns and their contract types.
    """
    digest = values_digest(table, kinds, key)
    first, last = _span(table, event_time)
    record = Snapshot(
        digest=digest,
        columns=tuple(Column(name=name, type=kind) for name, kind in kinds.items()),
        rows=table.num_rows,
        first=first,
        last=last,
        partitions=tuple(put_table(store, part) for part in _months(table, event_time)),
    )
    try:
        store.create(snapshot_key(use_case, digest), canonical(record))
    except Exists:  # the same values, perhaps written by another release of Parquet: the first record stands
        return snapshot(store, use_case, digest)
    return record


def values_digest(table: "pa.Table", kinds: Mapping[str, ColumnType], key: Sequence[str]) -> str:
    """The digest of the values, by the rules on top of this module."""
    names = sorted(kinds)
    head = {"columns": [[name, kinds[name]] for name in names], "key": list(key), "rows": table.num_rows}
    digest = hashlib.sha256(canonical(head))
    at = order(table, key)
    for name in names:
        column = table.column(name).cast(arrow_type(kinds[name])).combine_chunks().take(at)
        for part in _bytes(column):
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


def _months(table: "pa.Table", event_time: str | None) -> "Iterator[pa.Table]":
    """The table by UTC months, so that consecutive snapshots share the objects of months that did not change."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if event_time is None or table.num_rows == 0:
        yield table
        return
    month = pc.cast(pc.floor_temporal(table.column(event_time), unit="month"), pa.int64()).to_numpy()
    starts = [0, *(np.flatnonzero(np.diff(month)) + 1).tolist(), table.num_rows]
    for start, end in pairwise(starts):
        yield table.slice(start, end - start)


def _span(table: "pa.Table", event_time: str | None) -> tuple[datetime | None, datetime | None]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if event_time is None or table.num_rows == 0:
        return None, None
    at = pc.min_max(table.column(event_time).cast(pa.timestamp("us", tz="UTC")))
    return _utc(at["min"].as_py()), _utc(at["max"].as_py())


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
