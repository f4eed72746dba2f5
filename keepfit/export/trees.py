"""Trees asked by treelite's C library, one thread a call, or in numpy where that is quicker; safe from many threads."""

import ctypes
import weakref

import numpy as np
from numpy.typing import NDArray

from keepfit.errors import IntegrityError, Problem
from keepfit.export.inside import leaves_of, paths_of
from keepfit.export.leaves import Leaves
from keepfit.export.library import check, library
from keepfit.export.paths import Paths

Floats = NDArray[np.float64]

_RAW = b'{"predict_type": "raw", "nthread": 1}'  # sums: its own softmax is of 32 bits
_ROWS = 1 << 13  # at a time
_MANY, _MANY_PATHS = 8, 32  # rows of boosting, of a forest, from which on the other way is quicker


class Forest:
    """An ensemble of trees.

    Parameters
    ----------
    data : what treelite wrote, whose digest the caller has checked.
    columns : columns of the matrix that it takes.
    single : whether numbers are rounded to 32 bits first, as scikit-learn's forests do.

    Raises
    ------
    IntegrityError
        treelite cannot read it, or it is not of numbers of 64 bits or not of so many columns.
    """

    def __init__(self, data: bytes, columns: int, *, single: bool) -> None:
        own = library()
        self._columns, self._single = columns, single
        self._model, self._config = ctypes.c_void_p(), ctypes.c_void_p()
        check(own.TreeliteDeserializeModelFromBytes(data, len(data), ctypes.byref(self._model)))
        weakref.finalize(self, own.TreeliteFreeModel, self._model)
        check(own.TreeliteGTILParseConfig(_RAW, ctypes.byref(self._config)))
        weakref.finalize(self, own.TreeliteGTILDeleteConfig, self._config)
        self._see_shape(own)
        self._ask = own.TreeliteGTILPredict
        self._width = _width(own, self._model, self._config)
        self._together = self._way_of_many()
        self._alone = self._together.lone_row() if isinstance(self._together, Leaves) else None

    @property
    def quick(self) -> bool:
        """Whether many rows go another way, quicker and to the same bits."""
        return self._together is not None

    def _way_of_many(self) -> Leaves | Paths | None:
        try:
            return paths_of(self._model, self._columns) if self._single else leaves_of(self._model)
        except ValueError:
            return None

    def _see_shape(self, own: ctypes.CDLL) -> None:
        count, kind = ctypes.c_int(), ctypes.c_char_p()
        check(own.TreeliteQueryNumFeature(self._model, ctypes.byref(count)))
        check(own.TreeliteGetInputType(self._model, ctypes.byref(kind)))
        if count.value != self._columns or kind.value != b"float64":
            raise IntegrityError(
                Problem(
                    "trees do not fit their matrix",
                    expected=f"{self._columns} columns of float64",
                    found=f"{count.value} columns of {(kind.value or b'nothing').decode()}",
                )
            )

    def sums(self, matrix: Floats) -> Floats:
        """The sum (of a forest: the mean) over the trees, (n, m) to (n, k); the same bits for few rows and for many.

        Raises
        ------
        ValueError
            The matrix has another number of columns: the library would read beyond it.
        """
        rows, columns = matrix.shape
        if columns != self._columns:
            raise ValueError(f"the trees take {self._columns} columns, not {columns}")
        if rows == 1 and self._alone is not None:
            return self._alone.sums(matrix[0].tolist())
        if self._together is not None and rows >= (_MANY_PATHS if self._single else _MANY):
            return self._together.sums(self._given(matrix))
        found = np.zeros((rows, self._width))
        for start in range(0, rows, _ROWS):
            self._fill(matrix[start : start + _ROWS], found[start : start + _ROWS])
        return found

    def _fill(self, matrix: Floats, out: Floats) -> None:
        given = np.ascontiguousarray(self._given(matrix), np.float64)
        check(self._ask(self._model, given.ctypes.data, b"float64", given.shape[0], out.ctypes.data, self._config))

    def _given(self, matrix: Floats) -> Floats:
        return matrix.astype(np.float32).astype(np.float64) if self._single else matrix


def _width(own: ctypes.CDLL, model: ctypes.c_void_p, config: ctypes.c_void_p) -> int:
    """Numbers that there are for one row."""
    shape, dimensions = ctypes.POINTER(ctypes.c_uint64)(), ctypes.c_uint64()
    check(own.TreeliteGTILGetOutputShape(model, 1, config, ctypes.byref(shape), ctypes.byref(dimensions)))
    return int(np.prod([shape[place] for place in range(dimensions.value)]))
