"""Work on parts by two threads (Arrow and numpy let go of the interpreter), answers in order, few in memory."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from keepfit.store import ahead

A = TypeVar("A")
B = TypeVar("B")

_THREADS = 2


def in_turn(work: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
    """``map(work, items)``, a little ahead of who asks.

    >>> list(in_turn(abs, [-1, 2, -3]))
    [1, 2, 3]
    """
    return ahead(work, items, _THREADS + 1, _THREADS)
