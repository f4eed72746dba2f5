"""The short way of a request for predictions that is there as a whole: no task, no messages, one write.

What it does not take goes the way of every other request, through the ASGI application, which answers the same. A
request whose head was taken before (`keepfit.serving.heads`) is not even parsed.
"""

import asyncio
import logging
import re
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import cast

import msgspec
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from keepfit.serving.answers import AT_ONCE, Answer, Answers
from keepfit.serving.app import unexpected
from keepfit.serving.body import header, see_that_json
from keepfit.serving.heads import Heads, Known
from keepfit.serving.problems import MEDIA_TYPE, HttpProblem
from keepfit.serving.version import Answered, Live

_log = logging.getLogger("keepfit.serving")
_encode = msgspec.json.Encoder().encode
_ASKED = re.compile(r"/v[12]/models/([^/]+)(?:/versions/[^/]+)?/(?:predict|infer)")
_GOOD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


class Short:
    """What stands for a request that was not parsed: as much of uvicorn's `RequestResponseCycle` as is looked at."""

    __slots__ = ("default_headers", "disconnected", "keep_alive", "on_response", "response_complete",
                 "response_started", "transport")  # fmt: skip
    more_body = False
    message_event = asyncio.Event()  # for which nobody waits

    def __init__(
        self,
        transport: asyncio.Transport,
        default_headers: list[tuple[bytes, bytes]],
        on_response: Callable[[], None],
    ) -> None:
        self.transport, self.default_headers, self.on_response = transport, default_headers, on_response
        self.keep_alive, self.disconnected = True, False
        self.response_started = self.response_complete = False


Cycle = RequestResponseCycle | Short


class Quick:
    """Takes requests from a connection of uvicorn and writes their answers to it."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._names = {f"/v1/models/{name}/predict": name for name in answers.followers}
        self._heads = Heads()
        self._came = 0  # requests in this turn of the event loop
        self._more: tuple[object, bytes] = (None, b"")  # headers of every answer, and as bytes

    def use_case(self, path: str) -> str | None:
        """The use case that a path asks for predictions, by whichever protocol; None where it does not."""
        names = self._answers.followers
        if path == "/invocations":
            return next(iter(names)) if len(names) == 1 else None
        found = _ASKED.fullmatch(path)
        return found[1] if found is not None and found[1] in names else None

    @property
    def held(self) -> int:
        """How many requests wait for their answer here, or came in this turn of the event loop.

        These count until its end, also when they are answered: as many as there are, others would wait behind them.
        """
        return max(self._answers.short, self._came)

    def takes(self, cycle: RequestResponseCycle) -> bool:
        """Whether the head of a request says that it may go this way."""
        scope = cycle.scope
        return (
            scope["path"] in self._names
            and scope["method"] == "POST"
            and not scope["query_string"]
            and cycle.keep_alive
            and not cycle.waiting_for_100_continue
            and not cycle.flow.write_paused
            and not self._answers.draining
        )

    def answer(self, cycle: RequestResponseCycle) -> bool:
        """Answer at the end of this turn of the event loop; the body is there, and has at most `AT_ONCE` bytes.

        Whether its head was let pass.
        """
        use_case = self._names[cycle.scope["path"]]
        try:
            scope = cast(Scope, cycle.scope)
            self._answers.tokens.see_that_allowed("score", header(scope, b"authorization"))
            see_that_json(scope)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer
            self._refuse(cycle, use_case, error)
            return False
        self.score(cycle, use_case, bytes(cycle.body))
        return True

    def known(self, data: bytes) -> tuple[Known, bytes] | None:
        """What is asked by bytes with a head that was let pass before, and the body."""
        return None if self._answers.draining else self._heads.read(data)

    def learn(self, data: bytes, cycle: RequestResponseCycle) -> None:
        """Keep the head of a request that was let pass and came in one piece."""
        if all(name != b"upgrade" for name, _ in cycle.scope["headers"]):
            self._heads.learn(data, self._names[cycle.scope["path"]], bytes(cycle.body))

    def score(self, cycle: Cycle, use_case: str, body: bytes) -> None:
        """Answer a request that may ask."""
        started, answers = perf_counter(), self._answers
        if not self._came:
            asyncio.get_running_loop().call_soon(self._turned)
        self._came += 1
        answers.short += 1  # before it is told, which may be at once
        try:
            tell = partial(self._tell, cycle, use_case)
            answers.ask(answers.live(use_case), lambda live: live.rows.read(body), started, tell)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer
            answers.short -= 1
            self._refuse(cycle, use_case, error)

    def _turned(self) -> None:
        """The turn is over, whatever became of its requests: those that are refused never meet the others."""
        self._came = 0

    def _tell(self, cycle: Cycle, use_case: str, live: Live, outcome: Answered | BaseException) -> None:
        self._answers.short -= 1
        try:
            if isinstance(outcome, BaseException):
                raise outcome
            body = _encode(Answer(use_case, live.seat.number, outcome.predictions))
            self.write(cycle, b"%bcontent-length: %d\r\n" % (_GOOD, len(body)), body)
        except Exception as error:  # noqa: BLE001 - others of the same turn are told after this one
            self._refuse(cycle, use_case, error)

    def _refuse(self, cycle: Cycle, use_case: str, error: BaseException) -> None:
        if not isinstance(error, HttpProblem):
            _log.error("%s: a request failed", use_case, exc_info=error)
        problem = error if isinstance(error, HttpProblem) else unexpected()
        self._answers.metrics.failed(use_case, problem.status)
        body = problem.document()
        said = problem.headers | {"content-type": MEDIA_TYPE, "content-length": str(len(body))}
        lines = [f"HTTP/1.1 {problem.status} {problem.title}", *(f"{name}: {value}" for name, value in said.items())]
        cycle.keep_alive = cycle.keep_alive and problem.headers.get("connection") != "close"
        self.write(cycle, "".join(f"{line}\r\n" for line in lines).encode(), body)

    def write(self, cycle: Cycle, head: bytes, body: bytes) -> None:
        """Answer, as uvicorn's own way does after its last message."""
        if cycle.disconnected or cycle.transport.is_closing():
            return
        if self._more[0] is not cycle.default_headers:  # another list every second, with the time
            self._more = (cycle.default_headers, b"".join([b"%b: %b\r\n" % pair for pair in cycle.default_headers]))
        close = b"" if cycle.keep_alive else b"connection: close\r\n"
        cycle.transport.write(b"".join([head, self._more[1], close, b"\r\n", body]))
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            cycle.transport.close()
        done, cycle.on_response = cycle.on_response, _nothing  # which ends a circle of references
        done()


def fits(cycle: RequestResponseCycle) -> bool:
    """Whether a whole body is small enough to be worked on where it came."""
    return len(cycle.body) <= AT_ONCE


def _nothing() -> None:
    pass
