"""Where files lie: which there are, how to see without reading whether one changed, and how to read one.

A file is read through one handle, and what is parsed is what was hashed: a file that changes meanwhile is read again,
and one that does not come to rest is an error.
"""

import glob
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

from keepfit.config.sources import FileSource
from keepfit.errors import DataError, InfrastructureError, Problem

R = TypeVar("R")

_ATTEMPTS = 3


class Found(NamedTuple):
    """A file that is there.

    ``signature`` changes whenever the file does (it says nothing about what is in it); ``changed`` is when it last did,
    in nanoseconds since 1970.
    """

    path: str
    signature: str
    changed: int
    size: int


class Read(NamedTuple):
    """A file while it is open: the digest of its bytes, its size, and a handle at its beginning."""

    digest: str
    size: int
    file: BinaryIO


def found(source: FileSource, root: Path) -> list[Found]:
    """The files that a source's pattern matches, by path relative to ``root`` (an absolute pattern: absolute), sorted.

    Raises
    ------
    DataError
        There is none.
    """
    paths = glob.glob(source.path, root_dir=root, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
    files = [each for path in sorted(paths) if (each := _look(root, path)) is not None]
    if not files:
        do = "see whether the pattern is right, and whether the upstream system has written anything"
        raise DataError(Problem(f"no file matches {source.path}", str(root), "at least one file", "none", do=do))
    return files


def _look(root: Path, path: str) -> Found | None:
    try:
        seen = os.stat(os.path.join(root, path))  # noqa: PTH116, PTH118 - a Path for each of thousands costs more than this
    except FileNotFoundError:  # gone since the folder was listed
        return None
    return _found(path, seen) if stat.S_ISREG(seen.st_mode) else None


def _found(path: str, seen: os.stat_result) -> Found:
    marks = f"{seen.st_size:x}-{seen.st_mtime_ns:x}-{seen.st_ctime_ns:x}-{seen.st_ino:x}-{seen.st_dev:x}"
    return Found(path, marks, seen.st_ctime_ns, seen.st_size)


def reading(root: Path, path: str, use: Callable[[Read], R]) -> R:
    """What ``use`` makes of a file that stayed as it was while it was used.

    Raises
    ------
    InfrastructureError
        It cannot be read.
    DataError
        It changes again and again.
    """
    for _ in range(_ATTEMPTS):
        try:
            with (root / path).open("rb") as file:
                before = _found(path, os.fstat(file.fileno()))
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                file.seek(0)
                result, error = _used(use, Read(digest, before.size, file))
                if before == _found(path, os.fstat(file.fileno())):
                    if error is not None:
                        raise error
                    return result  # type: ignore[return-value] # there is no error, so there is a result
        except OSError as error:
            raise InfrastructureError(Problem("a file cannot be read", path, found=str(error.strerror))) from error
    do = "have files written under another name and renamed when they are whole"
    raise DataError(
        Problem("a file changes while it is read", path, "a file at rest", f"{_ATTEMPTS} times another", do=do)
    )


def _used(use: Callable[[Read], R], read: Read) -> tuple[R | None, DataError | None]:
    """An error of the data counts only if the file held still."""
    try:
        return use(read), None
    except DataError as error:
        return None, error
