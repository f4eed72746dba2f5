"""Frames on their way to the disk: bounded, handed over in one go, in order."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Condition, RLock
from typing import NamedTuple

Acknowledged = asyncio.Future[None]


class Batch(NamedTuple):
    """What is written together: bytes, how many records they hold, and who waits for them."""

    data: bytes
    records: int
    waiting: tuple[Acknowledged, ...]


NOTHING = Batch(b"", 0, ())


class Queue:
    """Frames that wait; ``limit`` is in bytes and holds for what is being written too."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._frames: list[bytes] = []
        self._waiting: list[Acknowledged] = []
        self._lock = RLock()  # taken by itself where nobody is waited for: each answer passes here
        self._room = Condition(self._lock)
        self._records = self._new = 0
        self.bytes = 0  # also those that were taken and not yet written
        self.closed = False
        self._hurry = False
        self._taken = NOTHING

    def add(self, frame: bytes, records: int, waiting: Acknowledged | None) -> bool:
        """Take a frame, unless there is no room for it; whoever waits for one wakes the writer."""
        with self._lock:
            if self.closed or (self.bytes and self.bytes + len(frame) > self.limit):
                return False
            self._frames.append(frame)
            self._records += records
            self.bytes += len(frame)
            self._new += len(frame)
            if waiting is not None:
                self._waiting.append(waiting)
            if waiting is not None or (self._new > self.limit // 4 and not self._hurry):
                self._hurry = True
                self._room.notify()
        return True

    def take(self, seconds: float) -> Batch:
        """All that waits: at once if somebody waits for it or it grows, else after so many seconds."""
        with self._room:
            self._room.wait_for(lambda: self._hurry or self.closed, seconds)
            self._hurry = False
            batch = Batch(b"".join(self._frames), self._records, tuple(self._waiting))
            self._frames, self._waiting, self._records, self._new = [], [], 0, 0
            self._taken = batch  # from the moment that it is not in the queue any more, whatever becomes of the writer
            return batch

    def written(self, size: int) -> None:
        """So many bytes are done with: written, or given up."""
        with self._room:
            self.bytes -= size
            self._taken = NOTHING

    def give_up(self) -> Batch:
        """Take no more, and return all that waits or was taken and is not done with: nobody will write it."""
        with self._room:
            self.closed = True
            records = self._taken.records + self._records
            return Batch(b"", records, (*self._taken.waiting, *self._waiting))

    def close(self) -> None:
        """Take no more."""
        with self._room:
            self.closed = True
            self._room.notify()


def answer(waiting: tuple[Acknowledged, ...], tell: Callable[[Acknowledged], None]) -> None:
    """Tell those who wait, each in its own event loop, with one call a loop."""
    loops: dict[asyncio.AbstractEventLoop, list[Acknowledged]] = {}
    for one in waiting:
        loops.setdefault(one.get_loop(), []).append(one)
    for loop, those in loops.items():
        with suppress(RuntimeError):  # a loop that is closed has nobody who waits
            loop.call_soon_threadsafe(_tell_all, those, tell)


def _tell_all(waiting: list[Acknowledged], tell: Callable[[Acknowledged], None]) -> None:
    for one in waiting:
        if not one.done():  # the request may be gone
            tell(one)
