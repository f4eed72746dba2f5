"""Cells of any origin as one of the six types of the contract; a cell that does not fit is told, never bent.

Nothing is guessed: 1.9 is not integral, 1e20 overflows 64 bits, "nan" is not a number, "NA" is a text like any other.
The result is string, int64, float64, bool or timestamp[us, UTC]. Texts stay exactly as they are: leading zeros, blanks.
"""

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from keepfit.config.values import ColumnType
from keepfit.data.numbers import numbers
from keepfit.data.times import at_zone, quoted, times

if TYPE_CHECKING:
    import pyarrow as pa

_HEAD = 2048  # cells that tell whether a column repeats itself
_FLAGS = {"true": True, "false": False, "1": True, "0": False}


class Spelling(NamedTuple):
    """How a source writes times and numbers.

    ``zone`` is where times without an offset are read, ``formats`` (of ``keepfit.config.time_format``) are all tried.
    """

    zone: str
    formats: tuple[str, ...] = ("iso",)
    years_from: int | None = None
    decimal: str = "."
    thousands: str = ""


class Cells(NamedTuple):
    """A converted column (n values) and, where some did not fit, n reasons (null where the value did)."""

    values: "pa.ChunkedArray | pa.Array"
    reasons: "pa.Array | None"


def arrow_type(kind: ColumnType) -> "pa.DataType":
    """The one Arrow type that a contract type is kept in."""
    import pyarrow as pa

    return {
        "category": pa.string(),
        "text": pa.string(),
        "int": pa.int64(),
        "float": pa.float64(),
        "bool": pa.bool_(),
        "time": pa.timestamp("us", tz="UTC"),
    }[kind]


def convert(column: "pa.ChunkedArray", kind: ColumnType, spelling: Spelling) -> Cells:
    """The column as ``kind``; cells that do not fit become null and say why.

    What is typed already (by Parquet, or by a query) is not spelled, so only the zone of naive times matters then.
    """
    import pyarrow as pa

    column = plain(column)
    epoch = kind == "time" and pa.types.is_integer(column.type)
    if epoch and any(name.startswith("epoch") for name in spelling.formats):
        column = column.cast(pa.string())
    if pa.types.is_string(column.type):
        return Cells(column, None) if kind in {"category", "text"} else _distinct(column, kind, spelling)
    if pa.types.is_nested(column.type):
        return _nested(column, kind)
    fast = _cast(column, kind, spelling.zone)
    return fast if fast is not None else _distinct(column, kind, spelling)


def plain(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """Dictionaries and the wide and view forms of text as plain text."""
    import pyarrow as pa

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        kind = pa.string()
    return column if kind == column.type else column.cast(kind)


def _cast(column: "pa.ChunkedArray", kind: ColumnType, zone: str) -> Cells | None:
    """The whole column at once where Arrow's own rules are ours; None where each value must be looked at."""
    import pyarrow as pa

    types, source = pa.types, column.type
    if types.is_null(source) or (kind in {"category", "text"} and types.is_integer(source)):
        return Cells(column.cast(arrow_type(kind)), None)
    if source == pa.bool_() and kind == "bool":
        return Cells(column, None)
    if kind == "float" and (types.is_floating(source) or (types.is_integer(source) and source.bit_width <= 32)):
        return finite(column.cast(pa.float64()))
    if kind == "int" and types.is_integer(source) and source != pa.uint64():
        return Cells(column.cast(pa.int64()), None)
    if kind == "int" and types.is_floating(source):
        return integral(column.cast(pa.float64()))
    return _times(column, zone) if kind == "time" and types.is_temporal(source) else None


def _nested(column: "pa.ChunkedArray", kind: ColumnType) -> Cells:
    """Lists and structs are no single value, whatever is in them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    reason = pa.scalar(f"a {column.type}, expected {kind}")
    reasons = pc.if_else(pc.is_valid(column), reason, pa.scalar(None, pa.string()))
    return Cells(pa.nulls(len(column), arrow_type(kind)), reasons.combine_chunks())


def _times(column: "pa.ChunkedArray", zone: str) -> Cells | None:
    """Timestamps and dates (their midnight); None where a time does not exist or is outside years 1 to 9999."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        return None
    try:
        if pa.types.is_timestamp(column.type) and column.type.tz is not None:
            at = column.cast(arrow_type("time"), safe=False)
        else:
            at = at_zone(column.cast(pa.timestamp("us"), safe=False), zone)
        pc.min_max(at).as_py()  # Python's own times know these years
    except (pa.ArrowInvalid, OverflowError, ValueError):
        return None
    return Cells(at, None)


def finite(column: "pa.ChunkedArray") -> Cells:
    """NaN is how numpy and pandas write "no value", so it becomes null; an infinity is refused."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = pc.if_else(pc.is_nan(column), pa.scalar(None, pa.float64()), pc.add(column, 0.0))  # no minus zero
    endless = pc.fill_null(pc.is_inf(values), fill_value=False)
    if not pc.any(endless).as_py():
        return Cells(values, None)
    none = pa.scalar(None, pa.string())
    reasons = pc.if_else(endless, pa.scalar("infinite, expected a number"), none)
    return Cells(pc.if_else(endless, pa.scalar(None, pa.float64()), values), reasons.combine_chunks())


def integral(column: "pa.ChunkedArray") -> Cells:
    """Floats that are whole and exact (at most 2^53) as whole numbers; NaN is no value."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    nan = pc.is_nan(column)
    whole = pc.and_(pc.equal(column, pc.trunc(column)), pc.less_equal(pc.abs(column), 2.0**53))
    values = pc.if_else(whole, column, pa.scalar(None, pa.float64())).cast(pa.int64())
    bad = pc.fill_null(pc.invert(pc.or_(whole, nan)), fill_value=False).to_numpy()
    if not bad.any():
        return Cells(values, None)
    reasons: list[str | None] = [None] * len(column)
    for index in np.flatnonzero(bad):
        reasons[index] = _not_whole(column[int(index)].as_py())
    return Cells(values, pa.array(reasons, pa.string()))


def _not_whole(value: float) -> str:
    if math.isfinite(value) and abs(value) <= 2**53:
        return f"{quoted(value)} is not integral, expected a whole number"
    return f"{quoted(value)} overflows a whole number that a float holds exactly"


def _distinct(column: "pa.ChunkedArray", kind: ColumnType, spelling: Spelling) -> Cells:
    """Convert each distinct value once (real columns repeat themselves), then spread the results."""
    import pyarrow as pa
    import pyarrow.compute as pc

    words, at = _words(column, cheap=spelling == Spelling(spelling.zone) and kind != "bool")
    read = _spelled if pa.types.is_string(words.type) else _one_by_one
    values, reasons = read(words, kind, spelling)
    spread = values if at is None else values.take(at)
    if reasons is None or not any(reasons):
        return Cells(spread, None)
    why = pa.array(reasons, pa.string())
    why = why if at is None else why.take(at)
    return Cells(spread, why if pc.count(why).as_py() else None)


def _words(column: "pa.ChunkedArray", *, cheap: bool) -> "tuple[pa.Array, pa.Array | None]":
    """What is to be converted, without nulls, and for every cell its place there (None: one for each, in order).

    To find the distinct values of a column that hardly repeats itself costs more than a cheap conversion of all.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = column.combine_chunks()
    whole = pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole
    head = whole.slice(0, _HEAD)
    if not cheap or 2 * pc.count_distinct(head).as_py() < len(head):
        encoded = whole.dictionary_encode()
        return encoded.dictionary, encoded.indices
    if not whole.null_count:
        return whole, None
    there = pc.is_valid(whole)
    place = pc.subtract(pc.cumulative_sum(there.cast(pa.int64())), 1)
    return whole.drop_null(), pc.if_else(there, place, pa.scalar(None, pa.int64()))


def _spelled(words: "pa.Array", kind: ColumnType, spelling: Spelling) -> "tuple[pa.Array, list[str | None] | None]":
    """What n texts say as a number, a truth value or a time."""
    if kind == "time":
        return times(words, spelling.formats, spelling.zone, spelling.years_from)
    return _flags(words) if kind == "bool" else numbers(words, kind, spelling.decimal, spelling.thousands)


def _flags(words: "pa.Array") -> "tuple[pa.Array, list[str | None]]":
    import pyarrow as pa

    found = [(text, _FLAGS.get(text.lower()) if text.isascii() else None) for text in words.to_pylist()]
    reasons = [f"{quoted(text)} is neither true nor false" if value is None else None for text, value in found]
    return pa.array([value for _, value in found], pa.bool_()), reasons


def _one_by_one(words: "pa.Array", kind: ColumnType, spelling: Spelling) -> "tuple[pa.Array, list[str | None]]":
    """Typed values (of Parquet or of a query) as another type, where that loses nothing."""
    import pyarrow as pa

    results = [_attempt(word, kind, Spelling(spelling.zone)) for word in words]
    return pa.array([value for value, _ in results], arrow_type(kind)), [reason for _, reason in results]


def _attempt(word: "pa.Scalar", kind: ColumnType, spelling: Spelling) -> tuple[Any, str | None]:
    import pyarrow as pa

    try:
        value = word.as_py()
    except (OverflowError, ValueError):
        return None, f"{quoted(word.value)} is outside the years 1 to 9999"
    if kind in {"category", "text"} and isinstance(value, bool):
        return str(value).lower(), None
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    if not _may_be(value, kind):
        return None, f"{quoted(text)} is a {type(value).__name__}, expected {kind}"
    values, reasons = _spelled(pa.array([text], pa.string()), kind, spelling)
    return values[0].as_py(), reasons[0] if reasons else None


def _may_be(value: Any, kind: ColumnType) -> bool:
    from decimal import Decimal

    numeric = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return hasattr(value, "isoformat") if kind == "time" else numeric and kind in {"int", "float", "bool"}
