"""uvicorn with our patience and our way to stop: nothing in flight is lost, and the process ends with 0."""

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from time import time
from typing import Any

import uvicorn

from keepfit.serving.answers import Answers
from keepfit.serving.app import App
from keepfit.serving.connection import Connection, Crowd, connections
from keepfit.serving.quick import Quick

DRAIN = 0.5  # seconds in which answers say that the connection ends, before nothing new is taken
LEAVE = 30  # seconds until what is not answered is given up
TAKEN = 32  # new connections that are taken at once
IDLE = 75  # seconds that a connection may wait for its next request: longer than what stands before servers waits
MOST_FILES = 16_384  # that the process may have open, if the system lets it: a connection is one


class Server(uvicorn.Server):
    """A server that drains: it stops taking requests before it stops answering them."""

    def __init__(self, config: uvicorn.Config, answers: Answers, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._answers, self._say_started = answers, started

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A signal ends the serving, not the process in the middle of its exit."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._drain)
        await super().startup(sockets)
        self._say_started()

    def _drain(self) -> None:
        if self._answers.draining:
            self.should_exit = True
            return
        self._answers.draining = True
        asyncio.get_running_loop().call_later(DRAIN, setattr, self, "should_exit", True)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second."""
        if counter % 10 == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.look(now)
            self._count()
        return await super().on_tick(counter)

    def _count(self) -> None:
        metrics = self._answers.metrics
        metrics.put("worker_seen_seconds", time())
        metrics.put("waiting", len(self.server_state.tasks) + self._answers.short)
        metrics.put("connections", len(self.server_state.connections))
        for name, log in self._answers.logs.items():
            metrics.log(name, log.state)


def serve(app: App, answers: Answers, listener: socket.socket, started: Callable[[], None]) -> None:
    """Answer on a socket until a signal comes."""
    _allow_files()
    # What is there now stays, and connections are no garbage: looking through thousands took a sixth of the time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    settings: dict[str, Any] = {
        "http": connections(Crowd(answers.most, answers.metrics), Quick(answers)),
        "loop": "uvloop",
        "ws": "none",
        "lifespan": "off",
        "access_log": False,
        "log_config": None,
        "server_header": False,
        "proxy_headers": False,
        "timeout_keep_alive": IDLE,
        "timeout_graceful_shutdown": LEAVE,
    }
    # libuv takes one new connection each time that it looks at a socket, and under load it looks seldom: with this one
    # under several numbers as many are taken at once. Not by its own `dup`, which would let it block for a moment, also
    # in the other processes that have it: one that looks then would wait for the next connection.
    listener.setblocking(False)
    sockets = [listener, *(socket.socket(fileno=os.dup(listener.fileno())) for _ in range(TAKEN - 1))]
    Server(uvicorn.Config(app, **settings), answers, started).run(sockets)


def _allow_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
