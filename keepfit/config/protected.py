"""Columns whose groups are reported by themselves."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from keepfit.config.section import AsTuple, Section
from keepfit.config.shorthand import wrong
from keepfit.config.values import ColumnName


class Grouping(Section):
    """How the values of a protected column become groups."""

    bands: Annotated[tuple[float, ...], AsTuple] = ()
    """Limits that cut a number into bands, rising: `[30, 60]` is under 30, 30 to under 60, 60 and over."""


def columns(value: Any) -> Any:
    """A list of names, of which one with bands is a mapping, or one mapping of all.

    >>> columns(["carrier", {"age": {"bands": [30, 60]}}])
    {'carrier': {}, 'age': {'bands': [30, 60]}}
    """
    if not isinstance(value, list):
        return value
    found: dict[str, Any] = {}
    for index, item in enumerate(value):
        named = {item: {}} if isinstance(item, str) else item
        if not isinstance(named, Mapping):
            raise wrong("not a protected column", at=(index,), expected="`- NAME` or `- NAME: {bands: [limit, …]}`")
        for name, how in named.items():
            if name in found:
                raise wrong(f"the protected column `{name}` stands twice", at=(index,), expected="each column once")
            found[name] = {} if how is None else how
    return found


_GROUPING = {
    "type": ["object", "null"],
    "additionalProperties": False,
    "properties": {
        "bands": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "number"},
            "description": "Limits that cut a number into bands, rising.",
        }
    },
}
_BY_NAME = {"type": "object", "additionalProperties": _GROUPING}
Protected = Annotated[
    dict[ColumnName, Grouping],
    BeforeValidator(columns),
    WithJsonSchema(
        {
            "anyOf": [{"type": "array", "items": {"anyOf": [{"type": "string", "minLength": 1}, _BY_NAME]}}, _BY_NAME],
            "examples": [["carrier"], {"age": {"bands": [30, 60]}}],
        }
    ),
]
