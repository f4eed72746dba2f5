"""One row through all trees at once: as `keepfit.export.leaves` does it for many, in as few steps as numpy allows.

A look-up for each column, in tables that lie behind each other in memory; treelite would walk through every tree, from
node to node anywhere in memory, which a processor that was busy elsewhere meanwhile has to fetch again. The same
comparisons, and the same sum in the same order, so the bits are the same.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from math import isnan
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

MOST_WORDS = 64  # of a tree, times columns: with more, treelite is quicker
_BITS = np.uint8(64)
_ONE = np.uint64(1)


class Column(NamedTuple):
    """A column's part of the table: from row ``start`` on, the last row but one is that of other categories.

    ``steps`` are its thresholds and infinity, None of categories; ``missing`` is the row of a missing value.
    """

    column: int
    steps: list[float] | None
    start: int
    missing: int


class LoneRow:
    """An ensemble of trees that is asked one row.

    Parameters
    ----------
    columns : of each column that trees split by: which it is, its sorted thresholds (None of categories), its table
        (places, words times trees). The tables are parts of one, in this order.
    values : of the leaves of all trees, as many for each.
    first : where each tree's leaves begin, (trees,).
    base : what is added to each sum, (classes,).
    """

    def __init__(
        self, columns: Sequence[tuple[int, Floats | None, Words]], values: Floats, first: NDArray[np.intp], base: Floats
    ) -> None:
        sizes = [len(table) for _, _, table in columns]
        starts = accumulate(sizes, initial=0)
        self._columns = [
            Column(column, None if steps is None else steps.tolist(), start, start + size - 1)
            for (column, steps, _), start, size in zip(columns, starts, sizes, strict=False)
        ]
        self._table = cast(Words, columns[0][2].base)  # all of them
        self._values, self._first, self._base = values, first, base
        self._trees = len(first)

    def sums(self, row: list[float]) -> Floats:
        """The sums over the trees, (1, classes)."""
        left = np.bitwise_and.reduce(self._table.take(self._places(row), axis=0), axis=0)
        values = self._values.take(self._leaf_of(left) + self._first)
        if len(self._base) > 1:
            return np.asarray(values.reshape(-1, len(self._base)).cumsum(axis=0)[-1:] + self._base, np.float64)
        return np.asarray(values.cumsum()[-1:, None] + self._base, np.float64)

    def _places(self, row: list[float]) -> list[int]:
        """A row of the table for each column."""
        found = []
        for column, steps, start, missing in self._columns:
            value = row[column]
            if isnan(value):
                found.append(missing)
            elif steps is not None:
                found.append(start + bisect_left(steps, value))
            else:
                found.append(start + int(value) if 0 <= value < missing - 1 - start else missing - 1)
        return found

    def _leaf_of(self, left: Words) -> NDArray[np.uint8]:
        """The place of the leftmost leaf that is left of each tree, (trees,)."""
        lowest, trees = np.bitwise_count(~left & (left - _ONE)), self._trees  # 64 where there is none in a word
        found = lowest[-trees:]
        for end in range(len(lowest) - trees, 0, -trees):
            before = lowest[end - trees : end]
            found = np.where(before < _BITS, before, found + _BITS)
        return found
