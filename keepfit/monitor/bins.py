"""How a column is counted: bins that the reference fixes, so that any two stretches of time can be compared by counts.

Numbers have bins of equal shares of the reference, categories one bin for each common level, one for the rare ones that
training knew and one for those that it did not. Rows without a value have a bin of their own everywhere. Counts of days
add up to those of a window, so a window of any number of rows costs one pass and a few kilobytes.
"""

from collections.abc import Iterable
from math import inf, nextafter
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from keepfit.features import Levels
from keepfit.records import Record

Counts = NDArray[np.int64]

MOST_BINS = 10  # of numbers
MOST_LEVELS = 50  # with a bin of their own
LEAST_SHARE = 0.002  # of the reference's rows that a level needs for a bin of its own
_BLOCK = 1 << 16  # rows
MOST_RARE = 10_000  # levels that are known by name; where there are more, no level can be called unseen
_ABOVE = 1e-9  # so much more than the largest value, relative to it, is another value rather than rounding


class Bins(Record, frozen=True, kw_only=True):
    """The bins of one column.

    ``number``: ``edges`` (k,) rise, bin i holds what is below edge i and not below the one before; the last one what is
    at or above all. ``category``: ``levels`` have bins of their own, ``rare`` share the next, unseen ones the one after
    it. The very last bin is that of rows without a value (or whose number is NaN).
    """

    kind: Literal["number", "category"]
    edges: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()
    rare: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many bins there are, that of missing values included."""
        return len(self.edges) + 2 if self.kind == "number" else len(self.levels) + 3

    @property
    def missing(self) -> int:
        """The bin of rows without a value."""
        return self.count - 1

    @property
    def unseen(self) -> int | None:
        """The bin of levels that the reference does not have; None where that cannot be said of a level."""
        return self.count - 2 if self.kind == "category" and len(self.rare) < MOST_RARE else None

    def places(self, column: Any) -> NDArray[np.intp]:
        """The bin of each row (n,) of a column as `keepfit.features` reads it.

        >>> Bins(kind="number", edges=(1.0, 2.0)).places(np.array([0.5, 1.0, 7.0, np.nan])).tolist()
        [0, 1, 2, 3]
        >>> Bins(kind="category", levels=("EWR",)).places(Levels(np.array([0, 1, -1]), ("EWR", "BOS"))).tolist()
        [0, 2, 3]
        """
        if self.kind == "number":
            values = np.asarray(column, np.float64)
            found = np.searchsorted(np.array(self.edges), values, side="right")
            return np.where(np.isnan(values), self.missing, found)
        rare = len(self.levels)
        known = {level: place for place, level in enumerate(self.levels)} | dict.fromkeys(self.rare, rare)
        other = rare if self.unseen is None else self.unseen
        table = np.array([*(known.get(level, other) for level in column.levels), self.missing], np.intp)
        return np.asarray(table[column.codes])  # a code of -1, no value, is the last one

    def named(self, place: int) -> str:
        """A bin in words.

        >>> [Bins(kind="number", edges=(1.0, 2.5)).named(place) for place in range(4)]
        ['below 1', '1 to 2.5', '2.5 and above', 'missing']
        >>> [bins_of(np.array([0.0, 1.0])).named(place) for place in range(5)]
        ['below 0', '0 to 1', '1', 'above 1', 'missing']
        """
        if place == self.missing:
            return "missing"
        if self.kind == "category":
            return [*self.levels, "rare levels", "levels not seen before"][place]
        return self._number_named(place)

    def _number_named(self, place: int) -> str:
        if not self.edges:
            return "any number"
        if place == 0:
            return f"below {self._word(0)}"
        # Whether the last but one holds a single value, the largest of the reference.
        alone = len(self.edges) > 1 and self.edges[-1] == _just_above(self.edges[-2])
        low = self._word(place - 1)
        if place == len(self.edges):
            return f"above {self._word(place - 2)}" if alone else f"{low} and above"
        return low if alone and place == len(self.edges) - 1 else f"{low} to {self._word(place)}"

    def _word(self, place: int) -> str:
        """An edge, in as many digits as tell all edges apart, but for that which is just above the one before."""
        return next(
            (
                words[place]
                for digits in (4, 6, 9)
                if len(set(words := [f"{e:.{digits}g}" for e in self.edges])) >= len(words) - 1
            ),
            f"{self.edges[place]!r}",
        )


def _just_above(largest: float) -> float:
    """From where on a number is more than the largest one, and not the same one by other arithmetic."""
    return max(largest + _ABOVE * (abs(largest) or 1.0), nextafter(largest, inf))


def bins_of(column: Any) -> Bins:
    """The bins of a column of the reference.

    A value that many rows share begins a bin, so that it is not thrown together with what lies beside it. Where many
    rows share the largest value, what is above it has a bin of its own: a flag that becomes 0 or 100, a constant that
    becomes another one.

    >>> [round(edge, 6) for edge in bins_of(np.array([0.0, 0.0, 0.0, 5.0])).edges]
    [0.0, 5.0, 5.0]
    """
    if isinstance(column, np.ndarray):
        return _of_numbers(np.asarray(column, np.float64))
    return _of_levels(column)


def _of_numbers(values: NDArray[np.float64]) -> Bins:
    finite = np.sort(values[np.isfinite(values)])
    if not finite.size:
        return Bins(kind="number")
    distinct, largest = np.unique(finite), float(finite[-1])
    cuts = np.unique(finite[(np.arange(1, MOST_BINS) * finite.size) // MOST_BINS])
    edges = distinct.tolist() if distinct.size <= MOST_BINS else cuts.tolist()
    above = _just_above(largest)
    if edges[-1] == largest and np.isfinite(above):
        edges.append(above)
    return Bins(kind="number", edges=tuple(edges))


def _of_levels(column: Levels) -> Bins:
    rows = np.bincount(column.codes[column.codes >= 0], minlength=len(column.levels))
    order = np.argsort(-rows, kind="stable")
    present = [place for place in order.tolist() if rows[place]]
    least = max(LEAST_SHARE * rows.sum(), 1.0)
    own = [place for place in present[:MOST_LEVELS] if rows[place] >= least]
    rest = present[len(own) :][:MOST_RARE]
    return Bins(kind="category", levels=_words(column, own), rare=_words(column, rest))


def _words(column: Levels, places: Iterable[int]) -> tuple[str, ...]:
    return tuple(sorted(column.levels[place] for place in places))


def rows_by_bin(bins: Bins, column: Any) -> Counts:
    """Rows by bin, (bins,), of a column of any number of rows; a block at a time, which a processor's cache holds.

    >>> rows_by_bin(Bins(kind="number", edges=(1.0, 2.0)), np.array([0.5, 1.0, 7.0, 8.0, np.nan])).tolist()
    [1, 1, 2, 1]
    """
    if bins.kind == "category":
        return np.bincount(bins.places(column), minlength=bins.count).astype(np.int64)
    values, above = np.asarray(column, np.float64), np.zeros(len(bins.edges) + 2, np.int64)
    for start in range(0, values.size, _BLOCK):
        block = values[start : start + _BLOCK]
        present = block.size - int(np.count_nonzero(np.isnan(block)))
        counts = [int(np.count_nonzero(block >= edge)) for edge in bins.edges]  # ten times as fast as searchsorted
        above += np.array([present, *counts, 0], np.int64)
    return np.concatenate([above[:-1] - above[1:], [values.size - above[0]]])


def by_day(bins: Bins, column: Any, days: NDArray[np.int64], count: int) -> Counts:
    """Rows by day and bin, (``count``, bins); ``days`` (n,) are places from 0, what lies outside is not counted."""
    places = bins.places(column)
    inside = (days >= 0) & (days < count)
    flat = days[inside] * bins.count + places[inside]
    return np.bincount(flat, minlength=count * bins.count).reshape(count, bins.count).astype(np.int64)
