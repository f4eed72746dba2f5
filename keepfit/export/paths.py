"""Many rows through the large trees of a forest, in numpy: all rows go down a level of some trees at a time.

Trees that lie behind each other in memory are asked together, as many as make some thousand paths, and a path that has
come to its leaf is left aside. Leaves are added up tree after tree, as treelite does, so the bits are the same.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

MOST_NODES = 600_000  # of all trees; 34 bytes each
_PATHS = 1 << 13  # at a time
_STEPS = 4  # between two looks at who has arrived
_LARGEST = 1e300  # beyond all values of 32 bits, below infinity


class Grown(NamedTuple):
    """One tree by node; a node whose ``left`` is −1 is a leaf, with ``values`` (nodes, k)."""

    left: Places
    right: Places
    column: Places
    threshold: Floats
    missing_left: NDArray[np.bool_]
    values: Floats


class Paths:
    """A forest for a matrix of so many ``columns``.

    Raises
    ------
    ValueError
        It has too many nodes.
    """

    def __init__(self, trees: Sequence[Grown], columns: int) -> None:
        sizes = [len(tree.left) for tree in trees]
        if sum(sizes) > MOST_NODES:
            raise ValueError(f"{sum(sizes)} nodes")
        self._columns = columns
        self._roots = np.cumsum([0, *sizes[:-1]])
        left, right, column, threshold, missing_left, self._values = (
            np.concatenate(parts) for parts in zip(*trees, strict=True)
        )
        first, own = np.repeat(self._roots, sizes), np.arange(sum(sizes))
        self._leaf = left < 0
        self._next = np.empty(2 * len(own), np.intp)
        self._next[0::2] = np.where(self._leaf, own, left + first)
        self._next[1::2] = np.where(self._leaf, own, right + first)
        self._threshold = np.minimum(threshold, _LARGEST)
        # a matrix that stands twice: where missing values go left they are −∞, where they go right ∞
        self._column = np.where(self._leaf, 0, np.where(missing_left, column, column + columns)).astype(np.intp)

    def sums(self, matrix: Floats) -> Floats:
        """The mean over the trees, (n, m) to (n, k); the numbers in the matrix are of 32 bits."""
        rows = len(matrix)
        gone = np.isnan(matrix)
        bounded = np.minimum(np.maximum(matrix, -_LARGEST), _LARGEST)
        twice = np.concatenate([np.where(gone, -np.inf, bounded), np.where(gone, np.inf, bounded)], axis=1).ravel()
        begins = np.arange(rows) * (2 * self._columns)
        total = np.zeros((rows, self._values.shape[1]))
        together = max(1, _PATHS // max(rows, 1))
        for start in range(0, len(self._roots), together):
            roots = self._roots[start : start + together]
            ends = self._down(np.repeat(roots, rows), np.tile(begins, len(roots)), twice)
            for one in ends.reshape(len(roots), rows):
                total += self._values.take(one, axis=0)
        return total / len(self._roots)

    def _down(self, nodes: Places, begins: Places, values: Floats) -> Places:
        """The leaf of each path, from its root."""
        ends, waiting = nodes, None  # which of the paths are on their way: all
        while True:
            for _ in range(_STEPS):
                right = values.take(self._column.take(nodes) + begins) > self._threshold.take(nodes)
                nodes = self._next.take(nodes * 2 + right)
            done = self._leaf.take(nodes)
            arrived = np.count_nonzero(done)
            if arrived == len(nodes):
                if waiting is None:
                    return nodes
                ends[waiting] = nodes
                return ends
            if arrived * 4 > len(nodes):
                if waiting is None:
                    ends, waiting = np.empty_like(nodes), np.arange(len(nodes))
                ends[waiting[done]] = nodes[done]
                on = ~done
                nodes, begins, waiting = nodes[on], begins[on], waiting[on]
