"""Rows with labels that are measured: all of a window, or so many by chance that more would narrow no interval."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_LABELLED = 1_000_000  # rows: bounds are by days
_SEED = 0


class Measured(NamedTuple):
    """Rows with labels, m of them, in their order: labels (m,), days (m,) since 1970, answers (m, k) or (m,).

    ``others`` is what another version says to them, (m, k) or (m,); None: none was asked.
    """

    labels: Any
    answers: Any
    days: NDArray[np.int64]
    others: Any = None


class Chosen:
    """Takes rows with labels, and keeps the ``most`` with the smallest keys, which are drawn in the order of rows."""

    def __init__(self, most: int = MOST_LABELLED) -> None:
        self._most = most
        self._draw = np.random.default_rng(_SEED)
        self._parts: list[tuple[NDArray[np.float64], Measured]] = []
        self._held = 0
        self.seen = 0

    def add(self, labels: Any, answers: Any, days: NDArray[np.int64], others: Any = None) -> None:
        """Take the next rows."""
        self.seen += len(labels)
        self._held += len(labels)
        self._parts.append((self._draw.random(len(labels)), Measured(labels, answers, days, others)))
        if self._held > 2 * self._most:
            self._cut()

    def measured(self) -> Measured:
        """The rows that are kept."""
        if not self._parts:
            return Measured(np.zeros(0), np.zeros(0), np.zeros(0, np.int64))
        self._cut()
        return self._parts[0][1]

    def _cut(self) -> None:
        keys = np.concatenate([each for each, _ in self._parts])
        rows = _least(keys, self._most)
        whole = (_together([getattr(each, name) for _, each in self._parts], rows) for name in Measured._fields)
        self._parts = [(keys[rows], Measured(*whole))]
        self._held = len(self._parts[0][0])


def _least(keys: NDArray[np.float64], most: int) -> NDArray[np.intp]:
    """The places of the smallest keys, in order."""
    if keys.size <= most:
        return np.arange(keys.size)
    return np.sort(np.argpartition(keys, most)[:most])


def _together(parts: list[Any], rows: NDArray[np.intp]) -> Any:
    return None if any(each is None for each in parts) else np.concatenate(parts)[rows]
