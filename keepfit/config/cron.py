"""When something is to happen, as cron has written it for half a century: minute, hour, day, month, day of the week."""

import re
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field, WithJsonSchema

from keepfit.config.shorthand import wrong

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST_MONTH = dict(zip(range(1, 13), (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), strict=True))
_PART = re.compile(r"(?P<first>\*|[0-9a-z]{1,3})(-(?P<last>[0-9a-z]{1,3}))?(/(?P<step>[1-9][0-9]?))?", re.ASCII)
_FORM = 'five fields such as `"0 6 1 * *"` (at 6:00 on the first of every month)'


class _Place(NamedTuple):
    """What a field may say."""

    name: str
    least: int
    most: int
    words: tuple[str, ...] = ()
    first_word: int = 0


_PLACES = (
    _Place("minute", 0, 59),
    _Place("hour", 0, 23),
    _Place("day of the month", 1, 31),
    _Place("month", 1, 12, _MONTHS, 1),
    _Place("day of the week", 0, 7, _DAYS),
)


def parse_cron(value: Any) -> str:
    """A schedule in one spelling; raises what is wrong with it.

    >>> parse_cron("0  6 1 * MON-FRI")
    '0 6 1 * mon-fri'
    """
    fields = value.lower().split() if isinstance(value, str) else []
    if len(fields) != len(_PLACES):
        raise wrong("not a schedule of cron", expected=_FORM)
    for field, place in zip(fields, _PLACES, strict=True):
        if _values(field, place) is None:
            expected = f"{place.least} to {place.most}, `*`, a range `a-b`, a step `*/n` or a list of these"
            raise wrong(f"the {place.name} of a schedule is not `{field}`", expected=expected)
    if not _can_come(fields):
        raise wrong("a day that no month has: it would never come", expected=_FORM)
    return " ".join(fields)


def _values(field: str, place: _Place) -> set[int] | None:
    """All that a field means; None where it means nothing."""
    found: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            return None
        first, last = _ends(match, place)
        if first is None or last is None or not place.least <= first <= last <= place.most:
            return None
        found |= set(range(first, last + 1, int(match["step"] or 1)))
    return found


def _ends(match: re.Match[str], place: _Place) -> tuple[int | None, int | None]:
    if match["first"] == "*":
        return (place.least, place.most) if match["last"] is None else (None, None)
    first = _number(match["first"], place)
    if match["last"] is not None:
        return first, _number(match["last"], place)
    return first, place.most if match["step"] else first


def _number(text: str, place: _Place) -> int | None:
    if text.isdecimal():
        return int(text)
    return place.words.index(text) + place.first_word if text in place.words else None


def _can_come(fields: list[str]) -> bool:
    """Whether there is such a day; a day of the week comes anyway."""
    if fields[4] != "*":
        return True
    days, months = _values(fields[2], _PLACES[2]) or set(), _values(fields[3], _PLACES[3]) or set()
    return any(min(days) <= _LONGEST_MONTH[month] for month in months)


Cron = Annotated[
    str,
    Field(),
    BeforeValidator(parse_cron),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\S+(\s+\S+){4}\s*$", "examples": ["0 6 1 * *", "30 5 * * mon"]}),
]
