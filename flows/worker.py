"""One process that answers over HTTP: the only one of a server, or one of several.

``python -m flows.worker PLACE`` is started by `flows.serve`, with a JSON of `Place`.
"""

import logging
import os
import re
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from keepfit.errors import KeepfitError
from keepfit.records import parse

if TYPE_CHECKING:
    from keepfit.serving.cells import Cells
    from keepfit.serving.log.log import PredictionLog
    from keepfit.store import Store


class Settings(msgspec.Struct, frozen=True):
    """What all workers of a server have in common; ``log`` empty: predictions are not logged.

    ``ship_every`` is how many seconds what is logged stays on this machine before it goes to the store.
    """

    names: tuple[str, ...]
    store: str | None
    most_waiting: int
    deadline: float
    every: float
    log: str
    sync: bool
    ship_every: float


class Place(msgspec.Struct, frozen=True):
    """What one of several workers is given: numbers of descriptors, its place, and whether another died there."""

    settings: Settings
    listener: int
    cells: int
    lifeline: int
    row: int
    again: bool


Versions = dict[str, int | None]


def prepare() -> None:
    """Set what must be set before numerical libraries are loaded, and where warnings go."""
    # One request has one thread, so that its sums have one order.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", stream=sys.stderr)


def work(
    settings: Settings,
    listener: socket.socket,
    started: Callable[[Versions], None],
    cells: "Cells | None" = None,
    *,
    again: bool = False,
) -> None:
    """Answer on a socket until a signal comes; returns when everything in flight is answered and logged."""
    from flows.commands import opened
    from keepfit.serving.answers import Answers
    from keepfit.serving.copy import LocalCopy
    from keepfit.serving.follow import Follower
    from keepfit.serving.metrics import Metrics
    from keepfit.serving.routes import application
    from keepfit.serving.server import serve
    from keepfit.serving.tokens import tokens_of
    from keepfit.store.cache import cache_folder

    store, caches, metrics = opened(settings.store), cache_folder(os.environ), Metrics(settings.names, cells)
    if again:
        metrics.add("worker_restarts")
    tokens = tokens_of(os.environ.get("KEEPFIT_TOKENS"))
    followers = {name: Follower(store, name, LocalCopy(caches, store, name), metrics, settings.every)
                 for name in settings.names}  # fmt: skip
    for follower in followers.values():
        follower.start()
    logs = _logs(settings, store)
    answers = Answers(
        followers, tokens, metrics,
        most=settings.most_waiting, deadline=settings.deadline, logs=logs, worker=cells.row if cells else 0,
    )  # fmt: skip

    def told() -> None:
        states = {name: follower.state for name, follower in followers.items()}
        started({name: state.live.seat.number if state.live else None for name, state in states.items()})

    serve(application(answers), answers, listener, told)
    for follower in followers.values():
        follower.stop()
    for each in logs.values():
        each.close()


def log_folder(given: str | None, environ: Mapping[str, str]) -> str:
    """Where predictions are logged before they go to the store; empty where none are.

    >>> log_folder(None, {"HOME": "/home/ada"})
    '/home/ada/.local/state/keepfit/log'
    >>> log_folder("", {"HOME": "/home/ada"})
    ''
    """
    named = environ.get("KEEPFIT_LOG") if given is None else given
    if named is not None:
        return str(Path(named).expanduser().absolute()) if named.strip() else ""
    state = environ.get("XDG_STATE_HOME") or (f"{environ['HOME']}/.local/state" if environ.get("HOME") else None)
    return str(Path(state) / "keepfit" / "log") if state else ""


def _logs(settings: Settings, store: "Store") -> "dict[str, PredictionLog]":
    """A log for each use case; this process is a worker of its own, so that none waits for another."""
    if not settings.log:
        return {}
    from keepfit.serving.log.log import PredictionLog

    host = re.sub(r"[^a-z0-9-]+", "-", socket.gethostname().lower()).strip("-")[:60] or "host"
    worker, age = f"{host}-{os.getpid()}", timedelta(seconds=settings.ship_every)
    return {
        name: PredictionLog(Path(settings.log), store, name, worker, sync=settings.sync, segment_age=age)
        for name in settings.names
    }


def main(words: Sequence[str]) -> int:
    """Be one of several workers."""
    prepare()
    place = parse(words[0].encode(), Place)

    from keepfit.serving.cells import Cells
    from keepfit.serving.metrics import width
    from keepfit.serving.workers import end_with_parent

    end_with_parent(place.lifeline)
    cells = Cells(place.cells, width(place.settings.names), place.row)

    def started(versions: Versions) -> None:
        sys.stdout.write(msgspec.json.encode({"pid": os.getpid(), "use_cases": versions}).decode() + "\n")
        sys.stdout.flush()

    try:
        work(place.settings, socket.socket(fileno=place.listener), started, cells, again=place.again)
    except KeepfitError as error:
        from flows.problems import show_problems

        show_problems(error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
