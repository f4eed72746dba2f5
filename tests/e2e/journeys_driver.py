"""The command line as tests want it: it says what its memo does, and can be killed at a named point.

journeys_driver.py once TOLD POINT WORDS...   one run in this process
journeys_driver.py serve                      fork for each run that a line of stdin describes

A point is ``before STAGE`` (its body is about to run), ``made STAGE`` (the record is there, its memo is not), ``kept
STAGE`` (the memo is written), or ``write N``: the n-th beginning or end of a write to the store, which are told too.
The kill is SIGKILL, by this process to itself.
"""

import gc
import importlib
import itertools
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path

WANTED = (
    *("flows.commands", "flows.train", "flows.progress", "prefect.flow_engine", "prefect.task_engine"),
    *("prefect.artifacts", "pandas", "pyarrow.parquet", "pyarrow.csv", "scipy.stats", "skops.io"),
    *("sklearn.linear_model", "sklearn.ensemble", "sklearn.metrics", "threadpoolctl", "jinja2"),
    *("pandera.pandas", "great_expectations", "rich.console", "rich.live", "prefect.events.worker"),
)


class Teller(logging.Handler):
    """Writes a line for each thing that the memo does."""

    def __init__(self, path):
        super().__init__(logging.DEBUG)
        self._path = Path(path)

    def emit(self, record):
        with self._path.open("a") as file:
            file.write(f"{record.how} {record.stage}\n")


def tell(path):
    log = logging.getLogger("keepfit.memo")
    log.setLevel(logging.DEBUG)
    log.addHandler(Teller(path))


def die_at(point):
    """Make the memo kill this process at a point."""
    from keepfit import memo
    from keepfit.memo import memo as module
    from keepfit.registry import positions

    original = module.recorded

    def reach(when, stage):
        if f"{when} {stage}" == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def recorded(store, use_case, stage, inputs, *, kind, body, keep=lambda _record: True):
        def dying_body():
            reach("before", stage)
            record = body()
            reach("made", stage)
            return record

        record = original(store, use_case, stage, inputs, kind=kind, body=dying_body, keep=keep)
        reach("kept", stage)
        return record

    module.recorded = memo.recorded = positions.recorded = recorded


def die_at_write(told, number):
    """Make the store tell when it begins and has ended to write, and kill this process at one of these moments."""
    from keepfit.store import Directory

    original, lock, reached = Directory.create, threading.Lock(), itertools.count()

    def reach(when, key):
        with lock, Path(told).open("a") as file:
            file.write(f"{when} {key}\n")
            file.flush()
            if next(reached) == number:
                os.kill(os.getpid(), signal.SIGKILL)

    def create(self, key, data):
        reach("writes", key)
        original(self, key, data)
        reach("wrote", key)

    Directory.create = create


def once(told, point, words):
    from flows.cli import main

    tell(told)
    if point.startswith("write "):
        die_at_write(told, int(point.split()[1]))
    elif point:
        die_at(point)
    sys.argv = ["keepfit", *words]
    main(words)


def serve():
    """Import everything, then fork for each line."""
    for name in WANTED:
        importlib.import_module(name)
    gc.freeze()  # the children do not touch, and so not copy, what is here already
    say("ready")
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if not pid:
            become(asked)
            return once(asked["told"], asked["die"], asked["words"])
        say(pid)
        sys.stdin.readline()  # not reaped before we are asked to, so that nobody else gets the number
        say(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    return None


def become(asked):
    """A process of its own: other output, folder and environment."""
    for descriptor, name in ((1, "out"), (2, "err")):
        file = os.open(asked[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(file, descriptor)
        os.close(file)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(asked["cwd"])
    os.environ.update(asked["environ"])


def say(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        once(sys.argv[2], sys.argv[3], sys.argv[4:])
