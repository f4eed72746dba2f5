"""Loading a version beside what answers, with an eye on what is said meanwhile.

A load takes as long as the store does. Whoever follows a ledger would not hear for so long that the use case is taken
out of service; so the load has a thread of its own, and is left alone once nobody wants what it loads.
"""

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread

from keepfit.serving.version import Live


def loaded(load: Callable[[], Live], wanted: Callable[[], bool], every: float) -> Live | None:
    """What ``load`` returns; None where ``wanted``, asked every so many seconds until then, says no.

    Raises
    ------
    KeepfitError
        As ``load``.
    """
    future: Future[Live] = Future()
    Thread(target=_fill, args=(future, load), name="load", daemon=True).start()
    while not wait([future], every).done:
        if not wanted():
            return None
    return future.result()


def _fill(future: Future[Live], load: Callable[[], Live]) -> None:
    try:
        future.set_result(load())
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is told to the one who waits
        future.set_exception(error)
