"""One version, served until nobody holds the other end of stdin: ``python -m keepfit.serving.lone FD``.

``FD`` is the socket to listen on. What to serve is one line of JSON on stdin; when stdin ends, so does this process,
and the folder that the version lies in is gone.
"""

import logging
import os
import shutil
import socket
import sys
import threading
from pathlib import Path

from keepfit.errors import IntegrityError, KeepfitError
from keepfit.records import Record, Seat, parse

STORE = "store"
DEADLINE = 60.0  # seconds for an answer: a slow version is slow, not broken


class Job(Record, frozen=True, kw_only=True):
    """The version of a use case in the ``store`` of a folder, and the SHA-256 of the token of who may ask."""

    folder: str
    use_case: str
    seat: Seat
    token: str


def serve(job: Job, listener: socket.socket) -> None:
    """Answer on a socket.

    A version that does not answer its probe set is served nevertheless: who asks is about to compare.

    Raises
    ------
    IntegrityError
        A file was altered, or is not what it should be.
    """
    from keepfit.serving.answers import Answers
    from keepfit.serving.copy import LocalCopy
    from keepfit.serving.follow import Follower, State
    from keepfit.serving.metrics import Metrics
    from keepfit.serving.routes import application
    from keepfit.serving.server import serve as answer_on
    from keepfit.serving.tokens import Tokens
    from keepfit.serving.version import opened, see_that_it_answers
    from keepfit.store import Directory

    name, store, metrics = job.use_case, Directory(Path(job.folder, STORE)), Metrics((job.use_case,))
    follower = Follower(store, name, LocalCopy(None, store, name), metrics)
    live = opened(store, name, job.seat)
    try:
        see_that_it_answers(store, live)
    except IntegrityError as error:
        sys.stderr.write(f"{error}\n")
    follower.state = State(live)
    answers = Answers({name: follower}, Tokens({job.token: frozenset({"admin"})}), metrics, deadline=DEADLINE)
    answer_on(application(answers), answers, listener, lambda: None)


def _end_with(parent: int, folder: str) -> None:
    """Nobody waits for what is under way when the parent is done or dead."""
    while os.read(parent, 1):  # nothing comes: not by a buffer, whose lock would be held when the process ends
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def main() -> int:
    """Serve what stdin says."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    job = parse(sys.stdin.buffer.readline(), Job)
    threading.Thread(target=_end_with, args=(sys.stdin.fileno(), job.folder), daemon=True).start()
    try:
        serve(job, socket.socket(fileno=int(sys.argv[1])))
    except KeepfitError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
