"""One line of JSON as a row of texts."""

import json
from typing import Any, NoReturn

DEEPEST = 64


class NotARow(ValueError):
    """The line is not one JSON object as a row must be; says what it is."""


class _Number(str):
    """A number as it is written: no digit is lost and none overflows."""

    __slots__ = ()


def row_of(line: str) -> dict[str, str | None]:
    """The values as text; a list or an object is its JSON, with sorted names.

    >>> row_of('{"a": 1.50, "b": null, "c": {"z": [1e999], "y": "x"}}')
    {'a': '1.50', 'b': None, 'c': '{"y": "x", "z": [1e999]}'}

    Raises
    ------
    NotARow
        It is no JSON, no object or an empty one, has a name twice, a value without a name, or NaN.
    """
    try:
        value = _DECODER.decode(line)
        if not isinstance(value, dict):
            raise NotARow(_KINDS.get(type(value), "a text"))
        if not all(map(str.strip, value)):
            raise NotARow("a value without a name")
        if not value:
            raise NotARow("an empty one")
        flat = _TEXTS.issuperset(map(type, value.values()))
        row = value if flat else {key: _text(each) for key, each in value.items()}
        if "\\u" in line:
            "".join([*row, *filter(None, row.values())]).encode()
    except json.JSONDecodeError as error:
        raise NotARow(f"no JSON at character {error.pos + 1} ({error.msg})") from None
    except RecursionError:
        raise NotARow(f"more than {DEEPEST} levels") from None
    except UnicodeEncodeError:
        raise NotARow("half a character (a lone surrogate)") from None
    return row


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return _json(value, 1)


def _json(value: Any, depth: int) -> str:
    if depth > DEEPEST:
        raise NotARow(f"more than {DEEPEST} levels")
    if isinstance(value, _Number):
        return value
    if isinstance(value, list):
        return "[" + ", ".join([_json(each, depth + 1) for each in value]) + "]"
    if isinstance(value, dict):
        inner = [f"{json.dumps(key, ensure_ascii=False)}: {_json(value[key], depth + 1)}" for key in sorted(value)]
        return "{" + ", ".join(inner) + "}"
    return json.dumps(value, ensure_ascii=False)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        names = [key for key, _ in pairs]
        raise NotARow(f"the name {next(key for key in names if names.count(key) > 1)[:80]} twice")
    return row


def _no_constant(text: str) -> NoReturn:
    raise NotARow(f"{text}, which is no JSON")


_TEXTS = {str, _Number, type(None)}
_KINDS: dict[type, str] = {list: "a list", bool: "a truth value", type(None): "null", _Number: "a number"}
_DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_float=_Number, parse_int=_Number, parse_constant=_no_constant
)
