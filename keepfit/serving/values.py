"""One value of a record, held to what the signature says of its column."""

from collections.abc import Callable
from datetime import datetime
from math import isfinite
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from keepfit.records import SignedColumn

WHOLE = 2.0**53  # a float beyond does not hold every whole number
SMALLEST, LARGEST = -(2**63), 2**63 - 1


class _NotFinite:
    """Stands for NaN, Infinity and numbers that overflow, which are not JSON or not numbers of 64 bits."""


NOT_FINITE: Final = _NotFinite()


class Wrong(NamedTuple):
    """Why a value is refused: a word and a sentence, neither of which holds the value."""

    code: str
    detail: str


def found(value: Any) -> str:
    """The kind of a value, in JSON's words.

    >>> found(True), found(1.5), found([1])
    ('a truth value', 'a number', 'a list')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, int | float):
        return "a number"
    return "a text" if isinstance(value, str) else "a list" if isinstance(value, list) else "an object"


def taken(column: SignedColumn, value: Any, zone: ZoneInfo) -> Any:
    """The value as the scorer takes it, or a `Wrong`."""
    if value is None:
        return None if column.nullable else Wrong("null", "a value is required")
    if value is NOT_FINITE:
        return Wrong("not_finite", "expected a finite number")
    read = _READ[column.type](value)
    if isinstance(read, Wrong):
        return read
    if isinstance(read, datetime):
        return in_zone(read, zone)
    return _limits(column, read) or read


def in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """A time without an offset is local, as in the data that the version has learnt from."""
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Wrong("type", f"expected a number, found {found(value)}")
    try:
        number = float(value)
    except OverflowError:
        return Wrong("not_finite", "expected a finite number")
    return number if isfinite(number) else Wrong("not_finite", "expected a finite number")


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) <= WHOLE:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return Wrong("type", f"expected a whole number, found {found(value)}")
    return value if SMALLEST <= value <= LARGEST else Wrong("type", "expected a whole number of 64 bits")


def _truth(value: Any) -> Any:
    return value if isinstance(value, bool) else Wrong("type", f"expected true or false, found {found(value)}")


def _text(value: Any) -> Any:
    """Whole numbers and truth values are texts too where a category is meant, written as in the training data."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        whole = _whole(value)
        return Wrong("type", f"expected a text, found {found(value)}") if isinstance(whole, Wrong) else str(whole)
    if not isinstance(value, str):
        return Wrong("type", f"expected a text, found {found(value)}")
    return value if value.isascii() or _unicode(value) else Wrong("type", "expected text, found half a character")


def _unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        return Wrong("type", f"expected a time as text, found {found(value)}")
    try:
        return msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        return Wrong("time", "expected a time such as 2013-07-01T08:30:00Z")


_READ: dict[str, Callable[[Any], Any]] = {
    "float": _number,
    "int": _whole,
    "bool": _truth,
    "category": _text,
    "text": _text,
    "time": _moment,
}


def _limits(column: SignedColumn, value: Any) -> Wrong | None:
    if isinstance(value, str):
        return _limits_of_text(column, value)
    if column.min is not None and value < column.min:
        return Wrong("too_small", f"expected at least {column.min:g}")
    if column.max is not None and value > column.max:
        return Wrong("too_large", f"expected at most {column.max:g}")
    return None


def _limits_of_text(column: SignedColumn, value: str) -> Wrong | None:
    if column.values is not None and not column.unseen_kept and value not in column.values:
        return Wrong("not_allowed", "expected one of the values that the contract lists")
    if column.min_length is not None and len(value) < column.min_length:
        return Wrong("too_short", f"expected at least {column.min_length} characters")
    if column.max_length is not None and len(value) > column.max_length:
        return Wrong("too_long", f"expected at most {column.max_length} characters")
    if column.matches is not None and not matches(column.matches, value):
        return Wrong("pattern", f"expected a text that matches {column.matches}")
    return None


def matches(pattern: str, value: str) -> bool:
    """Whether the whole text matches, by RE2 as in training: no pattern takes more than linear time."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return bool(pc.match_substring_regex(pa.scalar(value), rf"\A(?:{pattern})\z").as_py())
