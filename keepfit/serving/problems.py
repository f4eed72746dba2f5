"""What goes wrong over HTTP, as problem documents (RFC 9457): a code, where in the request, and never its values."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

MOST_ERRORS = 20
MEDIA_TYPE = "application/problem+json"


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with a request: where (a JSON pointer, RFC 6901), a word for it, a sentence."""

    pointer: str
    code: str
    detail: str


class HttpProblem(Exception):
    """A request that is not answered, and why."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.more = more

    @property
    def title(self) -> str:
        """What the status is called."""
        return HTTPStatus(self.status).phrase

    def document(self) -> bytes:
        """The body.

        ``error`` says it in one line, because that is where clients of the Open Inference Protocol look.

        >>> HttpProblem(410, "disabled", "it is out of service").document().decode()[:60]
        '{"type":"about:blank","title":"Gone","status":410,"code":"di'
        """
        said: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "error": "; ".join([self.detail, *(f"{each.pointer}: {each.detail}" for each in self.errors[:1])]),
            **self.more,
        }
        if self.errors:
            said["errors"] = self.errors
        return msgspec.json.encode(said)


def unprocessable(faults: list[Fault]) -> HttpProblem:
    """A well-formed request whose content is refused: the first faults, by row."""
    shown = faults[:MOST_ERRORS]
    if len(faults) > MOST_ERRORS:
        return HttpProblem(
            422, "invalid", f"more than {MOST_ERRORS} values are not what the version takes", errors=shown
        )
    count = "1 value is" if len(faults) == 1 else f"{len(faults)} values are"
    return HttpProblem(422, "invalid", f"{count} not what the version takes", errors=shown)


def pointer(*steps: str | int) -> str:
    """A JSON pointer.

    >>> pointer("records", 3, "a/b")
    '/records/3/a~1b'
    """
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
