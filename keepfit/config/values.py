"""The small words of the YAML, each parsed to a typed value: names, durations, shares."""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(?P<number>[1-9][0-9]{0,6})(?P<unit>[smhdw])", re.ASCII)
_PERCENT = re.compile(r"(?P<number>[0-9]{1,3}(\.[0-9]{1,6})?)\s?%", re.ASCII)
_LONGEST = timedelta(days=36_525)
_DURATION_FORM = "a whole number and a unit (30s, 5m, 12h, 7d, 4w), at most 100 years"
_SHARE_FORM = "0% to 100%, or a number from 0 to 1"


def parse_duration(value: Any) -> timedelta:
    """A duration as the YAML writes it.

    >>> parse_duration("28d")
    datetime.timedelta(days=28)
    """
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(_DURATION_FORM)
    duration = timedelta(**{_UNITS[match["unit"]]: int(match["number"])})
    if duration > _LONGEST:
        raise ValueError(_DURATION_FORM)
    return duration


def format_duration(value: timedelta) -> str:
    """The shortest way to write a duration; ``parse_duration(format_duration(d)) == d``.

    >>> format_duration(timedelta(days=28)), format_duration(timedelta(hours=36))
    ('4w', '36h')
    """
    seconds = int(value.total_seconds())
    for unit, size in (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def parse_share(value: Any) -> float:
    """A share of a whole, ``1%`` or ``0.01``.

    >>> parse_share("1%"), parse_share(0.01)
    (0.01, 0.01)
    """
    if isinstance(value, str) and (match := _PERCENT.fullmatch(value.strip())):
        value = float(match["number"]) / 100
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(_SHARE_FORM)
    return float(value)


DURATION_SCHEMA = {"type": "string", "pattern": "^[1-9][0-9]{0,6}[smhdw]$", "examples": ["30s", "12h", "7d", "4w"]}
SHARE_SCHEMA = {
    "anyOf": [
        {"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,6})?\s?%$"},
        {"type": "number", "minimum": 0, "maximum": 1},
    ],
    "examples": ["1%", 0.01],
}
Duration = Annotated[timedelta, BeforeValidator(parse_duration), WithJsonSchema(DURATION_SCHEMA)]
Share = Annotated[float, BeforeValidator(parse_share), WithJsonSchema(SHARE_SCHEMA)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
SAYS_SOMETHING = r"\S"
Text = Annotated[str, Field(min_length=1, max_length=4000, pattern=SAYS_SOMETHING)]
ColumnName = Annotated[str, Field(min_length=1, max_length=200)]
ColumnType = Literal["category", "text", "int", "float", "bool", "time"]
