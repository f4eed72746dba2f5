"""The two forms of a matrix, and how it is filled."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Form = Literal["codes", "dense"]

_NO_COLUMN = 1 << 62  # beyond all that there are


def slots(places: Sequence[int]) -> slice | NDArray[np.intp]:
    """Columns of a matrix as numpy reaches them fastest: a slice where they follow each other.

    >>> slots([3, 4, 5]), slots([3, 5, 6])
    (slice(3, 6, None), array([3, 5, 6]))
    """
    first = places[0] if places else 0
    if list(places) == list(range(first, first + len(places))):
        return slice(first, first + len(places))
    return np.array(places, np.intp)


def nowhere(form: Form) -> float:
    """The code of what is missing or unseen: NaN to trees, and a row of zeros to others."""
    return np.nan if form == "codes" else _NO_COLUMN


def code_type(form: Form) -> type[np.float64 | np.intp]:
    """Of the codes of each form."""
    return np.float64 if form == "codes" else np.intp


class Room(NamedTuple):
    """Rows of a matrix to be filled, zeros so far: ``rows``, (n, m), of which the first is row ``start`` of ``whole``.

    ``whole`` is flat, all of the matrix and one number more, to which goes what has no place.
    """

    rows: NDArray[np.float64]
    whole: NDArray[np.float64]
    start: int

    def ones(self, columns: NDArray[Any]) -> None:
        """Write a one into each of these columns (n, k), which may be `nowhere`."""
        count, width = self.rows.shape
        if count > 1 or self.start:
            columns = columns + np.arange(self.start, self.start + count)[:, None] * width
        self.whole.put(columns, 1.0, mode="clip")

    def code(self, form: Form, at: slice | NDArray[np.intp], codes: NDArray[Any]) -> None:
        """Write codes (n, k): trees get them in these columns, others a one in the column that each is."""
        if form == "dense":
            self.ones(codes)
        else:
            self.rows[:, at] = codes

    def part(self, start: int, stop: int) -> "Room":
        """Some of the rows."""
        return Room(self.rows[start:stop], self.whole, start)


def room_for(count: int, width: int) -> Room:
    """An empty matrix."""
    whole = np.empty(count * width + 1)
    whole.fill(0.0)  # several times faster than np.zeros, which forgoes huge pages
    return Room(whole[:-1].reshape(count, width), whole, 0)
