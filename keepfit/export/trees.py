"""Trees asked by treelite's C library, one thread a call, many rows of boosting in numpy; safe from many threads.

The library is called as its C API documents it and not through its Python package, which imports scipy and costs a
third of the time of one record. Every call gives the GIL back.
"""

import ctypes
import sys
import weakref
from functools import cache, partial
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepfit.errors import InfrastructureError, IntegrityError, Problem
from keepfit.export.leaves import Leaves, Tree

Floats = NDArray[np.float64]

_RAW = b'{"predict_type": "raw", "nthread": 1}'  # sums: its own softmax is of 32 bits
_ROWS = 1 << 13  # at a time
_MANY = 8  # rows from which on the other way is quicker
_TYPES = {b"=l": "i4", b"=L": "u4", b"=Q": "u8", b"=B": "u1", b"=b": "i1", b"=f": "f4", b"=d": "f8"}
_NUMERIC, _CATEGORICAL, _NOT_LARGER = 1, 2, 3  # treelite's words for nodes and comparisons
_LIBRARIES = {"darwin": "libtreelite.dylib", "win32": "treelite.dll"}


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
        library = _library()
        self._columns, self._single = columns, single
        self._model, self._config = ctypes.c_void_p(), ctypes.c_void_p()
        _check(library.TreeliteDeserializeModelFromBytes(data, len(data), ctypes.byref(self._model)))
        weakref.finalize(self, library.TreeliteFreeModel, self._model)
        _check(library.TreeliteGTILParseConfig(_RAW, ctypes.byref(self._config)))
        weakref.finalize(self, library.TreeliteGTILDeleteConfig, self._config)
        self._see_shape(library)
        self._ask = library.TreeliteGTILPredict
        self._width = _width(library, self._model, self._config)
        self._leaves = None if single else self._in_leaves(library)

    @property
    def quick(self) -> bool:
        """Whether there is another way for many rows."""
        return self._leaves is not None

    def _in_leaves(self, library: ctypes.CDLL) -> Leaves | None:
        """The same for many rows, where the trees are of that kind."""
        base = _field(library.TreeliteGetHeaderField, self._model, b"base_scores")
        trees = int(_field(library.TreeliteGetHeaderField, self._model, b"num_tree")[0])
        classes = _field(library.TreeliteGetHeaderField, self._model, b"class_id").tolist()
        if classes != list(islice(cycle(range(len(base))), trees)) or len(base) != self._width:
            return None
        try:
            return Leaves([_tree(library, self._model, place) for place in range(trees)], base)
        except ValueError:
            return None

    def _see_shape(self, library: ctypes.CDLL) -> None:
        count, kind = ctypes.c_int(), ctypes.c_char_p()
        _check(library.TreeliteQueryNumFeature(self._model, ctypes.byref(count)))
        _check(library.TreeliteGetInputType(self._model, ctypes.byref(kind)))
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
        if self._leaves is not None and rows >= _MANY:
            return self._leaves.sums(matrix)
        found = np.zeros((rows, self._width))
        for start in range(0, rows, _ROWS):
            self._fill(matrix[start : start + _ROWS], found[start : start + _ROWS])
        return found

    def _fill(self, matrix: Floats, out: Floats) -> None:
        given = matrix.astype(np.float32) if self._single else matrix
        given = np.ascontiguousarray(given, np.float64)
        _check(self._ask(self._model, given.ctypes.data, b"float64", given.shape[0], out.ctypes.data, self._config))


def _width(library: ctypes.CDLL, model: ctypes.c_void_p, config: ctypes.c_void_p) -> int:
    """Numbers that there are for one row."""
    shape, dimensions = ctypes.POINTER(ctypes.c_uint64)(), ctypes.c_uint64()
    _check(library.TreeliteGTILGetOutputShape(model, 1, config, ctypes.byref(shape), ctypes.byref(dimensions)))
    return int(np.prod([shape[place] for place in range(dimensions.value)]))


def _tree(library: ctypes.CDLL, model: ctypes.c_void_p, place: int) -> Tree:
    """A tree of boosting.

    Raises
    ------
    ValueError
        It is of another kind.
    """
    read = partial(_field, library.TreeliteGetTreeField, model, ctypes.c_uint64(place))
    left, listed = read(b"cleft").tolist(), read(b"category_list").tolist()
    numeric, by_category = (read(b"node_type") == kind for kind in (_NUMERIC, _CATEGORICAL))
    if (read(b"cmp")[numeric] != _NOT_LARGER).any() or read(b"category_list_right_child").any():
        raise ValueError("splits are compared in another way")
    ends = zip(read(b"category_list_begin").tolist(), read(b"category_list_end").tolist(), strict=True)
    return Tree(
        left=left,
        right=read(b"cright").tolist(),
        column=read(b"split_index").tolist(),
        threshold=read(b"threshold").tolist(),
        missing_left=read(b"default_left").astype(bool).tolist(),
        value=read(b"leaf_value").tolist(),
        categories=[frozenset(listed[begin:end]) if listed_ else None
                    for (begin, end), listed_ in zip(ends, by_category.tolist(), strict=True)],
    )  # fmt: skip


class _Frame(ctypes.Structure):
    """An array as the library hands it out; it stays the library's."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("format", ctypes.c_char_p),
        ("size", ctypes.c_size_t),
        ("count", ctypes.c_size_t),
    )


def _field(get: Any, model: ctypes.c_void_p, *which: Any) -> NDArray[Any]:
    """A copy of one of a model's or a tree's arrays."""
    frame = _Frame()
    _check(get(model, *which, ctypes.byref(frame)))
    kind = np.dtype(_TYPES[frame.format])
    return np.frombuffer(ctypes.string_at(frame.data, frame.count * frame.size) if frame.data else b"", kind)


@cache
def _library() -> ctypes.CDLL:
    spec = find_spec("treelite")  # looked for, not imported
    name = _LIBRARIES.get(sys.platform, "libtreelite.so")
    folders = spec.submodule_search_locations if spec and spec.submodule_search_locations else ()
    path = next((path for folder in folders if (path := Path(folder, "lib", name)).is_file()), None)
    if path is None:
        raise InfrastructureError(Problem("treelite is not installed as it should be", expected=f"treelite/lib/{name}"))
    library = ctypes.CDLL(str(path))
    library.TreeliteGetLastError.restype = ctypes.c_char_p
    library.TreeliteFreeModel.argtypes = library.TreeliteGTILDeleteConfig.argtypes = (ctypes.c_void_p,)
    library.TreeliteDeserializeModelFromBytes.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p)
    library.TreeliteGTILGetOutputShape.argtypes = (ctypes.c_void_p, ctypes.c_uint64, *[ctypes.c_void_p] * 3)
    library.TreeliteGetHeaderField.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    library.TreeliteGetTreeField.argtypes = (ctypes.c_void_p, ctypes.c_uint64, ctypes.c_char_p, ctypes.c_void_p)
    library.TreeliteGTILPredict.argtypes = (
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_uint64,
        ctypes.c_void_p,
        ctypes.c_void_p,
    )
    return library


def _check(code: int) -> None:
    if code:
        said = _library().TreeliteGetLastError().decode(errors="replace")
        raise IntegrityError(Problem("treelite refused the trees", found=said[:300]))
