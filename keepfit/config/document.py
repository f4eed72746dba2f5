"""A parsed YAML file: the plain tree, and where in the text each part of it stands."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from keepfit.errors import Problem

Path = tuple[str | int, ...]

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)


class Place(NamedTuple):
    """Line and column, both counted from one."""

    line: int
    column: int


def shown_path(path: Path) -> str:
    """A path as a person writes it.

    >>> shown_path(("gates", 1, "at_least")), shown_path(("contract", "columns", "wind speed"))
    ('gates[1].at_least', 'contract.columns["wind speed"]')
    """
    parts = [f"[{p}]" if isinstance(p, int) else f".{p}" if _WORD.fullmatch(p) else f'["{shorten(p)}"]' for p in path]
    return "".join(parts).removeprefix(".")


def shorten(text: str, longest: int = 60) -> str:
    """Text on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def shown(value: Any) -> str:
    """What a person is told was found.

    >>> shown("0.8"), shown(80), shown(None), shown([1, 2]), shown({"a": 1})
    ("the text '0.8'", '80', 'nothing', 'a list of 2', 'a mapping with a')
    """
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return f"the text '{shorten(value)}'"
        case Mapping():
            return f"a mapping with {shorten(', '.join(map(str, value)))}" if value else "an empty mapping"
        case Sequence():
            return f"a list of {len(value)}" if value else "an empty list"
    return str(value)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at a path of the file; ``found`` is told from the file where it is None."""

    path: Path
    what: str
    expected: str = ""
    found: str | None = None
    do: str = ""


@dataclass(frozen=True)
class Document:
    """The tree of a file, with the places of its keys and of its values.

    ``keys`` holds the place of each mapping key, ``values`` that of every node; both are keyed by the path from the
    top, which itself is the empty path.
    """

    file: str
    tree: Any
    keys: Mapping[Path, Place]
    values: Mapping[Path, Place]

    def place(self, path: Path) -> Place:
        """Where a part stands: its key, else its value, else the nearest part that encloses it."""
        for end in range(len(path), -1, -1):
            place = self.keys.get(path[:end]) or self.values.get(path[:end])
            if place is not None:
                return place
        return Place(1, 1)

    def where(self, path: Path) -> str:
        """``FILE:line:column path``, for people and for editors that can jump to it."""
        line, column = self.place(path)
        return f"{self.file}:{line}:{column} {shown_path(path)}".rstrip()

    def value(self, path: Path) -> Any:
        """The value at a path; None where there is none."""
        node = self.tree
        for step in path:
            inside = range(len(node)) if isinstance(node, list) else node if isinstance(node, dict) else ()
            if step not in inside:
                return None
            node = node[step]
        return node

    def problem(self, finding: Finding) -> Problem:
        """A finding for a person: with what stands in the file, never with what the environment filled in."""
        return Problem(
            finding.what,
            where=self.where(finding.path),
            expected=finding.expected,
            found=shown(self.value(finding.path)) if finding.found is None else finding.found,
            did="refused the file; nothing was started",
            do=finding.do,
        )


def walk(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every part of a tree with its path, parents first."""
    yield path, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from walk(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, (*path, index))
