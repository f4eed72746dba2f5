"""The body of Keepfit's own Prefect server: a script that runs in a process and session of its own.

It ends within seconds of its parent, however that ends: a thread that starts before anything else waits for the end
of standard input (a pipe whose other end only the parent holds) and looks whether the parent is still the parent, for
a forked worker that outlives the parent would hold that pipe open. Nothing of Keepfit is imported here, and Prefect
only after the watcher runs, so this holds during imports and migrations too.

Its database is that of Prefect's home, so that `prefect server start` later shows the runs; a private one, deleted at
the end, where another such server holds the home's (two that migrate one SQLite file at once break it) or where a
newer Prefect has migrated it beyond what this one can read.

Usage: ``server_child.py PARENT_PID SOCKET_FD SCRATCH_FOLDER``; flows/server.py is the only caller.
"""

import fcntl
import gc
import os
import select
import shutil
import signal
import socket
import sqlite3
import sys
import threading
import time
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

GRACE_SECONDS = 2.0  # for an end in good order: the requests at hand, the last events
PARENT_POLL_SECONDS = 0.5
LOCK_PATIENCE_SECONDS = 3.0  # how long a server whose parent was just killed may still hold the database
DATABASE = "PREFECT_SERVER_DATABASE_CONNECTION_URL"


class Stoppable(Protocol):
    """What a uvicorn server offers to be asked to stop."""

    should_exit: bool


class Lifeline:
    """Ends this process, and whatever it started, when its parent is gone."""

    def __init__(self, parent: int, scratch: Path) -> None:
        self._parent = parent
        self._scratch = scratch
        self._server: Stoppable | None = None
        self._served = threading.Event()
        self.cut = threading.Event()
        threading.Thread(target=self._watch, name="lifeline", daemon=True).start()

    def serve(self, server: Stoppable) -> None:
        """From now on there is a server that can be asked to end in good order."""
        self._server = server

    def served(self) -> None:
        """The server has ended; if it was asked to, wait here for the end of the process."""
        self._served.set()
        while self.cut.is_set():
            time.sleep(PARENT_POLL_SECONDS)

    def _watch(self) -> None:
        while os.getppid() == self._parent:
            readable, _, _ = select.select([0], [], [], PARENT_POLL_SECONDS)
            if readable and not os.read(0, 1):
                break
        self.cut.set()
        if self._server is not None:
            self._server.should_exit = True
            self._served.wait(GRACE_SECONDS)
        shutil.rmtree(self._scratch, ignore_errors=True)
        os.killpg(0, signal.SIGKILL)


def choose_database(home: Path, scratch: Path) -> Path:
    """The SQLite file to serve; holds the lock of the home's one, where it is free, until this process ends."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = os.open(home / "keepfit-server.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return scratch / "prefect.db"
    database = home / "prefect.db"
    return database if locked(lock, LOCK_PATIENCE_SECONDS) and readable(database) else scratch / "prefect.db"


def locked(descriptor: int, patience: float) -> bool:
    """Whether this process got the lock within `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        else:
            return True


def readable(database: Path) -> bool:
    """Whether this Prefect can serve the file: none yet, or one whose migration it knows."""
    if not database.exists():
        return True
    spec = find_spec("prefect")
    if spec is None or spec.origin is None:
        return False
    try:
        with closing(sqlite3.connect(database, timeout=5)) as connection:
            rows = connection.execute("select version_num from alembic_version").fetchall()
    except sqlite3.Error as error:
        return "no such table" in str(error)
    versions = Path(spec.origin).parent / "server/database/_migrations/versions/sqlite"
    return all(any(versions.glob(f"*_{revision}_*.py")) for (revision,) in rows)


def begin_immediate(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> tuple[str, Any]:
    """Let every transaction ask for SQLite's write lock at its start, where it can wait for it.

    Prefect's transactions read and then write. When another one commits in between, SQLite refuses the write at once,
    the server answers 503, and the client sleeps for two seconds before it tries again.
    """
    return "BEGIN IMMEDIATE" if statement == "BEGIN DEFERRED" else statement, parameters


def main(parent: int, descriptor: int, scratch: Path) -> None:
    """Serve until the parent ends."""
    lifeline = Lifeline(parent, scratch)
    listener = socket.socket(fileno=descriptor)
    if DATABASE not in os.environ:
        database = choose_database(Path(os.environ["PREFECT_HOME"]), scratch)
        os.environ[DATABASE] = f"sqlite+aiosqlite:///{database}"
    gc.disable()  # a tenth of the time that the imports take
    import uvicorn
    from prefect.server.api.server import create_app
    from sqlalchemy import Engine, event

    event.listen(Engine, "before_cursor_execute", begin_immediate, retval=True)

    # "ephemeral" here means: no UI and only the services that record runs, task runs and events
    app = create_app(ephemeral=True, final=True)
    server = uvicorn.Server(uvicorn.Config(app, lifespan="on", log_level="warning", timeout_graceful_shutdown=1))
    lifeline.serve(server)
    gc.enable()
    server.run(sockets=[listener])
    lifeline.served()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
