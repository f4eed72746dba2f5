"""References to the environment, ``${NAME}`` and ``${NAME:-default}``: parsed to values, filled in where data lie.

Only the place of data may differ between machines, because it does not change what a model is; so the digest of a
configuration is taken before anything is filled in.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from keepfit.config.document import Finding, Path, walk
from keepfit.config.scalars import unseen

_REFERENCE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?P<default>[^${}]*))?\}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reference:
    """A variable of the environment, and what stands for it when it is unset or empty."""

    name: str
    default: str | None = None


Template = tuple[str | Reference, ...]


def template(text: str) -> Template:
    """Text and references in order.

    >>> template("${ROOT:-data}/flights/*.csv")
    (Reference(name='ROOT', default='data'), '/flights/*.csv')

    Raises
    ------
    ValueError
        Something begins like a reference and is none.
    """
    parts: list[str | Reference] = []
    end = 0
    for match in _REFERENCE.finditer(text):
        parts += [text[end : match.start()], Reference(match["name"], match["default"])]
        end = match.end()
    parts.append(text[end:])
    if any(isinstance(part, str) and "${" in part for part in parts):
        raise ValueError("`${` begins a reference that does not end, or whose name is not one")
    return tuple(part for part in parts if part != "")


def fill(parts: Template, environ: Mapping[str, str]) -> str:
    """The text with every reference replaced.

    >>> fill(template("${ROOT:-data}/${DAY}.csv"), {"DAY": "monday"})
    'data/monday.csv'

    Raises
    ------
    KeyError
        With the name of a variable that is unset or empty and has no default.
    """
    return "".join(part if isinstance(part, str) else _value(part, environ) for part in parts)


def _value(reference: Reference, environ: Mapping[str, str]) -> str:
    value = environ.get(reference.name) or reference.default
    if value is None:
        raise KeyError(reference.name)
    return value


def _locates(path: Path) -> bool:
    """Whether the text at a path says where data lie."""
    return len(path) == 4 and path[:2] == ("data", "sources") and path[3] == "path"


def resolve(tree: Any, environ: Mapping[str, str]) -> tuple[Any, list[Finding]]:
    """A copy of the tree with its references filled in, and what is wrong with them."""
    resolved = deepcopy(tree)
    findings: list[Finding] = []
    for path, node in walk(tree):
        if path and isinstance(path[-1], str) and "${" in path[-1]:
            findings.append(Finding(path, "an environment reference is not allowed in a key"))
        if not isinstance(node, str) or "${" not in node:
            continue
        filled = _filled(path, node, environ)
        if isinstance(filled, Finding):
            findings.append(filled)
        else:
            _put(resolved, path, filled)
    return resolved, findings


def _filled(path: Path, text: str, environ: Mapping[str, str]) -> str | Finding:
    if not _locates(path):
        return Finding(
            path,
            "an environment reference is not allowed here",
            expected="references only in `data.sources.NAME.path`: where data lie does not change what a model is",
            do="write the value itself",
        )
    try:
        value = fill(template(text), environ)
    except ValueError as error:
        return Finding(path, str(error), expected="`${NAME}` or `${NAME:-default}`")
    except KeyError as error:
        name = error.args[0]
        what = f"the environment variable {name} is unset or empty"
        return Finding(path, what, do=f"set {name}, or write `${{{name}:-default}}`")
    if unseen(value) is not None:
        return Finding(path, "the environment fills in a character that cannot be seen")
    return value


def _put(tree: Any, path: Path, value: str) -> None:
    for step in path[:-1]:
        tree = tree[step]
    tree[path[-1]] = value
