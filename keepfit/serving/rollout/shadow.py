"""Work for one thread that nobody waits for: bounded in number and records, and dropped rather than late."""

from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from time import monotonic

MOST = 256  # pieces of work
MOST_RECORDS = 20_000


class Background:
    """Runs what it is offered, one after the other, in order."""

    def __init__(self, name: str) -> None:
        self._work: deque[tuple[int, Callable[[], None]]] = deque()
        self._records = 0
        self._changed = Condition()
        self._ending = False
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def offer(self, size: int, work: Callable[[], None]) -> bool:
        """Take some work of so many records; False where too much waits already. ``work`` must not raise."""
        with self._changed:
            full = len(self._work) >= MOST or (self._work and self._records + size > MOST_RECORDS)
            if self._ending or full:
                return False
            self._work.append((size, work))
            self._records += size
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
            self._work.clear()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._work or self._ending)
                if not self._work:
                    return
                size, work = self._work.popleft()
                self._records -= size
            work()
