"""Broken rules, counted over all parts, each with a few of the values that broke it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keepfit.records import Broken
from keepfit.validate.faults import Fault, Rule

if TYPE_CHECKING:
    import pyarrow as pa

EXAMPLES = 3
NOT_OF_THE_TYPE = "not of the declared type"
NO_ROW = "cannot be read as a row"


class Tally:
    """Rows by rule and by column, with examples in the order of the parts."""

    def __init__(self) -> None:
        self.rows: dict[Rule, int] = {}
        self.by_column: dict[str, int] = {}
        self._examples: dict[Rule, list[str]] = {}

    def add(self, table: "pa.Table", faults: Sequence[Fault]) -> None:
        """Count the rows of one part."""
        columns: dict[str, list[Any]] = {}
        for rule, rows in faults:
            self._count(rule, len(rows))
            room = EXAMPLES - len(self._examples[rule])
            if room > 0:
                self._examples[rule] += _examples(table, rule, rows[:room])
            if rule.column is not None:
                columns.setdefault(rule.column, []).append(rows)
        for column, several in columns.items():
            rows = several[0] if len(several) == 1 else np.unique(np.concatenate(several))
            self.by_column[column] = self.by_column.get(column, 0) + len(rows)

    def merge(self, other: "Tally") -> None:
        """Count what was counted of later rows."""
        for rule, rows in other.rows.items():
            self._count(rule, rows)
            self._examples[rule] += other._examples[rule][: EXAMPLES - len(self._examples[rule])]
        for column, rows in other.by_column.items():
            self.by_column[column] = self.by_column.get(column, 0) + rows

    def refused(self, table: "pa.Table", columns: Sequence[str]) -> None:
        """Count the rows that a reader refused; what it says of a cell begins with the name of its column."""
        import pyarrow.compute as pc

        said = table.column("_reasons").combine_chunks()
        texts, rows = said.flatten(), pc.list_parent_indices(said)
        left = np.ones(len(texts), dtype=bool)
        # The longest name first: the reasons of `a: b` do not begin with `a`.
        for name in sorted(columns, key=len, reverse=True):
            mine = left & pc.starts_with(texts, f"{name}: ").to_numpy(zero_copy_only=False)
            left &= ~mine
            self._refused(Rule(name, "type", NOT_OF_THE_TYPE), table, texts, rows, np.flatnonzero(mine))
        self._refused(Rule(None, "", NO_ROW), table, texts, rows, np.flatnonzero(left))

    def _refused(self, rule: Rule, table: "pa.Table", texts: Any, rows: Any, at: Any) -> None:
        if not len(at):
            return
        found = len(np.unique(rows.to_numpy()[at]))
        self._count(rule, found)
        if rule.column is not None:
            self.by_column[rule.column] = self.by_column.get(rule.column, 0) + found
        for place in at[: EXAMPLES - len(self._examples[rule])].tolist():
            row = table.slice(rows[place].as_py(), 1).select(["_file", "_row"]).to_pylist()[0]
            text = texts[place].as_py().removeprefix(f"{rule.column}: ")
            self._examples[rule].append(f"{text[:120]} ({row['_file']}, row {row['_row']})")

    def _count(self, rule: Rule, rows: int) -> None:
        self.rows[rule] = self.rows.get(rule, 0) + rows
        self._examples.setdefault(rule, [])

    def broken(self) -> tuple[Broken, ...]:
        """The rules that were broken, the most frequent first."""
        found = [
            Broken(rule=rule.words, column=rule.column, rows=rows, examples=tuple(self._examples[rule]))
            for rule, rows in self.rows.items()
        ]
        return tuple(sorted(found, key=lambda each: (-each.rows, each.column or "", each.rule)))


def _examples(table: "pa.Table", rule: Rule, rows: Any) -> list[str]:
    found = table.take(rows).to_pylist()
    return [f"{_values(row, rule)}({row['_file']}, row {row['_row']})" for row in found]


def _values(row: Mapping[str, Any], rule: Rule) -> str:
    if rule.column is not None:
        return f"{_shown(row[rule.column])} "
    return "".join(f"{name} {_shown(row[name])} " for name in rule.about)


def _shown(value: Any) -> str:
    return "missing" if value is None else str(value)[:60]
