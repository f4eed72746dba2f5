"""Many rows through many small trees at once, in numpy: quicker than row by row, with the same bits.

A tree's leaves are bits, from left to right. A split that sends a row to the right rules out the leaves on its left;
the leftmost leaf that no split rules out is where the row ends (QuickScorer: Lucchese et al. 2015, SIGIR, 73). What all
splits on one column rule out depends only on where the row's value lies among their thresholds, so it is one look-up in
a table for a column, for all trees at once. Leaves are added up tree after tree, as treelite does.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.export.lone_row import MOST_WORDS, LoneRow

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]
Places = NDArray[np.intp]

MOST_LEAVES = 256  # of a tree
_BITS = 64
_ROWS = 128  # at a time, so that what is looked up stays near the processor
_ALL = np.uint64(2**64 - 1)


class Tree(NamedTuple):
    """One tree by node; a node whose ``left`` is −1 is a leaf.

    ``categories[node]`` are those that go left, None of a split by a threshold, to whose left goes what is not larger.
    """

    left: list[int]
    right: list[int]
    column: list[int]
    threshold: list[float]
    missing_left: list[bool]
    value: list[float]
    categories: list[frozenset[int] | None]


class _Split(NamedTuple):
    """A split of one of the trees, and the leaves that it leaves to what goes right, a bit each."""

    column: int
    threshold: float
    categories: frozenset[int] | None
    missing_left: bool
    tree: int
    rest: int


class _Column(NamedTuple):
    """A row for each place that a value may have, which says what leaves are left, (places, words times trees)."""

    column: int
    steps: Floats | None  # sorted thresholds and infinity, None of categories
    table: Words


class Leaves:
    """An ensemble of trees.

    Parameters
    ----------
    trees : of which every ``classes``-th belongs to the same sum.
    base : what is added to each sum, (classes,).

    Raises
    ------
    ValueError
        A tree has too many leaves, or a column is both number and category.
    """

    def __init__(self, trees: Sequence[Tree], base: Floats) -> None:
        self._base, self._trees = base, len(trees)
        leaves = [leaves_of(tree) for tree in trees]
        most = max(map(len, leaves), default=0)
        if not 0 < most <= MOST_LEAVES or len(trees) % len(base):
            raise ValueError(f"{most} leaves in a tree, {len(trees)} trees for {len(base)} sums")
        self._words = -(-most // _BITS)
        width = self._words * _BITS
        values = [[tree.value[node] for node in found] for tree, found in zip(trees, leaves, strict=True)]
        self._values = np.array([[*own, *[0.0] * (width - len(own))] for own in values]).ravel()
        self._first = np.arange(len(trees)) * width
        splits: dict[int, list[_Split]] = {}
        for split in chain.from_iterable(map(_splits, trees, count(), leaves)):
            splits.setdefault(split.column, []).append(split)
        self._columns = _behind_each_other([self._column(column, splits[column]) for column in sorted(splits)])

    def _column(self, column: int, splits: Sequence[_Split]) -> _Column:
        kinds = {split.categories is None for split in splits}
        if len(kinds) > 1:
            raise ValueError(f"column {column} is both number and category")
        return self._of_numbers(column, splits) if kinds == {True} else self._of_categories(column, splits)

    def _of_numbers(self, column: int, splits: Sequence[_Split]) -> _Column:
        steps, where = np.unique([split.threshold for split in splits], return_inverse=True)
        table = self._full(len(steps) + 2)  # the last but one is infinity's, the last that of missing values
        self._rule_out(table, where + 1, np.arange(len(splits)), splits)
        np.bitwise_and.accumulate(table[:-1], axis=0, out=table[:-1])
        self._rule_out_missing(table, splits)
        return _Column(column, np.append(steps, np.inf), table)

    def _of_categories(self, column: int, splits: Sequence[_Split]) -> _Column:
        most = max((each for split in splits for each in split.categories or ()), default=0)
        table = self._full(most + 3)  # the last but one is that of other categories, the last that of missing values
        right = np.ones((len(splits), most + 2), dtype=bool)
        for place, split in enumerate(splits):
            right[place, list(split.categories or ())] = False
        which, places = right.nonzero()
        self._rule_out(table, places, which, splits)
        self._rule_out_missing(table, splits)
        return _Column(column, None, table)

    def _full(self, places: int) -> Words:
        return np.full((places, self._words * self._trees), _ALL)

    def _rule_out_missing(self, table: Words, splits: Sequence[_Split]) -> None:
        which = np.flatnonzero([not split.missing_left for split in splits])
        self._rule_out(table, np.full(len(which), len(table) - 1), which, splits)

    def _rule_out(self, table: Words, places: Places, which: Places, splits: Sequence[_Split]) -> None:
        """In each of these places what the split rules out that stands beside it in ``which``."""
        trees = np.array([split.tree for split in splits], np.intp)
        for word in range(self._words):
            rest = np.array([split.rest >> (_BITS * word) & int(_ALL) for split in splits], np.uint64)
            np.bitwise_and.at(table, (places, trees[which] + word * self._trees), rest[which])

    def lone_row(self) -> LoneRow | None:
        """The same trees for one row; None where there is a quicker way."""
        if not self._columns or len(self._columns) * self._words > MOST_WORDS:
            return None
        return LoneRow(self._columns, self._values, self._first, self._base)

    def sums(self, matrix: Floats) -> Floats:
        """The sum over the trees, (n, m) to (n, classes)."""
        found = np.empty((len(matrix), len(self._base)))
        for start in range(0, len(matrix), _ROWS):
            part = matrix[start : start + _ROWS]
            values = self._values.take(self._leaf_of(part) + self._first)
            by_class = values.reshape(len(part), -1, len(self._base))
            found[start : start + _ROWS] = by_class.cumsum(axis=1)[:, -1] + self._base
        return found

    def _leaf_of(self, matrix: Floats) -> Places:
        """Where each row ends in each tree, (n, trees)."""
        left = np.full((len(matrix), self._words * self._trees), _ALL)
        for each in self._columns:
            left &= each.table.take(_places(each, matrix[:, each.column]), axis=0)
        found: Places | None = None
        for word in reversed(range(self._words)):
            bits = left[:, word * self._trees : (word + 1) * self._trees]
            lowest = np.bitwise_count(~bits & (bits - np.uint64(1))).astype(np.intp)
            found = lowest if found is None else np.where(bits != 0, lowest, found + _BITS)
        assert found is not None
        return found


def _behind_each_other(columns: list[_Column]) -> list[_Column]:
    """The same, with one table behind the other in memory."""
    if not columns:
        return columns
    ends = np.cumsum([len(each.table) for each in columns])
    tables = np.split(np.concatenate([each.table for each in columns]), ends[:-1])
    return [each._replace(table=table) for each, table in zip(columns, tables, strict=True)]


def _places(column: _Column, values: Floats) -> Places:
    if column.steps is not None:
        return column.steps.searchsorted(values)  # what is missing is put behind infinity
    missing, others = len(column.table) - 1, len(column.table) - 2
    known = (values >= 0) & (values < others)
    places = np.where(known, values, others).astype(np.intp)
    return np.where(np.isnan(values), missing, places)


def leaves_of(tree: Tree) -> list[int]:
    """The nodes that are leaves, from left to right."""
    waiting, found = [0], []
    while waiting:
        node = waiting.pop()
        if tree.left[node] < 0:
            found.append(node)
        else:
            waiting += [tree.right[node], tree.left[node]]
    return found


def _splits(tree: Tree, place: int, leaves: Sequence[int]) -> Iterator[_Split]:
    """The splits of a tree: what goes right has no leaf of those on the left."""
    under = {node: 1 << bit for bit, node in enumerate(leaves)}  # the leaves below a node
    every = (1 << len(leaves)) - 1
    for node in _upwards(tree):
        left, right = tree.left[node], tree.right[node]
        under[node] = under[left] | under[right]
        yield _Split(
            tree.column[node], tree.threshold[node], tree.categories[node], tree.missing_left[node], place,
            every & ~under[left],
        )  # fmt: skip


def _upwards(tree: Tree) -> Iterator[int]:
    """The nodes that split, each after those below it."""
    order = [0]
    for node in order:
        if tree.left[node] >= 0:
            order += [tree.left[node], tree.right[node]]
    return (node for node in reversed(order) if tree.left[node] >= 0)
