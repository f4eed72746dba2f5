"""Distinct values with their counts, while they are few."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from keepfit.profile.shape import ValueCounts

if TYPE_CHECKING:
    import pyarrow as pa

_SAMPLE = 4096


def few(column: "pa.Array", most: int) -> ValueCounts | None:
    """Every value with its count; None where there are more than ``most``. The column has no nulls."""
    if len(column) > _SAMPLE and len(column.slice(0, _SAMPLE).unique()) > most:
        return None  # seen without counting all
    counts = column.value_counts()
    if len(counts) > most:
        return None
    found = zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True)
    return _table(dict(_without_minus_zero(found)))


def _without_minus_zero(pairs: Iterable[tuple[Any, int]]) -> Counter[Any]:
    counts: Counter[Any] = Counter()
    for value, count in pairs:
        counts[value + 0.0 if isinstance(value, float) else value] += count
    return counts


def united(tables: Iterable[ValueCounts], most: int, kind: Callable[[Any], Any] | None = None) -> ValueCounts | None:
    """All rows of several tables, values as ``kind``; None where there are too many values."""
    counts: Counter[Any] = Counter()
    for table in tables:
        values = table.values if kind is None else map(kind, table.values)
        for value, count in zip(values, table.counts, strict=True):
            counts[value] += count
        if len(counts) > most:
            return None
    return _table(counts)


def _table(counts: dict[Any, int]) -> ValueCounts:
    # Texts in the order of code points, which is that of their UTF-8 bytes.
    values = sorted(counts)
    return ValueCounts(values=tuple(values), counts=tuple(counts[value] for value in values))
