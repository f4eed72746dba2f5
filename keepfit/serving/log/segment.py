"""Segments: the files of one worker, appended to while open, never again once closed.

``FOLDER/USE CASE/WORKER/<name>.open`` becomes ``….closed``, and is gone when its records are in the store. Whoever
holds the lock on ``WORKER/lock`` is that worker; the system lets go of it when the process ends, however it ends. The
file ``running`` is there while a worker is, so that one that was killed is known afterwards.
"""

import fcntl
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from keepfit.errors import InfrastructureError, Problem
from keepfit.serving.log.frames import MAGIC

OPEN, CLOSED, DAMAGED = ".open", ".closed", ".damaged"
LOCK, RUNNING = "lock", "running"


def new_name(milliseconds: int) -> str:
    """A name that no other segment has or had, on whatever machine, and that sorts by time.

    >>> new_name(1_800_000_000_000)[:12]
    '01a3185c5000'
    """
    return f"{milliseconds:012x}{secrets.token_hex(4)}"


class Segment:
    """One open file."""

    def __init__(self, folder: Path, milliseconds: int) -> None:
        """Make it.

        Raises
        ------
        OSError
            The disk is full, or will not have it.
        """
        self.path = folder / f"{new_name(milliseconds)}{OPEN}"
        self.opened = milliseconds
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o640)
        self.size = 0
        try:
            self.append(MAGIC)
            sync_folder(folder)
        except OSError:
            self._drop()
            raise

    def append(self, data: bytes) -> None:
        """Write and sync: all of it, or the file is as it was.

        Raises
        ------
        OSError
            Not all of it could be written.
        """
        try:
            _write_all(self._file, data)
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        self.size += len(data)

    def close(self) -> None:
        """Give it to whoever ships it; an empty one is removed."""
        if self.size <= len(MAGIC):
            self._drop()
            return
        os.close(self._file)
        close(self.path)

    def _drop(self) -> None:
        os.close(self._file)
        with suppress(OSError):
            self.path.unlink()


def close(path: Path) -> None:
    """Mark a segment as one that nobody appends to any more."""
    with suppress(FileNotFoundError):  # another process was faster
        path.rename(path.with_suffix(CLOSED))
        sync_folder(path.parent)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lock(folder: Path) -> int | None:
    """Hold a worker's folder: the descriptor, or None while another process holds it."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def clear_up(folder: Path) -> bool:
    """Close what a process that is gone left open; whether it was killed. Only for whoever holds the lock."""
    for path in sorted(folder.glob(f"*{OPEN}")):
        close(path)
    killed = (folder / RUNNING).exists()
    (folder / RUNNING).unlink(missing_ok=True)
    return killed


def something_left(folder: Path) -> bool:
    """Whether a worker's own folder, or that of one who is gone, holds something for the store."""
    return any(folder.glob(f"*{CLOSED}")) or any(map(_left_behind, folder.parent.iterdir()))


def _left_behind(folder: Path) -> bool:
    left = (path for suffix in (OPEN, CLOSED) for path in folder.glob(f"*{suffix}"))
    if not folder.is_dir() or not ((folder / RUNNING).exists() or any(left)):
        return False
    held = lock(folder)
    if held is not None:
        os.close(held)
    return held is not None


class Owned(NamedTuple):
    """The lock on a folder, and whether its last process was killed."""

    held: int
    killed: bool


def own(folder: Path) -> Owned:
    """Become the worker of a folder, and close what its last process left open.

    Raises
    ------
    InfrastructureError
        A process that lives is that worker, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = lock(folder)
        killed = held is not None and clear_up(folder)
        if held is not None:
            (folder / RUNNING).touch()
        for place in [folder, *list(folder.parents)[:3]]:  # names that this may have made
            sync_folder(place)
    except OSError as error:
        what = f"the prediction log cannot be written: {error.strerror}"
        raise InfrastructureError(Problem(what, str(folder), did="answered nothing")) from error
    if held is None:
        what = "another process writes this prediction log"
        do = "give every worker a name of its own"
        raise InfrastructureError(Problem(what, str(folder), "a worker of its own", did="answered nothing", do=do))
    return Owned(held, killed)


def disown(folder: Path, held: int) -> None:
    """Stop being that worker, in good order."""
    with suppress(OSError):
        (folder / RUNNING).unlink()
    os.close(held)
