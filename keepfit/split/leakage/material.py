"""What the checks look at: the rows of both sides, labels as numbers, and a sample that keeps rare classes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.config.features import Derived, inputs_of
from keepfit.config.model import UseCase
from keepfit.split.hashes import row_hashes
from keepfit.split.rules import HOLDOUT, TRAIN, Sides

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE = 50_000
"""Rows that statistics are made of: the standard error of an AUC near .98 is then below .001."""
BLOCKS = 20
"""Stretches of the rows (in time, or by key) that are dealt to two halves in turns."""


class Values(NamedTuple):
    """A column as (n,) float64, missing values as NaN; ``ordered`` is false for places of categories and texts."""

    numbers: NDArray[np.float64]
    ordered: bool


@dataclass(frozen=True, eq=False)
class Material:
    """The sides of a split; ``label`` (n,) are places of classes of the training rows, or values in a regression."""

    use_case: UseCase
    train: "pa.Table"
    holdout: "pa.Table"
    label: NDArray[Any]
    classes: tuple[str, ...]

    @property
    def features(self) -> list[str]:
        """What a model sees and what that is made from, but the moment for which it is asked."""
        own = {self.use_case.data.event_time, self.use_case.data.label.column}
        wanted = {*inputs_of(self.use_case.features), *self.use_case.features}
        return [name for name in self.train.column_names if name in wanted - own]

    @cached_property
    def sample(self) -> NDArray[np.int64]:
        """Places (m,) of at most ``SAMPLE`` training rows in their order, evenly from every class."""
        rows = len(self.label)
        if rows <= SAMPLE:
            return np.arange(rows)
        if not self.classes:
            return spread(np.arange(rows), SAMPLE)
        each = SAMPLE // len(self.classes)
        chosen = [spread(np.flatnonzero(self.label == place), each) for place in range(len(self.classes))]
        return np.sort(np.concatenate(chosen))

    @cached_property
    def halves(self) -> NDArray[np.int64]:
        """The half (m,) of each row of the sample: all rows of an entity are in one, and so are those of a stretch."""
        if self._entity:
            entities = row_hashes(self.train.select(self._entity).take(self.sample), self._entity)
            return (entities >> np.uint64(7) & np.uint64(1)).astype(np.int64)
        return np.arange(len(self.sample)) * BLOCKS // max(len(self.sample), 1) % 2

    @cached_property
    def cases(self) -> NDArray[np.int64]:
        """The training rows, of each entity (where the YAML names them) the first alone."""
        if not self._entity:
            return np.arange(len(self.label))
        _, first = np.unique(row_hashes(self.train, self._entity), return_index=True)
        return np.sort(first)

    @property
    def _entity(self) -> tuple[str, ...]:
        return self.use_case.split.entity

    def columns(self, rows: NDArray[np.int64]) -> Iterator[tuple[str, Values]]:
        """The features, read at some training rows; arrays of numbers are left out."""
        for name in self.features:
            values = values_of(self.train.column(name), rows)
            if values is not None:
                yield name, values


def material(use_case: UseCase, table: "pa.Table", sides: Sides) -> Material:
    """Cut a table with its sides into what the checks look at."""
    from keepfit import features

    for name, form in use_case.features.items():
        if isinstance(form, Derived) and name not in table.column_names:
            table = table.append_column(name, _derived(name, form, table))
    train, holdout = table.filter(sides == TRAIN), table.filter(sides == HOLDOUT)
    column = train.column(use_case.data.label.column)
    classes = () if use_case.task == "regression" else features.classes_of(column)
    return Material(use_case, train, holdout, features.encode_labels(column, classes), classes)


def _derived(name: str, form: Derived, table: "pa.Table") -> "pa.Array":
    import pyarrow as pa

    from keepfit.features import from_table
    from keepfit.features.numbers import Computed

    kind = "time" if form.how == "hours_between" else "number"
    values = Computed(name=name, how=form.how, of=form.of).values(from_table(table, dict.fromkeys(form.of, kind)))
    return pa.array(values, from_pandas=True)


def values_of(column: "pa.ChunkedArray", rows: NDArray[np.int64] | None = None) -> Values | None:
    """A column as numbers; None of arrays."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_nested(column.type):
        return None
    if rows is not None and len(rows) < len(column):
        column = column.take(pa.array(rows))
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = column.dictionary_encode()
    ordered = not pa.types.is_dictionary(column.type)
    if not ordered:
        column = pa.chunked_array([column.unify_dictionaries().combine_chunks().indices])
    if pa.types.is_temporal(column.type):
        column = column.cast(pa.int64())
    return Values(pc.cast(column, pa.float64(), safe=False).to_numpy(), ordered)


def spread(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many of some rows, at equal distances."""
    return rows if rows.size <= most else rows[np.linspace(0, rows.size - 1, most).astype(np.int64)]
