"""Files on this machine."""

import glob
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path

from keepfit.data.places.found import Found, R, Read
from keepfit.errors import DataError, InfrastructureError, Problem

_ATTEMPTS = 3


class Local:
    """The files that a pattern matches, relative to ``root`` (an absolute pattern: absolute)."""

    def __init__(self, root: Path, pattern: str) -> None:
        self._root, self._pattern = root, pattern

    def found(self) -> list[Found]:
        """The files that are there, sorted by path; see `keepfit.data.places.Place`."""
        paths = glob.glob(self._pattern, root_dir=self._root, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute one
        files = [each for path in sorted(paths) if (each := self._look(path)) is not None]
        if not files:
            do = "see whether the pattern is right, and whether the upstream system has written anything"
            what = f"no file matches {self._pattern}"
            did = "trained nothing; the champion stays"
            raise DataError(Problem(what, str(self._root), "at least one file", "none", did, do))
        return files

    def reading(self, file: Found, use: Callable[[Read], R]) -> R:
        """Read through one handle: what is parsed is what was hashed; see `keepfit.data.places.Place`."""
        path = file.path
        for _ in range(_ATTEMPTS):
            try:
                with (self._root / path).open("rb") as handle:
                    before = _found(path, os.fstat(handle.fileno()))
                    digest = hashlib.file_digest(handle, "sha256").hexdigest()
                    handle.seek(0)
                    result, error = _used(use, Read(before, digest, handle))
                    if before == _found(path, os.fstat(handle.fileno())):
                        if error is not None:
                            raise error
                        return result  # type: ignore[return-value] # there is no error, so there is a result
            except OSError as error:
                raise InfrastructureError(Problem("a file cannot be read", path, found=str(error.strerror))) from error
        do = "have files written under another name and renamed when they are whole"
        raise DataError(
            Problem("a file changes while it is read", path, "a file at rest", f"{_ATTEMPTS} times another", do=do)
        )

    def _look(self, path: str) -> Found | None:
        try:
            # os.path: a Path for each of thousands of files costs more than the look itself.
            seen = os.stat(os.path.join(self._root, path))  # noqa: PTH116, PTH118
        except FileNotFoundError:  # gone since the folder was listed
            return None
        return _found(path, seen) if stat.S_ISREG(seen.st_mode) else None


def _found(path: str, seen: os.stat_result) -> Found:
    marks = f"{seen.st_size:x}-{seen.st_mtime_ns:x}-{seen.st_ctime_ns:x}-{seen.st_ino:x}-{seen.st_dev:x}"
    return Found(path, marks, seen.st_ctime_ns, seen.st_size)


def _used(use: Callable[[Read], R], read: Read) -> tuple[R | None, DataError | None]:
    """An error of the data counts only if the file held still."""
    try:
        return use(read), None
    except DataError as error:
        return None, error
