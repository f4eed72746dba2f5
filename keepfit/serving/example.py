"""A record to try a version with, made up from its signature: nobody's data."""

from typing import Any
from zoneinfo import ZoneInfo

from keepfit.features import Encoding
from keepfit.features.categories import CategoryFeature
from keepfit.records import Signature, SignedColumn
from keepfit.serving.values import Wrong, taken

_PLAIN: dict[str, Any] = {"float": 1.0, "int": 1, "bool": True, "time": "2024-01-31T08:30:00Z"}


def example_of(signature: Signature, encoding: Encoding) -> dict[str, Any]:
    """A value for every feature, within its limits; null where none can be made up (and null may be)."""
    levels = {each.column: each.levels for each in encoding.features if isinstance(each, CategoryFeature)}
    zone = ZoneInfo(signature.timezone)
    return {
        column.name: next(
            (value for value in _ideas(column, levels.get(column.name, ())) if not _refused(column, value, zone)), None
        )
        for column in signature.columns
        if "feature" in column.roles
    }


def _refused(column: SignedColumn, value: Any, zone: ZoneInfo) -> bool:
    return isinstance(taken(column, value, zone), Wrong)


def _ideas(column: SignedColumn, levels: tuple[str, ...]) -> list[Any]:
    if column.type in {"float", "int"}:
        limits = [each for each in (column.min, column.max) if each is not None]
        middle = sum(limits) / 2 if len(limits) == 2 else None
        ideas = [middle, _PLAIN[column.type], *limits]
        return [int(each) if column.type == "int" else each for each in ideas if each is not None]
    if column.type in _PLAIN:
        return [_PLAIN[column.type]]
    return [*levels[:1], *(column.values or ())[:1], "a", "a" * (column.min_length or 1)]
