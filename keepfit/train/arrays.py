"""Arrays that other processes may read: one file without a name, which is gone when the last of them has ended."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from keepfit.errors import InfrastructureError, Problem
from keepfit.records import Record, parse
from keepfit.train.estimators import Layout
from keepfit.train.material import Labels, Material, Part, Rules

_ALIGNED = 64


class Place(Record, frozen=True, kw_only=True):
    """Where an array lies in the file."""

    offset: int
    dtype: str
    shape: tuple[int, ...]


class Index(Record, frozen=True, kw_only=True):
    """What lies in the file, by name."""

    rules: Rules
    places: dict[str, Place]
    shapes: dict[str, tuple[int, int]]  # of sparse matrices
    categorical: dict[str, tuple[int, ...]]
    folds: int


@contextmanager
def shared(material: Material) -> Iterator[tuple[IO[bytes], bytes]]:
    """A file with the arrays of ``material``, and the index (one line of JSON) by which `opened` finds them.

    Raises
    ------
    InfrastructureError
        There is no room for it.
    """
    try:
        with tempfile.TemporaryFile(prefix="keepfit-train-") as file:
            yield file, _write(file, material)
    except OSError as error:
        raise InfrastructureError(
            Problem(
                f"the validation folds could not be handed to other processes: {error.strerror}",
                where=tempfile.gettempdir(),
                did="trained nothing; the champion stays",
                do="make room there, let TMPDIR name another folder, or set `train.workers: 1`",
            )
        ) from error


def _write(file: IO[bytes], material: Material) -> bytes:
    places: dict[str, Place] = {}
    shapes: dict[str, tuple[int, int]] = {}
    for name, array in _arrays(material, shapes):
        file.write(b"\0" * (-file.tell() % _ALIGNED))
        places[name] = Place(offset=file.tell(), dtype=array.dtype.str, shape=array.shape)
        file.write(np.ascontiguousarray(array).data)
    file.flush()
    index = Index(
        rules=material.rules,
        places=places,
        shapes=shapes,
        categorical={f"{fold}/{layout}": part.categorical for (fold, layout), part in material.parts.items()},
        folds=len(material.labels),
    )
    return msgspec.json.encode(index) + b"\n"


def _arrays(material: Material, shapes: dict[str, tuple[int, int]]) -> Iterator[tuple[str, NDArray[Any]]]:
    for fold, labels in enumerate(material.labels):
        for name in Labels._fields:
            yield f"{fold}/{name}", getattr(labels, name)
    for (fold, layout), part in material.parts.items():
        for side, matrix in (("fit", part.fit), ("score", part.score)):
            name = f"{fold}/{layout}/{side}"
            if layout == "sparse":
                shapes[name] = matrix.shape
                yield from ((f"{name}/{piece}", getattr(matrix, piece)) for piece in ("data", "indices", "indptr"))
            else:
                yield name, matrix


def opened(file: IO[bytes], line: bytes) -> Material:
    """The material in a file, mapped, not copied."""
    index = parse(line, Index)
    arrays = {name: _mapped(file, place) for name, place in index.places.items()}
    labels = tuple(Labels(*(arrays[f"{fold}/{name}"] for name in Labels._fields)) for fold in range(index.folds))
    parts = {}
    for name, categorical in index.categorical.items():
        fit, score = (_matrix(arrays, index.shapes, f"{name}/{side}") for side in ("fit", "score"))
        parts[_key(name)] = Part(fit, score, categorical)
    return Material(index.rules, labels, parts)


def _mapped(file: IO[bytes], place: Place) -> NDArray[Any]:
    if not all(place.shape):
        return np.empty(place.shape, place.dtype)
    return np.asarray(np.memmap(file, place.dtype, "r", place.offset, place.shape))


def _matrix(arrays: Mapping[str, NDArray[Any]], shapes: Mapping[str, tuple[int, int]], name: str) -> Any:
    if name not in shapes:
        return arrays[name]
    from scipy.sparse import csr_array

    return csr_array(tuple(arrays[f"{name}/{piece}"] for piece in ("data", "indices", "indptr")), shape=shapes[name])


def _key(name: str) -> tuple[int, Layout]:
    fold, _, layout = name.partition("/")
    return int(fold), cast(Layout, layout)
