"""The ASGI application: the way to a prediction is plain, everything else is Starlette's."""

import logging
from collections.abc import Mapping
from time import perf_counter

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from keepfit.serving.answers import Answer, Answers
from keepfit.serving.body import header, read_body, see_that_json
from keepfit.serving.problems import MEDIA_TYPE, HttpProblem

_log = logging.getLogger("keepfit.serving")
_JSON = (b"content-type", b"application/json")
_encode = msgspec.json.Encoder().encode


class App:
    """Predictions by our own protocol; ``rest`` answers for all other paths."""

    def __init__(self, answers: Answers, rest: ASGIApp) -> None:
        self._answers = answers
        self._rest = rest
        self._names = {f"/v1/models/{name}/predict": name for name in answers.followers}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] == "POST" and self._is_plain(scope):
            await self._predict(self._names[scope["path"]], scope, receive, send)
            return
        await self._rest(scope, receive, _closing(send) if self._answers.draining else send)

    def _is_plain(self, scope: Scope) -> bool:
        """Whether a request is for predictions and has no parameters."""
        return scope["path"] in self._names and not scope["query_string"]

    async def _predict(self, use_case: str, scope: Scope, receive: Receive, send: Send) -> None:
        started, answers = perf_counter(), self._answers
        try:
            answers.tokens.see_that_allowed("score", header(scope, b"authorization"))
            see_that_json(scope)
            body = await read_body(scope, receive)
            live, predictions = await answers.scored(use_case, started, len(body), lambda live: live.rows.read(body))
            answer = _encode(Answer(use_case, live.seat.number, predictions))
        except HttpProblem as problem:
            answers.metrics.failed(use_case, problem.status)
            await send_problem(problem, receive, _closing(send) if answers.draining else send)
            return
        except Exception:  # noqa: BLE001 - whatever it is, the caller gets an answer
            _log.exception("%s: a request failed", use_case)
            answers.metrics.failed(use_case, 500)
            await send_problem(unexpected(), receive, send)
            return
        headers = [_JSON, (b"content-length", b"%d" % len(answer))]
        if answers.draining:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


def unexpected() -> HttpProblem:
    """A fault of ours; what it was stands in the log and nowhere else."""
    return HttpProblem(500, "unexpected", "the server made a mistake; its log says more")


async def send_problem(problem: HttpProblem, receive: Receive, send: Send) -> None:
    """The problem document; of a body that is not wanted, some more is thrown away, so that its sender can hear it."""
    body = problem.document()
    headers = [(name.encode(), value.encode()) for name, value in problem.headers.items()]
    headers += [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    lingers = problem.code == "too_large"
    await send({"type": "http.response.body", "body": body, "more_body": lingers})
    if lingers:
        await _throw_away(receive)
        await send({"type": "http.response.body", "body": b""})


async def _throw_away(receive: Receive, most: int = 256 * 1024**2, seconds: float = 5.0) -> None:
    started, size = perf_counter(), 0
    while size < most and perf_counter() - started < seconds:
        message: Mapping[str, object] = await receive()
        if message["type"] != "http.request" or not message.get("more_body"):
            return
        body = message.get("body", b"")
        size += len(body) if isinstance(body, bytes) else 0


def _closing(send: Send) -> Send:
    """Says with the answer that the connection ends: the server stops."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
        await send(message)

    return sending
