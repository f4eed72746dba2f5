"""A store in a directory of one file system: ``os.link`` publishes a file at once, or fails because it exists.

A temporary file lies beside its target under a name that no key can have, so one that a killed process left is never
listed and never read.
"""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from keepfit.errors import Exists, InfrastructureError, Missing, Problem
from keepfit.store.keys import see_that_key, see_that_prefix


class Directory:
    """Create-only bytes by key below ``root``, which is made by the first ``create``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._durable: set[Path] = set()

    @property
    def address(self) -> str:
        """What ``open_store`` takes to come here again."""
        return str(self.root)

    def read(self, key: str) -> bytes:
        """The bytes of ``key``.

        Raises
        ------
        Missing
            There is no such key.
        InfrastructureError
            The file is there and cannot be read.
        """
        path = self._path(key)
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise Missing(
                Problem("a key is not in the store", where=str(path), expected=key, found="nothing")
            ) from error
        except OSError as error:
            raise InfrastructureError(Problem(f"cannot read the store: {_cause(error)}", where=str(path))) from error

    def create(self, key: str, data: bytes) -> None:
        """Publish ``data`` under ``key``, all of it or nothing; when this returns it is on the disk.

        Raises
        ------
        Exists
            The key was there before; it is unchanged.
        InfrastructureError
            Disk full, read-only, no permission, no hard links; the store is unchanged.
        """
        path = self._path(key)
        temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            if path.is_file():  # seen early, so that a large object that is there is not written again
                raise _exists(path)
            self._make(path.parent)
            _write(temporary, data)
            self._publish(temporary, path)
        except OSError as error:
            taken = isinstance(error, FileExistsError) and path.is_file()
            raise _exists(path) if taken else _unwritable(error, path, len(data)) from error
        finally:
            with suppress(OSError):
                temporary.unlink()

    def list(self, prefix: str, limit: int | None = None) -> "list[str]":
        """The keys that begin with ``prefix``, in the order of their bytes, at most ``limit`` of them.

        Raises
        ------
        InfrastructureError
            A folder cannot be read.
        """
        folder, _, _ = see_that_prefix(prefix).rpartition("/")
        try:
            return list(islice(self._keys(folder, prefix), limit))
        except OSError as error:
            raise InfrastructureError(
                Problem(f"cannot list the store: {_cause(error)}", where=str(self.root / folder))
            ) from error

    def _path(self, key: str) -> Path:
        return self.root / see_that_key(key)

    def _keys(self, folder: str, prefix: str) -> Iterator[str]:
        # A folder sorts as its name with the slash, so that walking yields keys in the order of their bytes.
        try:
            with os.scandir(self.root / folder) as found:
                names = sorted(f"{e.name}/" if e.is_dir() else e.name for e in found if not e.name.startswith("."))
        except (FileNotFoundError, NotADirectoryError):
            return
        for name in names:
            key = f"{folder}/{name}" if folder else name
            if name.endswith("/"):
                if key.startswith(prefix) or prefix.startswith(key):
                    yield from self._keys(key[:-1], prefix)
            elif key.startswith(prefix):
                yield key

    def _make(self, folder: Path) -> None:
        # Another process may have made a folder and died before its name was on the disk: each process syncs it once.
        if folder in self._durable:
            return
        if folder != self.root:
            self._make(folder.parent)
        folder.mkdir(parents=folder == self.root, exist_ok=True)
        _sync(folder.parent)
        self._durable.add(folder)

    def _publish(self, temporary: Path, path: Path) -> None:
        os.link(temporary, path)
        _sync(path.parent)


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cause(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _exists(path: Path) -> Exists:
    return Exists(Problem("a key is in the store already", where=str(path), did="left what is there unchanged"))


def _unwritable(error: OSError, path: Path, needed: int) -> InfrastructureError:
    advice = {
        errno.ENOSPC: "free space on this file system, then run the same command again",
        errno.EDQUOT: "free space or raise the quota, then run the same command again",
        errno.EROFS: "mount the file system for writing, or give another store with --store",
        errno.EACCES: "give this user the right to write there, or give another store with --store",
        errno.EPERM: "give a store on a file system with hard links and the right to write",
    }
    return InfrastructureError(
        Problem(
            f"cannot write to the store: {_cause(error)}",
            where=str(path),
            expected=f"{needed:,} bytes free and the right to write",
            found=_free(path),
            did="left the store as it was",
            do=advice.get(error.errno or 0, "see that the directory can be written, then run the same command again"),
        )
    )


def _free(path: Path) -> str:
    there = next((folder for folder in path.parents if folder.is_dir()), None)
    if there is None:
        return "no folder"
    return f"{shutil.disk_usage(there).free:,} bytes free at {there}"
