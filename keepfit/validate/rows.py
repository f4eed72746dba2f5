"""What happens to every row: kept, quarantined with its reasons, or dropped by a rule that has a name."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.data.order import order, ranks
from keepfit.records import Broken

if TYPE_CHECKING:
    import pyarrow as pa

FUTURE = "later than the run's start"
NOT_UNIQUE = "the key stands on other rows with other values"
EXAMPLES = 3


class Fault(NamedTuple):
    """Rows (positions, ascending) that broke one rule; ``column`` is None for a rule of the whole row."""

    column: str | None
    rule: str
    rows: NDArray[np.int64]


class Duplicates(NamedTuple):
    """Positions of copies (equal in every column) after the first, and of rows that share a key but differ."""

    copies: NDArray[np.int64]
    conflicts: NDArray[np.int64]


def duplicates(table: "pa.Table", key: Sequence[str]) -> Duplicates:
    """Rows of ``table`` whose key is not theirs alone."""
    at = order(table, key).to_numpy()
    same = np.ones(max(len(at) - 1, 0), dtype=bool)
    for name in key:
        numbers = ranks(table.column(name))[at]
        same &= numbers[1:] == numbers[:-1]
    copies: list[int] = []
    conflicts: list[int] = []
    # Runs of equal keys: rare, so plain Python may look at their rows.
    shared = np.flatnonzero(np.concatenate([same, [False]]) | np.concatenate([[False], same])) if len(at) else at[:0]
    starts = np.concatenate([[True], ~same])[shared] if len(shared) else shared
    for group in np.split(at[shared], np.flatnonzero(starts)[1:]) if len(shared) else []:
        rows = [tuple(row.values()) for row in table.take(np.sort(group)).to_pylist()]
        (copies if len(set(rows)) == 1 else conflicts).extend(
            np.sort(group)[1 if len(set(rows)) == 1 else 0 :].tolist()
        )
    return Duplicates(np.array(sorted(copies), dtype=np.int64), np.array(sorted(conflicts), dtype=np.int64))


def reasons(faults: Iterable[Fault]) -> dict[int, list[str]]:
    """All that is wrong with every row that has anything wrong, as ``column: rule``."""
    found: dict[int, list[str]] = {}
    for fault in faults:
        text = f"{fault.column}: {fault.rule}" if fault.column else fault.rule
        for row in fault.rows.tolist():
            found.setdefault(row, []).append(text)
    return dict(sorted(found.items()))


def quarantine(table: "pa.Table", why: Mapping[int, list[str]], refused: "pa.Table | None") -> "pa.Table":
    """Rows with values, ``_file``, ``_row`` and ``_reasons``; what a reader refused has its values in ``_raw``."""
    import pyarrow as pa

    bad = table.take(pa.array(list(why), pa.int64()))
    bad = bad.set_column(bad.column_names.index("_file"), "_file", bad.column("_file").cast(pa.string()))
    bad = bad.append_column("_reasons", pa.array(list(why.values()), pa.list_(pa.string())))
    bad = bad.append_column("_raw", pa.nulls(bad.num_rows, pa.string()))
    if refused is None:
        return bad
    return pa.concat_tables([bad, refused.drop_columns(["_time"])], promote_options="default")


def broken(table: "pa.Table", faults: Iterable[Fault], refused: "pa.Table | None") -> tuple[Broken, ...]:
    """The rules that were broken, the most frequent first, each with a few of the values that broke it."""
    found = [
        Broken(rule=fault.rule, column=fault.column, rows=len(fault.rows), examples=_examples(table, fault))
        for fault in faults
        if len(fault.rows)
    ]
    found += _refused(refused) if refused is not None else []
    return tuple(sorted(found, key=lambda each: (-each.rows, each.column or "", each.rule)))


def _examples(table: "pa.Table", fault: Fault) -> tuple[str, ...]:
    rows = table.take(fault.rows[:EXAMPLES]).to_pylist()
    return tuple(f"{_value(row, fault.column)}({row['_file']}, row {row['_row']})" for row in rows)


def _value(row: Mapping[str, Any], column: str | None) -> str:
    return f"{str(row[column])[:60]} " if column is not None else ""


def _refused(refused: "pa.Table") -> list[Broken]:
    """By column; what a reader says of a cell begins with the name of its column."""
    rows: Counter[str] = Counter()
    examples: dict[str, list[str]] = {}
    for row in refused.select(["_file", "_row", "_reasons"]).to_pylist():
        for reason in row["_reasons"]:
            column, _, text = reason.partition(": ")
            rows[column] += 1
            shown = examples.setdefault(column, [])
            if len(shown) < EXAMPLES:
                shown.append(f"{text} ({row['_file']}, row {row['_row']})")
    rule = "not of the declared type"
    return [Broken(rule=rule, column=name, rows=count, examples=tuple(examples[name])) for name, count in rows.items()]
