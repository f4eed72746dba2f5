"""uvicorn with our patience and our way to stop: nothing in flight is lost, and the process ends with 0."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from keepfit.serving.answers import Answers
from keepfit.serving.app import App
from keepfit.serving.body import PATIENCE

MOST_HEAD = 64 * 1024  # bytes of a request line and its headers
DRAIN = 0.5  # seconds in which answers say that the connection ends, before nothing new is taken
LEAVE = 30  # seconds until what is not answered is given up
IDLE = 75  # seconds that a connection may wait for its next request: longer than what stands before servers waits
_LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Patient(HttpToolsProtocol):
    """A connection that notices how long, and how large, what it waits for has become."""

    begun: float | None = None  # when the request that is not complete yet began
    head: int | None = None  # bytes of its head so far; None behind the head

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A new connection has the same time for its first request as for any other."""
        super().connection_made(transport)
        self.begun, self.head = self.loop.time(), 0

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self.begun, self.head = self.loop.time(), 0

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self.head = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self.begun = None
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Some bytes."""
        super().data_received(data)
        if self.head is not None:
            self.head += len(data)
            if self.head > MOST_HEAD:
                self._end(_LARGE)

    def look(self, now: float) -> None:
        """End what has waited too long for a head; wake who waits too long for a body."""
        if self.begun is None or now - self.begun <= PATIENCE:
            return
        if self.head is not None:
            self._end(_LATE)
        elif self.cycle is not None:
            self.cycle.message_event.set()

    def _end(self, answer: bytes) -> None:
        self.begun = self.head = None
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()


class Server(uvicorn.Server):
    """A server that drains: it stops taking requests before it stops answering them."""

    def __init__(self, config: uvicorn.Config, answers: Answers, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._answers, self._say_started = answers, started
        answers.waiting = self.server_state.tasks.__len__

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A signal ends the serving, not the process in the middle of its exit."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._drain)
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
                if isinstance(connection, Patient):
                    connection.look(now)
        return await super().on_tick(counter)


def serve(app: App, answers: Answers, listener: socket.socket, started: Callable[[], None]) -> None:
    """Answer on a socket until a signal comes."""
    settings: dict[str, Any] = {
        "http": Patient,
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
    Server(uvicorn.Config(app, **settings), answers, started).run([listener])
