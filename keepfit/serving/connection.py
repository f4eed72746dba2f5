"""One connection: uvicorn's, with limits on what it may send and on what it is worth.

What is no HTTP, too slow, too large or too much is answered here, with a problem document like everything else.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from keepfit.serving.body import PATIENCE
from keepfit.serving.metrics import Metrics
from keepfit.serving.problems import MEDIA_TYPE, HttpProblem

MOST_HEAD = 64 * 1024  # bytes of a request line and its headers
MOST_CONNECTIONS = 4096  # of one worker
SHED_RATE = 2000.0  # requests a second that are refused at most; who would send more is read more slowly

_log = logging.getLogger("keepfit.serving")
_MALFORMED = HttpProblem(400, "not_http", "the request is not HTTP")
_LATE = HttpProblem(408, "too_slow", f"the head of the request did not come within {PATIENCE:g} seconds")
_LARGE = HttpProblem(431, "head_too_large", f"expected at most {MOST_HEAD} bytes of request line and headers")
_BUSY = HttpProblem(503, "busy", "too many requests are waiting", headers={"retry-after": "1"})


def raw(problem: HttpProblem, *, close: bool = True) -> bytes:
    r"""A whole answer, as bytes.

    >>> raw(_MALFORMED).split(b"\r\n")[0]
    b'HTTP/1.1 400 Bad Request'
    """
    body = problem.document()
    headers = problem.headers | {"content-type": MEDIA_TYPE, "content-length": str(len(body))}
    if close:
        headers["connection"] = "close"
    lines = [f"HTTP/1.1 {problem.status} {problem.title}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


_SHED, _SHED_LAST = raw(_BUSY, close=False), raw(_BUSY)


class Crowd:
    """What the connections of a server share: how much may wait, and who has to be patient.

    Refusing costs too: a caller who asks again at once, a thousand times, would leave no time for what was accepted. So
    refused connections are read again one after another, `SHED_RATE` of them a second.
    """

    def __init__(self, most: int, metrics: Metrics) -> None:
        self.most, self.metrics = most, metrics
        self._next = 0.0

    def turn(self, now: float) -> float:
        """When a connection that was refused now is read again; both in seconds of the loop's clock."""
        self._next = max(now, self._next + 1.0 / SHED_RATE)
        return self._next


class Connection(HttpToolsProtocol):
    """A connection that notices how long, and how large, what it waits for has become."""

    begun: float | None = None  # when the request that is not complete yet began
    head: int | None = None  # bytes of its head so far; None behind the head

    def __init__(self, *words: Any, crowd: Crowd, **more: Any) -> None:
        super().__init__(*words, **more)
        self._crowd = crowd

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A new connection has the same time for its first request as for any other."""
        super().connection_made(transport)
        self.begun, self.head = self.loop.time(), 0
        if len(self.connections) > MOST_CONNECTIONS:
            self._crowd.metrics.shed()
            self._end(_BUSY)

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

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are not ours
        """It is no HTTP; what stands before it and is not answered yet has no answer any more."""
        self._end(_MALFORMED)

    def _unsupported_upgrade_warning(self) -> None:
        """Another protocol was asked for, which nobody has to take: it is answered by this one."""

    def look(self, now: float) -> None:
        """End what has waited too long for a head; wake who waits too long for a body."""
        if self.begun is None or now - self.begun <= PATIENCE:
            return
        if self.head is not None:
            self._end(_LATE)
        elif self.cycle is not None:
            self.cycle.message_event.set()

    def _end(self, problem: HttpProblem) -> None:
        self.begun = self.head = None
        if self.transport.is_closing():
            return
        if problem is not _BUSY:
            self._crowd.metrics.malformed(problem.status)
        if self.cycle is None or self.cycle.response_complete:  # else it would stand in the middle of another answer
            self.transport.write(raw(problem))
        self.transport.close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Answer a request, unless so many wait that it would wait too long: that is told before anything is done."""
        if len(self.tasks) < self._crowd.most or cycle.scope["method"] != "POST":
            super()._start_asgi_task(cycle, app)
            return
        self._crowd.metrics.shed()
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.write(_SHED_LAST)
            self.transport.close()
            return
        self.transport.write(_SHED)
        self.on_response_complete()
        self._rest()

    def _rest(self) -> None:
        now = self.loop.time()
        until = self._crowd.turn(now)
        if until > now:
            self.flow.pause_reading()
            self.loop.call_at(until, self.flow.resume_reading)


def connections(crowd: Crowd) -> Callable[..., Connection]:
    """What makes them, for uvicorn."""

    def connection(*words: Any, **more: Any) -> Connection:
        return Connection(*words, crowd=crowd, **more)

    return connection
