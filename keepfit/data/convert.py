"""Cells of any origin as one of the six types of the contract; a cell that does not fit is told, never bent.

Nothing is guessed: 1.9 is no whole number, 1e20 does not fit 64 bits, "nan" is not a number. A time carries its offset
or is read in the zone of the use case; of two equal wall-clock times in autumn it is the earlier one, and one that
spring skips does not exist. The result is string, int64, float64, bool or timestamp[us, UTC].
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from keepfit.config.values import ColumnType

if TYPE_CHECKING:
    import pyarrow as pa


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


def convert(column: "pa.ChunkedArray", kind: ColumnType, zone: str) -> Cells:
    """The column as ``kind``; cells that do not fit become null and say why.

    Parameters
    ----------
    zone
        Where times without an offset are read.
    """
    import pyarrow as pa

    column = _plain(column)
    if column.type == arrow_type(kind) and kind != "float":
        return Cells(column, None)
    if pa.types.is_string(column.type):
        return _distinct(column, kind, lambda text: _of_text(text, kind, zone))
    fast = _cast(column, kind, zone)
    return fast if fast is not None else _distinct(column, kind, lambda value: _of_value(value, kind, zone))


def _plain(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
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
    if kind == "float" and (types.is_floating(source) or (types.is_integer(source) and source.bit_width <= 32)):
        return _finite(column.cast(pa.float64()))
    if kind == "int" and types.is_integer(source) and source != pa.uint64():
        return Cells(column.cast(pa.int64()), None)
    return _times(column, zone) if kind == "time" and types.is_timestamp(source) else None


def _times(column: "pa.ChunkedArray", zone: str) -> Cells | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.type.tz is not None:
        return Cells(column.cast(arrow_type("time"), safe=False), None)
    try:
        local = pc.assume_timezone(column.cast(pa.timestamp("us"), safe=False), zone, ambiguous="earliest")
    except pa.ArrowInvalid:
        return None
    return Cells(local.cast(arrow_type("time")), None)


def _finite(column: "pa.ChunkedArray") -> Cells:
    """NaN is how numpy and pandas write "no value", so it becomes null; an infinity is refused."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = pc.if_else(pc.is_nan(column), pa.scalar(None, pa.float64()), column)
    endless = pc.fill_null(pc.is_inf(values), fill_value=False)
    if not pc.any(endless).as_py():
        return Cells(values, None)
    none = pa.scalar(None, pa.string())
    reasons = pc.if_else(endless, pa.scalar("infinite, expected a number"), none)
    return Cells(pc.if_else(endless, pa.scalar(None, pa.float64()), values), reasons.combine_chunks())


def _distinct(column: "pa.ChunkedArray", kind: ColumnType, one: Callable[[Any], Any]) -> Cells:
    """Convert each distinct value once (real columns repeat themselves), then spread the results."""
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = column.combine_chunks().dictionary_encode()
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    words, target = encoded.dictionary, arrow_type(kind)
    at_once = _texts_at_once(words, kind)
    if at_once is not None:
        return Cells(at_once.take(encoded.indices), None)
    results = [_attempt(one, word) for word in words.to_pylist()]
    values = pa.array([value for value, _ in results], target).take(encoded.indices)
    reasons = pa.array([reason for _, reason in results], pa.string()).take(encoded.indices)
    return Cells(values, reasons if pc.count(reasons).as_py() else None)


def _texts_at_once(words: "pa.Array", kind: ColumnType) -> "pa.Array | None":
    """Texts that all have the plain form of their type; anything unusual is left to the careful way."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = {"int": r"^-?[0-9]{1,18}$", "float": r"^-?[0-9]{1,17}(\.[0-9]{1,17})?(e-?[0-9]{1,2})?$"}.get(kind)
    if not pa.types.is_string(words.type):
        return None
    if plain is not None and not pc.all(pc.match_substring_regex(words, plain)).as_py():
        return None
    try:
        return words.cast(arrow_type(kind)) if kind in {"int", "float", "time"} else None
    except pa.ArrowInvalid:
        return None


def _attempt(one: Callable[[Any], Any], word: Any) -> tuple[Any, str | None]:
    try:
        return one(word), None
    except (ValueError, OverflowError) as error:
        return None, str(error)


def _of_text(text: str, kind: ColumnType, zone: str) -> Any:
    return {"int": _whole, "float": _number, "bool": _flag}[kind](text) if kind != "time" else _time(text, zone)


def _of_value(value: Any, kind: ColumnType, zone: str) -> Any:
    """A typed value (of Parquet or of a query) as another type, where that loses nothing."""
    if kind in {"category", "text"} and isinstance(value, bool):
        return str(value).lower()
    if kind == "int" and not isinstance(value, bool):
        return _whole(str(value))
    if kind == "float" and not isinstance(value, bool):
        return _number(str(value))
    if kind == "bool":
        return _flag(str(value))
    if kind == "time" and hasattr(value, "isoformat"):
        return _time(value.isoformat(), zone)
    raise ValueError(f"{_short(value)} is a {type(value).__name__}, expected {kind}")


def _whole(text: str) -> int:
    """A whole number of 64 bits.

    >>> _whole("517.0")
    517
    """
    try:
        number = int(text) if text.lstrip("+-").isdecimal() else float(text)
    except ValueError:
        raise ValueError(f"{_short(text)} is not a whole number") from None
    if "_" in text or not math.isfinite(number) or number != int(number):
        raise ValueError(f"{_short(text)} is not a whole number")
    exact = isinstance(number, int) or abs(number) <= 2**53
    if not exact or not -(2**63) <= number < 2**63:
        raise ValueError(f"{_short(text)} overflows a whole number of 64 bits")
    return int(number)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{_short(text)} is not a number") from None
    if "_" in text or not math.isfinite(number):
        raise ValueError(f"{_short(text)} is not a number")
    return number


def _flag(text: str) -> bool:
    try:
        return {"true": True, "false": False, "1": True, "0": False}[text.lower()]
    except KeyError:
        raise ValueError(f"{_short(text)} is neither true nor false") from None


def _time(text: str, zone: str) -> datetime:
    """An ISO 8601 time in UTC.

    >>> _time("2013-01-01 05:00", "America/New_York")
    datetime.datetime(2013, 1, 1, 10, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{_short(text)} is not an ISO 8601 time") from None
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    exact = moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if exact.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != moment:
        raise ValueError(f"{_short(text)} does not exist in {zone}")
    return exact


def _short(value: Any) -> str:
    text = str(value)
    return f"'{text[:40]}…'" if len(text) > 40 else f"'{text}'"
