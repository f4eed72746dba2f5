"""The body of a request, read with limits on its type, its size and the patience of the server."""

import re
from collections.abc import Iterable
from time import monotonic

from starlette.types import Receive, Scope

from keepfit.serving.problems import HttpProblem

LARGEST = 16 * 1024**2  # bytes
PATIENCE = 10.0  # seconds for a whole request; the server wakes those that wait for longer
_JSON = re.compile(rb'application/json\s*(;\s*charset="?utf-?8"?\s*)?', re.IGNORECASE)
_CSV = re.compile(rb'text/csv\s*(;\s*(charset="?utf-?8"?|header=present)\s*)*', re.IGNORECASE)


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of this name (in lower case)."""
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    for found, value in headers:
        if found == name:
            return value
    return None


def see_that_json(scope: Scope, *, unless_said: bool = False) -> None:
    """See that the body says that it is JSON, or with ``unless_said`` does not say that it is anything else.

    Raises
    ------
    HttpProblem
        415: it is something else, or packed.
    """
    kind = header(scope, b"content-type")
    if kind != b"application/json" and not (kind is None and unless_said) and not _JSON.fullmatch(kind or b""):
        raise HttpProblem(415, "not_json", "expected content-type: application/json")
    _see_that_plain(scope)


def is_csv(scope: Scope) -> bool:
    """Whether the body says that it is CSV."""
    _see_that_plain(scope)
    return _CSV.fullmatch(header(scope, b"content-type") or b"") is not None


def _see_that_plain(scope: Scope) -> None:
    if header(scope, b"content-encoding") not in {None, b"identity"}:
        raise HttpProblem(415, "packed", "expected a body without content-encoding")


async def read_body(scope: Scope, receive: Receive, largest: int = LARGEST) -> bytes:
    """All of the body.

    Raises
    ------
    HttpProblem
        413: larger than it may be; 408: it did not come in time, or the caller has gone.
    """
    said = header(scope, b"content-length")
    if said is not None and len(said) < 20 and int(said) > largest:
        raise _too_large(largest)
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return _sized(message["body"], largest)
    started, parts, size = monotonic(), [], 0
    while message["type"] == "http.request":
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > largest:
            raise _too_large(largest)
        if not message.get("more_body"):
            return b"".join(parts)
        if monotonic() - started > PATIENCE:
            break
        message = await receive()
    raise HttpProblem(408, "too_slow", f"the body did not come within {PATIENCE:g} seconds", headers=_CLOSE)


_CLOSE = {"connection": "close"}


def _sized(body: bytes, largest: int) -> bytes:
    if len(body) > largest:
        raise _too_large(largest)
    return body


def _too_large(largest: int) -> HttpProblem:
    return HttpProblem(413, "too_large", f"expected at most {largest} bytes", headers=_CLOSE)
