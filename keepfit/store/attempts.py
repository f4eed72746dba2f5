"""Trying again, but not for ever: how often, how long, and with which pauses.

Guarantee: an operation returns or raises within ``Patience.seconds`` plus a second for every MiB that it moves,
whatever the other side does, also if it sends one byte now and then.
"""

import random
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from time import monotonic, sleep
from typing import TypeVar

T = TypeVar("T")

_SLOWEST = 1024 * 1024  # bytes per second; over a slower line no model can be kept fit
_LONGEST_PAUSE = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Patience:
    """With a server that does not do its part.

    Parameters
    ----------
    attempts : of one request, the first included.
    seconds : for one operation, all attempts and pauses together; large ones get more, by their size.
    connect : seconds until a connection stands.
    silence : seconds that a server that is to say or take something may do nothing.
    pause : seconds before the second attempt, at most; twice as much before each further one.
    """

    attempts: int = 5
    seconds: float = 60.0
    connect: float = 5.0
    silence: float = 15.0
    pause: float = 0.2


class Attempts:
    """What one operation has left of its patience."""

    def __init__(self, patience: Patience, size: int = 0) -> None:
        self._patience = patience
        self._start = monotonic()
        self._size = size
        self.made = 0

    def expect(self, size: int) -> None:
        """So many bytes are to be moved, as is known only now."""
        self._size = max(self._size, size)

    @property
    def took(self) -> float:
        """Seconds so far."""
        return monotonic() - self._start

    @property
    def left(self) -> float:
        """Seconds until the deadline; at least 0."""
        return max(0.0, self._patience.seconds + self._size / _SLOWEST - self.took)

    def of(self, call: Callable[[], T], transient: Callable[[Exception], bool]) -> T:
        """What ``call`` returns, tried again with full jitter while it fails with something that may pass.

        Raises
        ------
        TimeoutError
            The deadline has come.
        Exception
            The last failure of ``call``.
        """
        for turn in range(self._patience.attempts):
            self.made += 1
            try:
                return self._within(call)
            except Exception as error:
                # Full jitter: writers that failed together do not come back together.
                pause = random.uniform(0, min(_LONGEST_PAUSE, self._patience.pause * 2**turn))  # noqa: S311 (no secret)
                last = turn + 1 == self._patience.attempts or pause >= self.left
                if last or not transient(error):
                    raise
            sleep(pause)
        raise TimeoutError  # no attempts at all

    def _within(self, call: Callable[[], T]) -> T:
        # In a thread, because time-outs of sockets bound a pause and not the whole, and nothing bounds the resolver.
        # One that is too late is left behind; it ends with its socket, or with this process.
        future: Future[T] = Future()
        Thread(target=_settle, args=(future, call), name="keepfit-s3", daemon=True).start()
        while True:
            try:
                return future.result(timeout=self.left)
            except TimeoutError:
                if future.done() or not self.left:
                    raise


def _settle(future: Future[T], call: Callable[[], T]) -> None:
    try:
        future.set_result(call())
    except BaseException as error:  # noqa: BLE001 (raised again where the result is asked for)
        future.set_exception(error)
