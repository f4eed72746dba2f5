"""One thread for numerical libraries, so that their sums have one order."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Fit and predict on one thread inside.

    Boosting and BLAS add up in an order that depends on the number of threads, so a model's bytes would depend on the
    machine. It costs little: a fit of 37,000 rows takes half the processor time of one on two threads, whose threads
    wait for each other at every node of a tree (and, where other processes want the cores too, eight times its wall
    time). What is independent, such as trials, is where parallel work pays.
    """
    import sklearn.ensemble  # noqa: F401 - only libraries that are loaded by now can be limited
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield
