"""Rows that are left out because of their time: which rows of which files.

A file of which no row can matter is not read again, so of it only the number of its rows is known; it is listed from
its first row to its last, and what of these is in quarantine (rows whose time cannot be read) is listed there. Files
that lie next to each other and do not matter are listed as one (`together`): however many they are, they cost nothing.
"""

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

OUTSIDE = "outside history"
NOT_YET = "not there yet"


class Spans(NamedTuple):
    """Rows of one file: from ``first`` to ``last`` (k each, ascending), and how many of these (``rows``)."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    rows: NDArray[np.int64]

    @property
    def total(self) -> int:
        """How many rows there are in all."""
        return int(self.rows.sum())


def spans(numbers: NDArray[np.int64]) -> Spans:
    """Numbers, in any order, as ranges.

    >>> first, last, rows = spans(np.array([7, 1, 3, 2, 12, 13]))
    >>> first.tolist(), last.tolist(), rows.tolist()
    ([1, 7, 12], [3, 7, 13], [3, 1, 2])
    """
    values = np.sort(np.asarray(numbers, dtype=np.int64))
    cuts = np.flatnonzero(np.diff(values) > 1) + 1
    starts, ends = np.r_[np.zeros(min(len(values), 1), np.int64), cuts], np.r_[cuts, len(values)][: len(values)]
    return Spans(values[starts], values[ends - 1], ends - starts)


def some(rows: int, last: int) -> Spans:
    """So many rows of a file that has ``last`` of them."""
    return Spans(*(np.array([each][: min(rows, 1)], np.int64) for each in (1, last, rows)))


def together(first: str, last: str, files: int) -> str:
    """What files that lie next to each other are called, of which no row can matter.

    >>> together("2013/a.csv", "2014/b.csv", 17)
    '2013/a.csv … 2014/b.csv (17 files)'
    """
    return first if files == 1 else f"{first} … {last} ({files} files)"


def holds(name: str, file: str) -> bool:
    """Whether a name is that of a file, or of files that it may be one of.

    >>> holds("2013/a.csv … 2014/b.csv (17 files)", "2013/q.csv"), holds("2013/a.csv", "2013/a.csv")
    (True, True)
    >>> holds("2013/a.csv … 2014/b.csv (17 files)", "2015/q.csv"), holds("2013/a.csv", "2013/q.csv")
    (False, False)
    """
    first, several, rest = name.partition(" … ")
    return name == file or (bool(several) and first <= file <= rest.rpartition(" (")[0])


class LeftOut:
    """Counts rows by the rule that leaves them out, and keeps where they stand."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self._numbers: dict[tuple[str, str], list[NDArray[np.int64]]] = defaultdict(list)
        self._known: list[tuple[str, str, Spans]] = []

    def know(self, rule: str, file: str, found: Spans) -> None:
        """Take note of rows of one file."""
        if found.total:
            self.rows[rule] += found.total
            self._known.append((rule, file, found))

    def see(self, rule: str, files: "pa.ChunkedArray", numbers: "pa.ChunkedArray") -> None:
        """Take note of rows by ``_file`` and ``_row`` (n each)."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not len(files):
            return
        self.rows[rule] += len(files)
        names = pc.fill_null(files.cast(pa.string()), "").combine_chunks().dictionary_encode()
        codes = names.indices.to_numpy()
        rows = pc.fill_null(numbers.cast(pa.int64()), 0).to_numpy()
        order = np.argsort(codes, kind="stable")
        for places in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
            file = names.dictionary[int(codes[places[0]])].as_py()
            self._numbers[rule, file].append(rows[places])

    def table(self) -> "pa.Table":
        """All of it: ``_file``, ``rule``, ``first``, ``last``, ``rows``."""
        import pyarrow as pa

        seen = ((rule, file, spans(np.concatenate(each))) for (rule, file), each in self._numbers.items())
        found = [*self._known, *seen, ("", "", some(0, 0))]
        which = pa.array(np.repeat(np.arange(len(found)), [len(each.rows) for _, _, each in found]))
        words = [pa.array([each[at] for each in found], pa.string()).take(which) for at in (1, 0)]
        figures = [pa.array(np.concatenate(each)) for each in zip(*(each for _, _, each in found), strict=True)]
        return pa.table([*words, *figures], ["_file", "rule", "first", "last", "rows"])
