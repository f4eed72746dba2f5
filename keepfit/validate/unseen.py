"""Values that the contract does not list: a few are the world that changes, many are a broken feed."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from keepfit.config.contract import ColumnRule
from keepfit.data.tables import get_tables

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store

_NAMED = 5  # values in a warning
_REMEMBERED = 1000  # distinct values that are counted one by one


class Unseen(NamedTuple):
    """Columns whose unseen values are within their tolerance, and what is to be said of them."""

    kept: frozenset[str]
    warnings: tuple[str, ...]


def unseen(store: "Store", parts: Iterable[str], rules: Mapping[str, ColumnRule]) -> Unseen:
    """Count the values outside ``values`` in the columns that allow a share of them, over all parts."""
    counts = {name: _Count(rule) for name, rule in rules.items() if rule.unseen_at_most is not None}
    if counts:
        for table in get_tables(store, parts, list(counts)):
            for name, count in counts.items():
                count.add(table.column(name))
    kept = {name: count for name, count in counts.items() if count.tolerable()}
    return Unseen(frozenset(kept), tuple(count.warning(name) for name, count in kept.items() if count.rows))


class _Count:
    """Rows with an unseen value of one column, among the rows that have a value."""

    def __init__(self, rule: ColumnRule) -> None:
        self._rule = rule
        self._there = 0
        self._values: dict[str, int] = {}
        self.rows = 0

    def add(self, column: "pa.ChunkedArray") -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        self._there += len(column) - column.null_count
        listed = pa.array([*(self._rule.values or ()), None], column.type)
        others = column.filter(pc.invert(pc.is_in(column, value_set=listed)))
        self.rows += len(others)
        for each in others.value_counts().to_pylist():
            if each["values"] in self._values or len(self._values) < _REMEMBERED:
                self._values[each["values"]] = self._values.get(each["values"], 0) + each["counts"]

    def tolerable(self) -> bool:
        return self.rows <= (self._rule.unseen_at_most or 0.0) * self._there

    def warning(self, name: str) -> str:
        ordered = sorted(self._values, key=lambda value: (-self._values[value], value))
        values = ", ".join(str(value)[:40] for value in ordered[:_NAMED])
        more = " and others" if len(ordered) > _NAMED else ""
        share = f"{self.rows / self._there:.2%}, at most {self._rule.unseen_at_most or 0.0:.2%}"
        return f"{name}: {self.rows:,} rows ({share}) have a value that the contract does not list: {values}{more}"
