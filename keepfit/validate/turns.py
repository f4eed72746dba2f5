"""Work on parts by two threads (Arrow and numpy let go of the interpreter), answers in order, few in memory."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

_THREADS = 2


def in_turn(work: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
    """``map(work, items)``, a little ahead of who asks.

    >>> list(in_turn(abs, [-1, 2, -3]))
    [1, 2, 3]
    """
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="keepfit-part") as pool:
        ahead: deque[Future[B]] = deque()
        try:
            for item in items:
                ahead.append(pool.submit(work, item))
                if len(ahead) > _THREADS:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for waiting in ahead:
                waiting.cancel()
