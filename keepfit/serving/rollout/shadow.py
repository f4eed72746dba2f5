"""Work for one thread that nobody waits for: done many pieces at once, bounded, and dropped rather than late."""

from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")

MOST = 2048  # pieces of work
MOST_RECORDS = 20_000
AT_ONCE = 1024  # records
LINGER = 0.02  # seconds until what has come is done: with more at once the processor is free for those who wait


class Background(Generic[T]):
    """Does what it is offered, in order; ``work`` must not raise."""

    def __init__(self, name: str, work: Callable[[list[T]], None]) -> None:
        self._work, self._waiting = work, deque[tuple[int, T]]()
        self._records = 0
        self._changed = Condition()
        self._ending = False
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def offer(self, records: int, piece: T) -> bool:
        """Take some work of so many records; False where too much waits already."""
        with self._changed:
            waiting = self._waiting
            full = len(waiting) >= MOST or (waiting and self._records + records > MOST_RECORDS)
            if self._ending or full:
                return False
            waiting.append((records, piece))
            self._records += records
            if len(waiting) == 1:
                self._changed.notify()
        return True

    def close(self, seconds: float) -> None:
        """Take no more; what waits is done, unless that takes longer than so many seconds."""
        end = monotonic() + seconds
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(max(0.0, end - monotonic()))
        with self._changed:
            self._waiting.clear()

    def _run(self) -> None:
        while pieces := self._next():
            self._work(pieces)

    def _next(self) -> list[T]:
        """What is done at once; nothing at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ending)
            self._changed.wait_for(lambda: self._ending, LINGER)
            pieces: list[T] = []
            size = 0
            while self._waiting and (not pieces or size + self._waiting[0][0] <= AT_ONCE):
                records, piece = self._waiting.popleft()
                size += records
                pieces.append(piece)
            self._records -= size
            return pieces
