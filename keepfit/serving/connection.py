"""One connection: uvicorn's, with limits on what it may send and on what it is worth.

What is no HTTP, too slow, too large or too much is answered here, with a problem document like everything else.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic, thread_time
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from keepfit.serving.body import PATIENCE
from keepfit.serving.heads import Known
from keepfit.serving.metrics import Metrics
from keepfit.serving.problems import MEDIA_TYPE, HttpProblem
from keepfit.serving.quick import Quick, Short, fits

MOST_HEAD = 64 * 1024  # bytes of a request line and its headers
MOST_CONNECTIONS = 4096  # of one worker
MOST_HELD = 128 * 1024**2  # bytes of bodies that are being read or worked on
SHED_RATE = 1500.0  # refusals for each second of processor time; who would have more of them is read more slowly
SHED_LEAST = 100.0  # refusals a second in any case
SHED_BURST = 64.0  # refusals that may be saved up
_LINGER = 1.0  # seconds in which what somebody still sends is thrown away, so that the last answer is heard
_MOMENT = 0.02  # seconds between two looks at those who rest

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
    a tenth of the processor's time is for refusals at most: refused connections are read again in their turn.
    """

    def __init__(self, most: int, metrics: Metrics) -> None:
        self.most, self.metrics = most, metrics
        self.held = 0  # bytes of bodies whose requests are not answered yet
        self._credit, self._at, self._used = SHED_BURST, monotonic(), thread_time()
        self._resting: deque[Connection] = deque()

    def rest(self, connection: "Connection") -> None:
        """Read a connection that was refused when its turn comes, not before."""
        self._earn()
        if self._credit >= 1 and not self._resting:
            self._credit -= 1
            return
        connection.flow.pause_reading()
        if not self._resting:
            connection.loop.call_later(_MOMENT, self._wake, connection.loop)
        self._resting.append(connection)

    def _earn(self) -> None:
        now = monotonic()
        if now - self._at < _MOMENT:
            return
        used = thread_time()
        earned = SHED_LEAST * (now - self._at) + SHED_RATE * (used - self._used)
        self._credit, self._at, self._used = min(SHED_BURST, self._credit + earned), now, used

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        self._earn()
        while self._resting and self._credit >= 1:
            self._credit -= 1
            connection = self._resting.popleft()
            if not connection.transport.is_closing():
                connection.flow.resume_reading()
        if self._resting:
            loop.call_later(_MOMENT, self._wake, loop)


class Connection(HttpToolsProtocol):
    """A connection that notices how long, and how large, what it waits for has become."""

    begun: float | None = None  # when the request that is not complete yet began
    head: int | None = None  # bytes of its head so far; None behind the head
    held: int = 0  # bytes of the body that is not answered yet
    idle: float = 0.0  # when the last request was answered
    _gone = False  # whether the last answer is written, so that nothing is read any more
    _ended = False  # whether a request has ended in the bytes that came last
    _between = True  # whether the parser has seen the end of the last request and nothing of another

    def __init__(self, *words: Any, crowd: Crowd, quick: Quick, **more: Any) -> None:
        super().__init__(*words, **more)
        self._crowd, self._quick = crowd, quick
        self._coming: tuple[RequestResponseCycle, Any] | None = None  # may go the short way, if the rest comes at once
        self._went: RequestResponseCycle | None = None  # the short way, in the bytes that came last

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A new connection has the same time for its first request as for any other."""
        super().connection_made(transport)
        self.begun, self.head = self.loop.time(), 0
        if len(self.connections) > MOST_CONNECTIONS:
            self._crowd.metrics.shed()
            transport.write(_SHED_LAST)
            transport.close()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self.begun, self.head, self._between = self.loop.time(), 0, False

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self.head = None
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Some of the body."""
        cycle = self.cycle
        if not cycle.response_started:  # else it is thrown away
            self.held += len(body)
            self._crowd.held += len(body)
            if self._crowd.held > MOST_HELD and not self.pipeline:
                cycle.disconnected = True  # so that whoever waits for the rest answers nothing more
                cycle.message_event.set()
                self._shed(cycle)
        super().on_body(body)

    def on_response_complete(self) -> None:
        """The request is answered, and its body not needed any more: the next one in its turn.

        uvicorn would set a timer each time, for a connection that nobody uses; `look` sees that too.
        """
        self._let_go()
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self.idle = self.loop.time()

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side has gone, or was sent away."""
        self._let_go()
        super().connection_lost(exc)

    def _let_go(self) -> None:
        self._crowd.held -= self.held
        self.held = 0

    def on_message_complete(self) -> None:
        """The request is whole."""
        self.begun, self._ended, self._between = None, True, True
        super().on_message_complete()
        self._start_coming()

    def data_received(self, data: bytes) -> None:
        """Some bytes."""
        if self._gone:
            return
        alone = self._between and self._waits_for_nobody()
        if alone and not self.flow.write_paused and (asked := self._quick.known(data)) is not None:
            self._again(*asked)
            return
        self._ended = False
        went = self._parse(data)
        if alone and went is not None:
            self._quick.learn(data, went)
        if self.head is not None and not self._ended:  # else they are of an earlier request too
            self.head += len(data)
            if self.head > MOST_HEAD:
                self._end(_LARGE)

    def _parse(self, data: bytes) -> RequestResponseCycle | None:
        """Have bytes parsed; the request in them that went the short way, if one did."""
        self._went = None
        super().data_received(data)
        self._start_coming()
        return self._went

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are not ours
        """It is no HTTP; what stands before it and is not answered yet has no answer any more."""
        self._end(_MALFORMED)

    def _unsupported_upgrade_warning(self) -> None:
        """Another protocol was asked for, which nobody has to take: it is answered by this one."""

    def look(self, now: float) -> None:
        """End what has waited too long for a head, or is not used; wake who waits too long for a body."""
        if self.begun is None:
            if self._waits_for_nobody() and now - self.idle > self.timeout_keep_alive:
                self.transport.close()
            return
        if now - self.begun <= PATIENCE:
            return
        if self.head is not None:
            self._end(_LATE)
        elif self.cycle is not None:
            self.cycle.message_event.set()

    def _waits_for_nobody(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _end(self, problem: HttpProblem) -> None:
        """Answer the request that is not whole, and nothing after it."""
        self.begun = self.head = None
        self._crowd.metrics.malformed(problem.status)
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete and not cycle.more_body:
            cycle.keep_alive = False  # the request before is whole, and gets its answer; what follows cannot be read
            return
        if self._gone or self.transport.is_closing() or (cycle is not None and self._began(cycle)):
            self.transport.close()
            return
        self.transport.write(raw(problem))
        self._gone = True
        self.transport.write_eof()  # a close now would take the answer away from who still sends
        self.loop.call_later(_LINGER, self.transport.close)

    def _began(self, cycle: RequestResponseCycle) -> bool:
        """Whether a request has a part of an answer; if not, it gets none any more but what stands here."""
        if cycle.response_complete:
            return False
        if not cycle.response_started:
            cycle.disconnected = cycle.response_complete = True
            cycle.message_event.set()
            return False
        return True

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Answer a request, unless so many wait that it would wait too long: that is told before anything is done."""
        post = cycle.scope["method"] == "POST"
        if post and self._full():
            self._shed(cycle)
        elif post and self._quick.takes(cycle):
            self._coming = (cycle, app)
            if not cycle.more_body:  # it came behind another
                self._start_coming()
        else:
            super()._start_asgi_task(cycle, app)

    def _start_coming(self) -> None:
        """The short way for what is whole by now, uvicorn's for what is not."""
        if self._coming is None:
            return
        (cycle, app), self._coming = self._coming, None
        if cycle.response_complete:  # it was shed
            return
        if not cycle.more_body and fits(cycle):
            self._went = cycle if self._quick.answer(cycle) else None
        else:
            super()._start_asgi_task(cycle, app)

    def _again(self, known: Known, body: bytes) -> None:
        """Answer, or refuse, a request whose head was let pass before: it is whole, so nothing is left to be read."""
        self.begun = self.head = None
        if self._full():
            self._crowd.metrics.shed(known.use_case)
            self.transport.write(_SHED)
            self.idle = self.loop.time()
            self._crowd.rest(self)
            return
        self.cycle = cycle = Short(self.transport, self.server_state.default_headers, self.on_response_complete)  # type: ignore[assignment]
        self._quick.score(cycle, known.use_case, body)

    def _full(self) -> bool:
        """Whether so many requests wait that one more would wait too long."""
        return len(self.tasks) + self._quick.held >= self._crowd.most

    def _shed(self, cycle: RequestResponseCycle) -> None:
        self._crowd.metrics.shed(self._quick.use_case(cycle.scope["path"]))
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.write(_SHED_LAST)
            self.transport.close()
            return
        self.transport.write(_SHED)
        if self.pipeline:  # one after another: a thousand may wait there, and each is refused from here
            self.loop.call_soon(self.on_response_complete)
            return
        self.on_response_complete()
        self._crowd.rest(self)


def connections(crowd: Crowd, quick: Quick) -> Callable[..., Connection]:
    """What makes them, for uvicorn."""

    def connection(*words: Any, **more: Any) -> Connection:
        return Connection(*words, crowd=crowd, quick=quick, **more)

    return connection
