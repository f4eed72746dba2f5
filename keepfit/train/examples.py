"""The training side as it is read, and what cannot be learnt from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from keepfit import features
from keepfit.config.features import inputs_of
from keepfit.config.model import UseCase
from keepfit.data import read_snapshot
from keepfit.errors import DataError, Problem
from keepfit.records import Split
from keepfit.split import TRAIN, row_hashes, sides_of
from keepfit.store import Store

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Examples:
    """The training side: raw rows (n), labels as indices or values (n,), moments and entities (n,) where there are."""

    table: "pa.Table"
    labels: NDArray[Any]
    classes: tuple[str, ...]
    times: NDArray[np.int64] | None
    entities: NDArray[np.uint64] | None = None

    def take(self, rows: NDArray[np.int64]) -> "pa.Table":
        """Some of the raw rows."""
        return self.table.take(rows)

    def target(self, seed: int, rows: NDArray[np.int64] | None = None) -> features.Target:
        """What categories are encoded by, of some rows or of all."""
        labels, groups = self.labels, self.entities
        if rows is not None:
            labels, groups = labels[rows], None if groups is None else groups[rows]
        return features.Target(labels, len(self.classes), seed, groups)


def read(store: Store, use_case: UseCase, division: Split) -> Examples:
    """The training side of a snapshot.

    Raises
    ------
    DataError
        Nothing can be learnt from it: one class only, a label that never changes, features that are all missing or all
        constant, too few rows.
    """
    data, inputs = use_case.data, inputs_of(use_case.features)
    named = [*inputs, data.label.column, *filter(None, [data.event_time]), *use_case.split.entity]
    columns = list(dict.fromkeys(named))
    table = read_snapshot(store, use_case.name, division.snapshot, columns)
    table = table.filter(sides_of(store, division) == TRAIN)
    label = table.column(data.label.column)
    classes = () if use_case.task == "regression" else features.classes_of(label)
    labels = features.encode_labels(label, classes)
    entities = row_hashes(table, use_case.split.entity) if use_case.split.entity else None
    times = _times(table, data.event_time)
    examples = Examples(table.select(list(inputs)), labels, classes, times, entities)
    for problem in _problems(use_case, examples):
        raise DataError(problem)
    return examples


def _times(table: "pa.Table", event_time: str | None) -> NDArray[np.int64] | None:
    import pyarrow as pa

    return None if event_time is None else table.column(event_time).cast(pa.int64()).to_numpy()


def constant_features(examples: Examples) -> tuple[str, ...]:
    """Columns with one value only: nothing can be learnt from them, and they may be a broken feed."""
    return tuple(name for name in examples.table.column_names if _levels(examples.table.column(name)) == 1)


def _levels(column: "pa.ChunkedArray") -> int | None:
    """How many different values a column has, missing ones left out; None where values cannot be counted (arrays)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_nested(column.type):
        return 0 if column.null_count == len(column) else None
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    return int(pc.count_distinct(column, mode="only_valid").as_py())


def _problems(use_case: UseCase, examples: Examples) -> Iterator[Problem]:
    yield from _label_problems(use_case, examples)
    rows, folds = len(examples.labels), use_case.train.folds
    fewest = max(folds + 1, 2 * len(examples.classes))
    if rows < fewest:
        yield _problem(
            "the training side has too few rows",
            where=f"split of {use_case.name}",
            expected=f"at least {fewest}: a row for each of {folds} folds and one before them, two for each class",
            found=f"{rows:,} rows",
            do="lengthen data.history, shorten split.holdout, or wait for more data",
        )
    levels = {name: _levels(examples.table.column(name)) for name in examples.table.column_names}
    missing = [name for name, count in levels.items() if count == 0]
    if missing:
        yield _problem(
            "a feature has no value at all on the training side" if len(missing) == 1 else "features have no value",
            where=f"features.{missing[0]}",
            expected="a value in one row at least",
            found=f"{', '.join(missing)}: missing in all of {rows:,} rows",
            do="look at where the column comes from; if it is gone for good, take it out of features",
        )
    if levels and all(count == 1 for count in levels.values()):
        yield _problem(
            "no feature ever changes on the training side",
            where="features",
            expected="two values or more of one feature at least",
            found=f"one value only: {', '.join(levels)}",
            do="look at how the rows are made: the join of `query`, or a filter that is too narrow",
        )


def _label_problems(use_case: UseCase, examples: Examples) -> Iterator[Problem]:
    labels, where = examples.labels, f"label {use_case.data.label.column}"
    do = "lengthen data.history, or look at how the label is made"
    if use_case.task == "regression":
        if len(labels) and np.all(labels == labels[0]):
            found = f"{labels[0]:g} in all of {len(labels):,} rows"
            yield _problem("the label never changes on the training side", where, "two values or more", found, do)
    elif len(examples.classes) < 2:
        counts = [f"{name}: {int(np.sum(labels == place)):,} rows" for place, name in enumerate(examples.classes)]
        what = "the training side has one class only"
        yield _problem(what, where, "two classes or more", ", ".join(counts), do)


def _problem(what: str, where: str, expected: str, found: str, do: str) -> Problem:
    return Problem(what, where, expected, found, "trained nothing; the champion stays", do)
