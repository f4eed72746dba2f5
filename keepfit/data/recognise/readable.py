"""Columns that nobody declares, typed for their statistics alone: a renamed number can only be known by its numbers."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from keepfit.config.values import ColumnType
from keepfit.data.convert import Spelling, convert

if TYPE_CHECKING:
    import pyarrow as pa

# Day before month or after it is decided by the marks that go with it, or not at all.
_TIMES = ("iso", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d")
_GUESSES: tuple[tuple[ColumnType, Spelling], ...] = (
    ("float", Spelling("UTC")),
    ("float", Spelling("UTC", decimal=",", thousands=".")),
    ("time", Spelling("UTC", formats=_TIMES)),
)
_HEAD = 256


def readable(table: "pa.Table", declared: Collection[str]) -> "pa.Table":
    """The table with undeclared texts as numbers or times where every one of them is one; no row is made of this.

    >>> import pyarrow as pa
    >>> readable(pa.table({"a": ["1,5", "2"], "b": ["x", "1"], "c": ["1", "2"]}), ["c"]).schema.types
    [DataType(double), DataType(string), DataType(string)]
    """
    import pyarrow as pa

    for index, name in enumerate(table.column_names):
        if name not in declared and pa.types.is_string(table.schema.field(name).type):
            column = _read(table.column(index))
            table = table if column is None else table.set_column(index, name, column)
    return table


def _read(column: "pa.ChunkedArray") -> "pa.ChunkedArray | None":
    import pyarrow as pa

    if column.null_count == len(column):
        return None
    for kind, spelling in _GUESSES:
        if convert(column.drop_null().slice(0, _HEAD), kind, spelling).reasons is None:
            found = convert(column, kind, spelling)
            if found.reasons is None:
                return (
                    pa.chunked_array(found.values)
                    if isinstance(found.values, pa.ChunkedArray)
                    else pa.chunked_array([found.values])
                )
    return None
