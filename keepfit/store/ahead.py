"""Reading a little ahead of who asks: a store far away costs its delay once, and not each time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 6  # answers that are waited for, or held, before they are asked for


def ahead(read: Callable[[T], R], wanted: Iterable[T], at_once: int = AHEAD) -> Iterator[R]:
    """``map(read, wanted)``, by threads of which no more than ``at_once`` read or hold an answer.

    Whatever ``read`` raises is raised when the iteration comes to it.

    >>> list(ahead(str, range(20)))[-1]
    '19'
    """
    waiting: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="keepfit-ahead")
    try:
        for one in wanted:
            waiting.append(pool.submit(read, one))
            if len(waiting) == at_once:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
