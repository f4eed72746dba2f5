"""What takes as long as the store does, done beside who follows a ledger.

That one would not hear meanwhile that the use case is taken out of service. So a load has a thread of its own, and is
left alone once nobody wants what it loads.
"""

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

from keepfit.serving.version import Live

T = TypeVar("T")


def loaded(load: Callable[[], Live], wanted: Callable[[], bool], every: float) -> Live | None:
    """What ``load`` returns; None where ``wanted``, asked every so many seconds until then, says no.

    Raises
    ------
    KeepfitError
        As ``load``.
    """
    future = begun(load)
    while not wait([future], every).done:
        if not wanted():
            return None
    return future.result()


def begun(work: Callable[[], T]) -> "Future[T]":
    """Work in a thread of its own, which nobody waits for when the process ends."""
    future: Future[T] = Future()
    Thread(target=_fill, args=(future, work), name="beside", daemon=True).start()
    return future


def _fill(future: "Future[T]", work: Callable[[], T]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is told to the one who waits
        future.set_exception(error)
