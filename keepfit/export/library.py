"""treelite's C library, called as its C API documents it.

Not through its Python package, which imports scipy and costs a third of the time of one record.
"""

import ctypes
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepfit.errors import InfrastructureError, IntegrityError, Problem

_TYPES = {b"=l": "i4", b"=L": "u4", b"=Q": "u8", b"=B": "u1", b"=b": "i1", b"=f": "f4", b"=d": "f8"}
_LIBRARIES = {"darwin": "libtreelite.dylib", "win32": "treelite.dll"}


@cache
def library() -> ctypes.CDLL:
    """The library, found where the package is installed and loaded once."""
    spec = find_spec("treelite")  # looked for, not imported
    name = _LIBRARIES.get(sys.platform, "libtreelite.so")
    folders = spec.submodule_search_locations if spec and spec.submodule_search_locations else ()
    path = next((path for folder in folders if (path := Path(folder, "lib", name)).is_file()), None)
    if path is None:
        raise InfrastructureError(Problem("treelite is not installed as it should be", expected=f"treelite/lib/{name}"))
    found = ctypes.CDLL(str(path))
    found.TreeliteGetLastError.restype = ctypes.c_char_p
    found.TreeliteFreeModel.argtypes = found.TreeliteGTILDeleteConfig.argtypes = (ctypes.c_void_p,)
    found.TreeliteDeserializeModelFromBytes.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p)
    found.TreeliteGTILGetOutputShape.argtypes = (ctypes.c_void_p, ctypes.c_uint64, *[ctypes.c_void_p] * 3)
    found.TreeliteGetHeaderField.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    found.TreeliteGetTreeField.argtypes = (ctypes.c_void_p, ctypes.c_uint64, ctypes.c_char_p, ctypes.c_void_p)
    found.TreeliteGTILPredict.argtypes = (
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_uint64,
        ctypes.c_void_p,
        ctypes.c_void_p,
    )
    return found


def check(code: int) -> None:
    """See that a call went well.

    Raises
    ------
    IntegrityError
        With what the library says.
    """
    if code:
        said = library().TreeliteGetLastError().decode(errors="replace")
        raise IntegrityError(Problem("treelite refused the trees", found=said[:300]))


class _Frame(ctypes.Structure):
    """An array as the library hands it out; it stays the library's."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("format", ctypes.c_char_p),
        ("size", ctypes.c_size_t),
        ("count", ctypes.c_size_t),
    )


def field(get: Any, model: ctypes.c_void_p, *which: Any) -> NDArray[Any]:
    """A copy of one of a model's or a tree's arrays."""
    frame = _Frame()
    check(get(model, *which, ctypes.byref(frame)))
    kind = np.dtype(_TYPES[frame.format])
    return np.frombuffer(ctypes.string_at(frame.data, frame.count * frame.size) if frame.data else b"", kind)
