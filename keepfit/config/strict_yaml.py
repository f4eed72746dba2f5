"""YAML without surprises: text in, a plain tree and the place of each of its parts out.

Guarantees: UTF-8, one document, no anchors, aliases, merge keys, tags or directives, no key twice, text as keys, at
most 1 MiB, 32 levels and 20,000 parts. All of this is seen on the stream of events, so nothing is ever expanded or
recursed into, and a file made to exhaust memory is refused where it begins to.
"""

from collections.abc import Iterator
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scanner import RoundTripScanner, ScannerError

from keepfit.config.document import Document, Path, Place, shorten
from keepfit.config.scalars import Scalar, plain, unseen
from keepfit.errors import ConfigError, Problem

LARGEST = 2**20
DEEPEST = 32
MOST_PARTS = 20_000
_TOO_DEEP = f"nested too deeply (at most {DEEPEST} levels)"


def parse(data: bytes, file: str) -> Document:
    """The tree in ``data``; ``file`` is only its name in messages.

    Raises
    ------
    ConfigError
        With line and column, for all that is not strict YAML.
    """
    builder = _Builder(file)
    for event in _events(_text(data, file), file):
        builder.take(event)
    return Document(file, builder.tree, builder.keys, builder.values)


def refuse(file: str, place: Place | None, what: str, *, expected: str = "", found: str = "", do: str = "") -> NoReturn:
    """Raise the one problem that makes the rest of a file unreadable."""
    where = f"{file}:{place.line}:{place.column}" if place else file
    problem = Problem(what, where, expected, found, did="refused the file; nothing was started", do=do)
    raise ConfigError(problem)


def _text(data: bytes, file: str) -> str:
    if len(data) > LARGEST:
        refuse(file, None, "the file is too large", expected=f"at most {LARGEST:,} bytes", found=f"{len(data):,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"byte 0x{data[error.start]:02x} at offset {error.start}"
        line = data.count(b"\n", 0, error.start) + 1
        place = Place(line, error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1)
        refuse(file, place, "the file is not UTF-8", expected="UTF-8 text", found=found, do="save it as UTF-8")
    if (offset := unseen(text)) is not None:
        place = Place(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
        refuse(file, place, "a character that cannot be seen", found=f"U+{ord(text[offset]):04X}", do="remove it")
    return text


class _Scanner(RoundTripScanner):
    """ruamel's scanner, which stops at depth and directives itself: it reads far ahead of the events on one line."""

    def fetch_flow_collection_start(self, *args: Any, **kwargs: Any) -> None:
        if len(self.flow_context) >= DEEPEST:
            raise ScannerError(problem=_TOO_DEEP, problem_mark=self.reader.get_mark())
        super().fetch_flow_collection_start(*args, **kwargs)

    def fetch_directive(self) -> None:
        raise ScannerError(problem="directives are not allowed", problem_mark=self.reader.get_mark())


def _events(text: str, file: str) -> Iterator[Any]:
    yaml = YAML(typ="rt", pure=True)
    yaml.Scanner = _Scanner
    try:
        yield from yaml.parse(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = ", ".join(str(part) for part in (error.context, error.problem) if part)
        refuse(file, Place(mark.line + 1, mark.column + 1) if mark else None, f"not valid YAML: {shorten(what, 160)}")
    except YAMLError as error:
        refuse(file, None, f"not valid YAML: {type(error).__name__}")


class _Builder:
    """Puts events together, one by one and without recursion: ``_open`` is the way from the top to where we are."""

    def __init__(self, file: str) -> None:
        self.tree: Any = None
        self.keys: dict[Path, Place] = {}
        self.values: dict[Path, Place] = {}
        self._file = file
        self._documents = 0
        self._path: list[str | int] = []
        self._open: list[dict[str, Any] | list[Any]] = []
        self._key: list[str | None] = []

    def take(self, event: Any) -> None:
        """One event of ruamel's parser, told apart by the name of its class."""
        place = Place(event.start_mark.line + 1, event.start_mark.column + 1)
        match type(event).__name__:
            case "AliasEvent":
                self._refuse(place, "aliases are not allowed", do="write the value out")
            case "DocumentStartEvent":
                self._document(place)
            case "ScalarEvent":
                self._plain_node(event, place)
                self._scalar(event, place)
            case "MappingStartEvent" | "SequenceStartEvent" as kind:
                self._plain_node(event, place)
                self._begin({} if kind == "MappingStartEvent" else [], place)
            case "MappingEndEvent" | "SequenceEndEvent":
                self._open.pop()
                self._key.pop()
                self._leave()

    def _refuse(self, place: Place, what: str, *, expected: str = "", found: str = "", do: str = "") -> NoReturn:
        refuse(self._file, place, what, expected=expected, found=found, do=do)

    def _document(self, place: Place) -> None:
        self._documents += 1
        if self._documents > 1:
            self._refuse(place, "the file holds a second document", expected="one use case per file")

    def _plain_node(self, event: Any, place: Place) -> None:
        if event.anchor is not None:
            self._refuse(place, "anchors are not allowed", do="remove the anchor; write each value out")
        if event.tag is not None and event.implicit is not True:
            self._refuse(place, "tags are not allowed", do="remove the tag; put a value in quotes to make it text")

    def _scalar(self, event: Any, place: Place) -> None:
        if (offset := unseen(event.value)) is not None:
            found = f"U+{ord(event.value[offset]):04X}"
            self._refuse(place, "text with a character that cannot be seen", found=found, do="remove the escape")
        if self._expects_key():
            self._take_key(event, place)
            return
        self._put(self._value(event, place), place)
        self._leave()

    def _value(self, event: Any, place: Place) -> Scalar:
        if event.style is not None:
            return str(event.value)
        try:
            return plain(event.value)
        except ValueError as error:
            self._refuse(place, str(error), expected="a finite number", found=shorten(event.value))

    def _expects_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1], dict) and self._key[-1] is None

    def _take_key(self, event: Any, place: Place) -> None:
        key = str(event.value)
        if key == "<<" and event.style is None:
            self._refuse(place, "merge keys are not allowed", do="write the keys out")
        if not key:
            self._refuse(place, "a key is empty", expected="a name before the colon")
        path = (*self._path, key)
        if path in self.keys:
            first = self.keys[path]
            found = f"lines {first.line} and {place.line}"
            self._refuse(place, f"the key `{shorten(key)}` stands twice", found=found, do="keep one of them")
        self.keys[path] = place
        self._key[-1] = key

    def _begin(self, node: dict[str, Any] | list[Any], place: Place) -> None:
        if self._expects_key():
            self._refuse(place, "a key that is not a word", expected="text before the colon")
        if len(self._open) == DEEPEST:
            self._refuse(place, _TOO_DEEP)
        self._put(node, place)
        self._open.append(node)
        self._key.append(None)

    def _put(self, value: Any, place: Place) -> None:
        if not self._open:
            self.tree = value
        elif isinstance(parent := self._open[-1], list):
            self._path.append(len(parent))
            parent.append(value)
        else:
            key = str(self._key[-1])
            self._path.append(key)
            parent[key] = value
        self.values[tuple(self._path)] = place
        if len(self.values) > MOST_PARTS:
            self._refuse(place, "too many parts", expected=f"at most {MOST_PARTS:,} keys and values")

    def _leave(self) -> None:
        if not self._open:
            return
        self._path.pop()
        self._key[-1] = None
