"""One column of a file as one column of the contract: the steps of a mapping, in their order."""

from typing import TYPE_CHECKING, Any

from keepfit.config.mapping import Scalar
from keepfit.config.units import conversion
from keepfit.config.values import ColumnType
from keepfit.data.convert import Cells, Spelling, arrow_type, convert, finite, integral, plain
from keepfit.data.mapping.options import Reading
from keepfit.data.times import quoted

if TYPE_CHECKING:
    import pyarrow as pa


def cells(column: "pa.ChunkedArray", reading: Reading) -> Cells:
    """The column as the contract has it; cells that do not fit are null and say why."""
    column = plain(column)
    if reading.kind is None and not (reading.touches_text or reading.default is not None):
        return Cells(column, None)
    kind = reading.kind or "text"
    column = _without_nulls(_trimmed(column, reading), reading)
    found = _measured(column, kind, reading) if not reading.codes else _coded(column, kind, reading)
    return found if reading.default is None else _filled(found, value(reading.default, kind, reading.zone))


def value(written: Scalar, kind: ColumnType, zone: str) -> "pa.Scalar":
    """A value that stands in the YAML, as a cell of its type."""
    import pyarrow as pa

    if kind != "time":
        return pa.scalar(written, arrow_type(kind))
    return convert(pa.chunked_array([pa.array([written], pa.string())]), kind, Spelling(zone)).values[0]


def _trimmed(column: "pa.ChunkedArray", reading: Reading) -> "pa.ChunkedArray":
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.utf8_trim_whitespace(column) if reading.trim and pa.types.is_string(column.type) else column


def _without_nulls(column: "pa.ChunkedArray", reading: Reading) -> "pa.ChunkedArray":
    import pyarrow as pa
    import pyarrow.compute as pc

    if not reading.nulls:
        return column
    at = _index(column, reading.nulls)
    return pc.if_else(pc.is_valid(at), pa.scalar(None, column.type), column)


def _index(column: "pa.ChunkedArray", words: "Any") -> "pa.ChunkedArray":
    """For every cell its place among some words, or null; a cell that is no text is compared as what it is."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pa.chunked_array([pa.array(list(words), pa.string())])
    kind = _kind(column.type)
    if kind is None:
        return pa.chunked_array([pa.nulls(len(column), pa.int32())])
    known = texts if kind == "text" else convert(texts, kind, Spelling("UTC")).values
    return pc.index_in(column.cast(arrow_type(kind)), pa.chunked_array([known]) if known is not texts else texts,
                       skip_nulls=True)  # fmt: skip


def _kind(type_: "pa.DataType") -> ColumnType | None:
    import pyarrow as pa

    kinds: dict[ColumnType, Any] = {
        "text": pa.types.is_string,
        "int": pa.types.is_integer,
        "float": pa.types.is_floating,
        "bool": pa.types.is_boolean,
    }
    return next((kind for kind, fits in kinds.items() if fits(type_)), None)


def _coded(column: "pa.ChunkedArray", kind: ColumnType, reading: Reading) -> Cells:
    """What is in the code table by the table, anything else as ``unknown`` says."""
    import pyarrow as pa
    import pyarrow.compute as pc

    at = _index(column, reading.codes)
    meant = [value(each, kind, reading.zone) for each in reading.codes.values()]
    translated = pa.array([each.as_py() for each in meant], arrow_type(kind)).take(_one(at))
    rest = pc.and_(pc.is_null(at), pc.is_valid(column))
    if reading.unknown == "keep":
        others = _measured(pc.if_else(rest, column, pa.scalar(None, column.type)), kind, reading)
        return Cells(pc.coalesce(translated, _one(others.values)), others.reasons)
    if reading.unknown != "refuse":
        return Cells(pc.if_else(_one(rest), value(reading.unknown, kind, reading.zone), translated), None)
    if not pc.any(rest).as_py():
        return Cells(translated, None)
    return Cells(translated, _reasons(column, _one(rest), "is not in the code table"))


def _reasons(column: "pa.ChunkedArray", where: "pa.Array", why: str) -> "pa.Array":
    import numpy as np
    import pyarrow as pa

    reasons: list[str | None] = [None] * len(column)
    for index in np.flatnonzero(where.to_numpy(zero_copy_only=False)):
        reasons[index] = f"{quoted(column[int(index)].as_py())} {why}"
    return pa.array(reasons, pa.string())


def _measured(column: "pa.ChunkedArray", kind: ColumnType, reading: Reading) -> Cells:
    """The column as its type, in the unit of the contract."""
    import pyarrow as pa
    import pyarrow.compute as pc

    spelling = Spelling(reading.zone, reading.formats, reading.years_from, reading.decimal, reading.thousands)
    change = conversion(reading.unit, reading.to) if reading.unit and reading.to else None
    if change is None:
        return convert(column, kind, spelling)
    read = convert(column, "float", spelling)
    converted = pc.divide(pc.add(pc.multiply(read.values, float(change.by)), float(change.add)), float(change.over))
    found = (finite if kind == "float" else integral)(pa.chunked_array([_one(converted)]))
    both = [each for each in (read.reasons, found.reasons) if each is not None]
    return Cells(found.values, pc.coalesce(*both) if both else None)


def _filled(found: Cells, default: "pa.Scalar") -> Cells:
    """The default where there was no value; what was refused stays refused."""
    import pyarrow.compute as pc

    return Cells(pc.fill_null(_one(found.values), default), found.reasons)


def _one(column: "pa.ChunkedArray | pa.Array") -> "pa.Array":
    import pyarrow as pa

    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
