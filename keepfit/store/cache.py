"""Objects of a store that was fetched over a network, kept on this machine.

Guarantees: what is handed out was hashed just now; a file that is not what its name says is fetched again; several
processes may share the folder; it stays below its size, oldest use first; without room or right to write there,
everything works as if there were no cache. Nothing but objects is ever kept: they alone can never change.
"""

import os
import secrets
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock

from keepfit.records import sha256
from keepfit.store.keys import digest_in, object_key, see_that_key
from keepfit.store.objects import get
from keepfit.store.store import Store

LIMIT = 10 * 1024**3  # bytes
_SHRINK_TO = 0.9
_LOOK_AGAIN = 16  # a process looks at the folder when it has written a sixteenth of the limit: others write too


def cache_folder(environ: Mapping[str, str]) -> Path | None:
    """``KEEPFIT_CACHE``, else the folder for caches of this platform; None where it is set to nothing, or no home is.

    >>> cache_folder({"KEEPFIT_CACHE": "/fast/cache"})
    PosixPath('/fast/cache')
    >>> cache_folder({"KEEPFIT_CACHE": ""})
    """
    if (given := environ.get("KEEPFIT_CACHE")) is not None:
        return Path(given).expanduser().absolute() if given.strip() else None
    if xdg := environ.get("XDG_CACHE_HOME"):
        return Path(xdg) / "keepfit"
    if not (home := environ.get("HOME")):
        return None
    return Path(home) / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "keepfit"


class Cached:
    """``behind``, whose objects are read from ``folder`` where they are there."""

    def __init__(self, behind: Store, folder: Path, limit: int = LIMIT) -> None:
        self.behind = behind
        self._objects = Objects(folder, limit)

    @property
    def address(self) -> str:
        """What ``open_store`` takes to come here again."""
        return self.behind.address

    def read(self, key: str) -> bytes:
        """The bytes of ``key``; fails as the store behind does."""
        digest = digest_in(key)
        return self.read_object(digest) if digest else self.behind.read(key)

    def read_object(self, digest: str) -> bytes:
        """The object of this digest; fails as the store behind does."""
        see_that_key(object_key(digest))  # it becomes the name of a file here too
        kept = self._objects.get(digest)
        if kept is not None:
            return kept
        data = get(self.behind, digest)
        self._objects.keep(digest, data)
        return data

    def create(self, key: str, data: bytes) -> None:
        """Publish ``data`` under ``key``; fails as the store behind does."""
        self.behind.create(key, data)
        if digest := digest_in(key):
            self._objects.keep(digest, data)

    def list(self, prefix: str, limit: int | None = None) -> "list[str]":
        """The keys that begin with ``prefix``, always those of the store behind."""
        return self.behind.list(prefix, limit)


def uncached(store: Store) -> Store:
    """The store itself: for who wants to know what is there now, such as ``keepfit verify``."""
    return store.behind if isinstance(store, Cached) else store


class Objects:
    """Files named by their digest, at most ``limit`` bytes of them."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder / "objects"
        self._limit = limit
        self._room = 0  # bytes that may be written before the folder is looked at again
        self._lock = Lock()

    def get(self, digest: str) -> bytes | None:
        """The object, or None where it is not here or is not itself."""
        path = self._path(digest)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        if sha256(data) != digest:
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):
            os.utime(path)  # used now; file systems seldom say when a file was read
        return data

    def keep(self, digest: str, data: bytes) -> None:
        """Keep it, if that is possible at all; nothing is synced, for every read looks whether it is whole."""
        if len(data) > self._limit // 2:
            return
        path = self._path(digest)
        temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            self._make_room(len(data))
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary.write_bytes(data)
            temporary.replace(path)
        except OSError:
            with suppress(OSError):
                temporary.unlink()

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def _make_room(self, size: int) -> None:
        with self._lock:
            self._room -= size
            if self._room >= 0:
                return
            used = self._shrink(size)
            self._room = min(self._limit - used - size, self._limit // _LOOK_AGAIN)

    def _shrink(self, size: int) -> int:
        """Remove what was not used for longest until ``size`` bytes find room; how many bytes are left."""
        files = sorted(_files(self._folder))
        used = sum(each for _, each, _ in files)
        if used + size <= self._limit:
            return used
        for _, each, path in files:
            if used + size <= self._limit * _SHRINK_TO:
                break
            with suppress(OSError):
                path.unlink()
            used -= each
        return used


def _files(folder: Path) -> list[tuple[float, int, Path]]:
    """When each file was last used, its bytes and where it is; also what a killed writer left."""
    found = []
    for path in folder.glob("*/*"):
        with suppress(OSError):  # another process may have removed it
            stat = path.stat()
            found.append((stat.st_mtime, stat.st_size, path))
    return found
