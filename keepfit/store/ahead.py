"""Reading a little ahead of who asks: a store far away costs its delay once, and not each time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 6  # answers that are waited for, or held, before they are asked for


def ahead(read: Callable[[T], R], wanted: Iterable[T], at_once: int = AHEAD, threads: int | None = None) -> Iterator[R]:
    """``map(read, wanted)``, by threads, with no more than ``at_once`` answers that are worked on or held.

    Whatever ``read`` raises is raised when the iteration comes to it. An iteration that is given up does not wait for
    its threads: it may be the garbage collector that ends it, within another thread that is just starting.

    Parameters
    ----------
    threads
        As many as answers if it is not given.

    >>> list(ahead(str, range(20)))[-1]
    '19'
    """
    waiting: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(threads or at_once, thread_name_prefix="keepfit-ahead")
    try:
        for one in wanted:
            waiting.append(pool.submit(read, one))
            if len(waiting) == at_once:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
