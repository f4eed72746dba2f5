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
    """With a server that does not do its part; the pauses outlast one that is away for 10 seconds.

    Parameters
    ----------
    attempts : of one request, the first included.
    seconds : for one operation, all attempts and pauses together; large ones get more, by their size.
    connect : seconds until a connection stands.
    silence : seconds that a server that is to say or take something may do nothing.
    pause : seconds before the second attempt, at most (at least half); twice as much before each further one.
    """

    attempts: int = 8
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

    def of(self, call: Callable[[], T], worth: Callable[[Exception], int]) -> T:
        """What ``call`` returns, tried again with jitter while it fails with something that may pass.

        Parameters
        ----------
        worth : how many attempts a failure is worth; 1 if it will not pass.

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
                # Jitter: writers that failed together do not come back together. Half is sure: a server needs its time.
                longest = min(_LONGEST_PAUSE, self._patience.pause * 2**turn)
                pause = random.uniform(longest / 2, longest)  # noqa: S311 (no secret)
                if turn + 1 >= min(self._patience.attempts, worth(error)) or pause >= self.left:
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
