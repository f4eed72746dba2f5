"""Which types of Parquet are taken, and as what.

Truth values, whole numbers, floats and nulls stay what they are; half floats become floats; every form of text is text,
dictionaries are what is in them. Dates stay dates; times of day become text; moments are kept in microseconds (finer
ones are cut), those with a zone in UTC. Decimals keep every digit (with more than 38 they become text). A list of
numbers becomes its JSON, as in JSON Lines. All else (other lists, structs, maps, binary, durations) is not taken.
"""

from datetime import date
from typing import TYPE_CHECKING

from keepfit.data.readers.form import Raw
from keepfit.data.refused import Reasons, split
from keepfit.errors import DataError, Problem

if TYPE_CHECKING:
    import pyarrow as pa


def see_types(schema: "pa.Schema", name: str) -> None:
    """See that every column is of a type that is taken.

    Raises
    ------
    DataError
        Names the columns that are not, and their types.
    """
    wrong = [f"{field.name} ({_shown(field.type)})" for field in schema if taken_as(field.type) is None]
    if wrong:
        do = "have these columns left out, or written as text or numbers"
        expected = "text, numbers, truth values, dates and times"
        raise DataError(Problem("columns of a type that is not taken", name, expected, ", ".join(wrong[:20]), do=do))


def _shown(kind: "pa.DataType") -> str:
    import pyarrow as pa

    return str(kind.value_type if pa.types.is_dictionary(kind) else kind)[:80]


def taken_as(kind: "pa.DataType") -> "pa.DataType | None":
    """The type in which a column of ``kind`` is handed on; None where it is not taken."""
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(kind):
        return taken_as(kind.value_type)
    if is_list(kind):
        return pa.string() if _is_number(kind.value_type) else None
    if types.is_timestamp(kind):
        return pa.timestamp("us", tz="UTC" if kind.tz is not None else None)
    if types.is_decimal(kind):
        return pa.string() if kind.bit_width == 256 else pa.decimal128(kind.precision, kind.scale)
    plain = types.is_null(kind) or types.is_boolean(kind) or types.is_integer(kind)
    text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind) or types.is_time(kind)
    known = (
        (kind, plain or types.is_float32(kind) or types.is_float64(kind)),
        (pa.float64(), types.is_float16(kind)),
        (pa.string(), text),
        (pa.date32(), types.is_date(kind)),
    )
    return next((target for target, fits in known if fits), None)


def is_list(kind: "pa.DataType") -> bool:
    """Whether every cell is a list, of a fixed length or not."""
    import pyarrow as pa

    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _is_number(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def taken(table: "pa.Table") -> Raw:
    """The rows (with ``_row``) in the types that are handed on; a row with a time that no calendar has is refused."""
    import pyarrow as pa

    plain = pa.table([_looked_up(column) for column in table.columns], names=table.column_names)
    reasons = Reasons(plain.num_rows)
    for column in plain.column_names:
        reasons.add(column, _outside(plain.column(column)))
    good, refused = split(plain, plain, reasons, None)
    # Moments finer than microseconds are cut, which a safe cast would not do; all others are in range here.
    return Raw(pa.table([_cast(column) for column in good.columns], names=good.column_names), refused)


def _looked_up(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """Dictionaries as what is in them."""
    import pyarrow as pa

    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _cast(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    import pyarrow as pa

    target = taken_as(column.type)
    if is_list(column.type):
        return _as_json(column)
    return column if target == column.type else column.cast(target, safe=not pa.types.is_timestamp(column.type))


def _as_json(lists: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """Every list as JSON; what JSON cannot say (NaN, infinity) as its text."""
    import msgspec
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = pc.list_flatten(lists)
    if pa.types.is_floating(numbers.type) and not pc.all(pc.is_finite(numbers), min_count=0).as_py():
        lists = lists.cast(pa.list_(pa.string()))
    encoder = msgspec.json.Encoder()
    texts = [None if each is None else encoder.encode(each).decode() for each in lists.to_pylist()]
    return pa.chunked_array([pa.array(texts, pa.string())])


def _outside(column: "pa.ChunkedArray") -> "pa.Array | None":
    """Reasons for the times outside of the years that Python's (and every other) calendar has."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ticks = _ticks(column.type)
    if ticks is None:
        return None
    count = column.cast(pa.int32() if pa.types.is_date32(column.type) else pa.int64()).cast(pa.int64())
    low, high = _SECONDS[0] * ticks[0] // ticks[1], (_SECONDS[1] * ticks[0] - 1) // ticks[1]
    outside = pc.fill_null(pc.or_(pc.less(count, low), pc.greater(count, high)), fill_value=False)
    reason = pa.scalar("a time outside of the years 1 to 9999")
    return pc.if_else(outside, reason, pa.scalar(None, pa.string())).combine_chunks()


def _ticks(kind: "pa.DataType") -> tuple[int, int] | None:
    """How many units of a type of times are how many seconds; None where all it can say is in range."""
    import pyarrow as pa

    if pa.types.is_date32(kind):
        return 1, 86_400
    if pa.types.is_date64(kind):
        return 1_000, 1
    return {"s": (1, 1), "ms": (1_000, 1), "us": (1_000_000, 1)}.get(kind.unit) if pa.types.is_timestamp(kind) else None


# The first second of the year 1, and the first after the year 9999, from 1970.
_EPOCH = date(1970, 1, 1).toordinal()
_SECONDS = ((1 - _EPOCH) * 86_400, (date.max.toordinal() + 1 - _EPOCH) * 86_400)
