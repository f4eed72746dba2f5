"""Bytes of a file → typed columns, and the rows that do not fit them.

A file that has not the shape of a table is refused whole (DataError: file, row, expected, found). A cell that does not
fit its declared type refuses its row alone: such rows keep their raw values and reasons and never reach a query.
"""

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from keepfit.config.values import ColumnType
from keepfit.data.convert import convert
from keepfit.data.readers.csv import read_csv
from keepfit.data.readers.jsonl import read_jsonl
from keepfit.data.readers.parquet import read_parquet
from keepfit.data.readers.unpack import unpack
from keepfit.data.refused import HIDDEN, Reasons, split
from keepfit.errors import DataError, Problem

if TYPE_CHECKING:
    import pyarrow as pa


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """All that the parsed form of a file depends on, besides its bytes and its format."""

    types: dict[str, ColumnType]
    nulls: tuple[str, ...]
    zone: str
    event_time: str | None


class Parsed(NamedTuple):
    """Rows that fit, with ``_row`` (1 is the first below the header), and rows that do not."""

    table: "pa.Table"
    refused: "pa.Table"


def read(data: bytes, name: str, options: Options) -> Parsed:
    """Read one file.

    Raises
    ------
    DataError
        The file cannot be read as a table.
    """
    import pyarrow as pa

    content = unpack(data, name)
    readers = {
        "csv": lambda: read_csv(content.data, name, options.nulls),
        "jsonl": lambda: read_jsonl(content.data, name),
        "parquet": lambda: read_parquet(content.data, name),
    }
    raw = readers[content.form]()
    reserved = [column for column in raw.column_names if column in HIDDEN]
    if reserved:
        raise DataError(Problem("a column has a name that Keepfit needs itself", name, found=", ".join(reserved)))
    raw = raw.append_column("_row", pa.array(range(1, raw.num_rows + 1), pa.int64()))
    return typed(raw, options)


def typed(raw: "pa.Table", options: Options) -> Parsed:
    """Convert the declared columns; rows with a cell that does not fit are split off."""
    import pyarrow as pa

    table, reasons = raw, Reasons(raw.num_rows)
    for index, column in enumerate(raw.column_names):
        kind = options.types.get(column)
        if kind is not None:
            cells = convert(raw.column(column), kind, options.zone)
            reasons.add(column, cells.reasons)
            table = table.set_column(index, column, pa.chunked_array(cells.values))
    return Parsed(*split(table, raw, reasons, options.event_time))
