"""What an argument of an expectation may be, by the words of the tables of kinds."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from keepfit.config.values import DURATION_SCHEMA, SHARE_SCHEMA, parse_duration, parse_share

SEVERITIES = ("stop", "hold", "warn")
_MOMENT = "a number, or a moment with its offset such as 2013-01-01T00:00:00+00:00"
_VALUE = r"-?[0-9]+(\.[0-9]+)?|\"[^\"]*\""
_CONDITION = re.compile(rf"col\(\"(?P<column>[^\"]+)\"\)\s*(\.notNull\(\)|(==|!=|<=|>=|<|>)\s*({_VALUE}))", re.ASCII)


class Takes(NamedTuple):
    """``parse`` gives the value as it is used, or raises ValueError."""

    expected: str
    schema: Mapping[str, Any]
    parse: Callable[[Any], Any]


def takes(word: str) -> Takes:
    """What stands behind a word; words with ``|`` between them are the values themselves.

    >>> takes("share").parse("5%"), takes("any|all").parse("all")
    (0.05, 'all')
    """
    if "|" in word:
        words = word.split("|")
        return Takes(f"one of {', '.join(words)}", {"enum": words}, lambda value: _one_of(value, words))
    return _TAKES[word]


def _one_of(value: Any, words: list[str]) -> str:
    if value not in words:
        raise ValueError
    return str(value)


def _is(value: Any, *kinds: type) -> Any:
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds) or value == "":
        raise ValueError
    return value


def _limit(value: Any) -> Any:
    if isinstance(value, str):
        moment(value)
        return value
    return _is(value, int, float)


def moment(text: str) -> datetime:
    """A moment with its offset.

    Raises
    ------
    ValueError
        It is none: Great Expectations compares only whole moments.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


def _list(value: Any, *kinds: type) -> list[Any]:
    if not isinstance(value, list | tuple) or not value or (kinds and not all(isinstance(one, kinds) for one in value)):
        raise ValueError
    return list(value)


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    return [(first, second) for first, second in _list(value, list, tuple)]


def _regex(value: Any) -> str:
    try:
        re.compile(_is(value, str))
    except re.error as error:
        raise ValueError(str(error)) from error
    return str(value)


def _columns_or_all(value: Any) -> Any:
    return value if value == "all" else _list(value, str)


def _times(value: Any) -> float:
    if _is(value, int, float) <= 1:
        raise ValueError
    return float(value)


def condition_column(condition: str) -> str | None:
    """The column that a condition on rows is about; None where it is no condition.

    >>> condition_column('col("carrier") == "AA"'), condition_column("carrier == 'AA'")
    ('carrier', None)
    """
    found = _CONDITION.fullmatch(condition.strip())
    return found["column"] if found else None


def _condition(value: Any) -> str:
    if condition_column(_is(value, str)) is None:
        raise ValueError
    return str(value)


_TEXT = {"type": "string", "minLength": 1}
_MANY = {"type": "array", "minItems": 1}
_TAKES = {
    "column": Takes("the name of a column", _TEXT, lambda value: _is(value, str)),
    "columns": Takes("a list of names of columns", {**_MANY, "items": _TEXT}, lambda value: _list(value, str)),
    "columns_or_all": Takes(
        "a list of names of columns, or all", {"anyOf": [{"const": "all"}, {**_MANY, "items": _TEXT}]}, _columns_or_all
    ),
    "condition": Takes(
        'a comparison with a number or a quoted text such as col("carrier") == "AA", or col("carrier").notNull()',
        _TEXT,
        _condition,
    ),
    "duration": Takes("a duration such as 7d", DURATION_SCHEMA, parse_duration),
    "flag": Takes("true or false", {"type": "boolean"}, lambda value: _is(value, bool)),
    "limit": Takes(_MOMENT, {"type": ["number", "string"]}, _limit),
    "mapping": Takes("a mapping", {"type": "object"}, lambda value: _is(value, dict)),
    "number": Takes("a number", {"type": "number"}, lambda value: _is(value, int, float)),
    "pairs": Takes("a list of pairs of values", {**_MANY, "items": {"type": "array"}}, _pairs),
    "regex": Takes("a regular expression", _TEXT, _regex),
    "regexes": Takes(
        "a list of regular expressions",
        {**_MANY, "items": _TEXT},
        lambda value: [_regex(one) for one in _list(value, str)],
    ),
    "share": Takes("0% to 100%, or a number from 0 to 1", SHARE_SCHEMA, parse_share),
    "text": Takes("text", _TEXT, lambda value: _is(value, str)),
    "times": Takes("a number above 1", {"type": "number", "exclusiveMinimum": 1}, _times),
    "values": Takes("a list of values", _MANY, lambda value: _list(value, str, int, float, bool)),
    "whole": Takes("a whole number", {"type": "integer"}, lambda value: _is(value, int)),
}
