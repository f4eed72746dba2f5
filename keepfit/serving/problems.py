"""What goes wrong over HTTP, as problem documents (RFC 9457): a code, where in the request, and never its values."""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

MOST_ERRORS = 20
_LONGEST = 240  # characters of a name
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


def moved(problem: HttpProblem, move: Callable[[list[str]], Iterable[str | int]]) -> HttpProblem:
    """The same problem, of a request in which things stand elsewhere: ``move`` takes the steps of a pointer.

    >>> problem = unprocessable([Fault("/rows/3/a~1b", "type", "expected a number")])
    >>> moved(problem, lambda steps: ["columns", steps[2], steps[1]]).errors[0].pointer
    '/columns/a~1b/3'
    """
    errors = []
    for each in problem.errors:
        steps = [step.replace("~1", "/").replace("~0", "~") for step in each.pointer.split("/")[1:]]
        errors.append(Fault(pointer(*move(steps)), each.code, each.detail))
    return HttpProblem(
        problem.status, problem.code, problem.detail, errors=errors, headers=problem.headers, **problem.more
    )


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
    r"""A JSON pointer; of names that callers made up only so much that they are found again, and what JSON can say.

    >>> pointer("records", 3, "a/b")
    '/records/3/a~1b'
    >>> pointer("half \ud800 a character")
    '/half ? a character'
    """
    return "".join("/" + _step(str(step)) for step in steps)


def _step(name: str) -> str:
    return name[:_LONGEST].encode(errors="replace").decode().replace("~", "~0").replace("/", "~1")
