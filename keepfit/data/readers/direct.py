"""Columns of text as the type that the contract asks for, where the plain way means exactly what the careful way does.

The careful way is `keepfit.data.convert`: value by value, with a reason for each that does not fit. Arrow converts a
column at once, but also takes what the careful way does not ("0x1F", "+1", "nan", "1e00005", the year 0): here, only
columns in which nothing of the kind can be.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from keepfit.config.values import ColumnType
from keepfit.data.convert import arrow_type

if TYPE_CHECKING:
    import pyarrow as pa

_CHARACTERS = {"int": b"0123456789-", "float": b"0123456789-."}
_MOMENT = len("2013-01-01T05:00:00Z")  # of shorter texts, Arrow takes more than ISO 8601 to the minute


def directly(table: "pa.Table", direct: Mapping[str, ColumnType]) -> "pa.Table":
    """The table (all text) with those columns typed that fit plainly, every cell of them; the others as they are."""
    import pyarrow as pa

    columns = [
        _typed(column, direct.get(name, "text")) for name, column in zip(table.column_names, table.columns, strict=True)
    ]
    return pa.table(columns, names=table.column_names)


def _typed(column: "pa.ChunkedArray", kind: ColumnType) -> "pa.ChunkedArray":
    """The column as ``kind``, or as it is."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind in {"category", "text"} or not _plain(column, kind):
        return column
    try:
        values = column.cast(arrow_type(kind))
    except pa.ArrowInvalid:
        return column
    if kind == "time":
        return values if _of_a_calendar(values) else column
    if kind == "float":
        finite = pc.all(pc.is_finite(values), min_count=0).as_py()
        return pc.add(values, 0.0) if finite else column  # + 0.0: there is no minus zero
    return values


def _plain(column: "pa.ChunkedArray", kind: ColumnType) -> bool:
    """Whether no text is of another form than numbers and times usually are."""
    import pyarrow.compute as pc

    if kind == "time":
        shortest = pc.min(pc.binary_length(column)).as_py()
        return shortest is None or shortest >= _MOMENT
    if kind == "bool":
        return True
    buffers = [chunk.buffers()[2] for chunk in column.chunks]  # in which the texts lie one after the other
    return not any(buffer is not None and bytes(buffer).translate(None, _CHARACTERS[kind]) for buffer in buffers)


def _of_a_calendar(values: "pa.ChunkedArray") -> bool:
    import pyarrow.compute as pc

    try:
        pc.min_max(values).as_py()
    except (OverflowError, ValueError):  # the year 0
        return False
    return True
