"""Columns that nobody declares, typed for their statistics alone: a renamed number can only be known by its numbers."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from keepfit.config.values import ColumnType
from keepfit.data.convert import Cells, Spelling, convert
from keepfit.data.mapping import Options, Parsed, by_element, by_period, readings
from keepfit.data.mapping.cells import cells

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
_MISFITS = 0.1  # share of cells that need not fit: broken rows come with what is new, too


def as_read(raw: "pa.Table", parsed: Parsed, options: Options) -> "pa.Table":
    """What the statistics of a part are made of: its rows, refused ones too, without the cells that do not fit.

    A feed in which another column changed with the one that was renamed would otherwise have no row to tell it by.

    Parameters
    ----------
    raw, parsed
        The part as the readers give it, and as `keepfit.data.mapping.mapped` does.
    """
    return readable(parsed.table if not parsed.refused.num_rows else _leniently(raw, options), options.types)


def _leniently(raw: "pa.Table", options: Options) -> "pa.Table":
    import pyarrow as pa

    tables = []
    for period, rows in by_period(by_element(raw, options).table, options):
        how = {each.name: (target, each) for target, each in readings(options, period).items()}
        columns = {name: rows.column(name) for name in rows.column_names if name not in options.types}
        for name in rows.column_names:
            if name in how:
                target, reading = how[name]
                columns.pop(name, None)
                columns[target] = cells(rows.column(name), reading).values
        tables.append(pa.table(columns))
    return pa.concat_tables(tables, promote_options="permissive") if tables else raw.slice(0, 0)


def readable(table: "pa.Table", declared: Collection[str]) -> "pa.Table":
    """The table with undeclared texts as numbers or times where nearly all of them are; no row is made of this.

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
    """The column as the first of the guesses that fits; the few cells that do not are null."""
    import pyarrow as pa

    there = column.drop_null()
    for kind, spelling in _GUESSES:
        if _fits(convert(there.slice(0, _HEAD), kind, spelling), min(len(there), _HEAD)):
            found = convert(column, kind, spelling)
            if _fits(found, len(there)):
                return found.values if isinstance(found.values, pa.ChunkedArray) else pa.chunked_array([found.values])
    return None


def _fits(found: Cells, there: int) -> bool:
    refused = 0 if found.reasons is None else len(found.reasons) - found.reasons.null_count
    return there > 0 and refused <= _MISFITS * there
