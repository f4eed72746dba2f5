"""What the design names and this build cannot carry out: refused by name, never ignored and never half done."""

from collections.abc import Iterator
from typing import Any

from keepfit.config.document import Finding, Path, shorten, shown_path
from keepfit.config.suggest import closest

_SECTIONS = ("approvals",)
_SOURCES = ("files", "s3")


def not_in_this_build(tree: Any) -> list[Finding]:
    """A finding for each part of the tree that only a later build can carry out."""
    return [
        *(_finding((key,)) for key in _SECTIONS if key in tree),
        *_sources(tree),
    ]


def _finding(path: Path, instead: str = "", do: str = "leave it out, or use a build that has it") -> Finding:
    return Finding(path, f"this build does not carry out `{shown_path(path)}` yet", expected=instead, do=do)


def _section(tree: Any, name: str) -> dict[str, Any]:
    section = tree.get(name) if isinstance(tree, dict) else None
    return section if isinstance(section, dict) else {}


def _sources(tree: Any) -> Iterator[Finding]:
    for name, source in _section(_section(tree, "data"), "sources").items():
        kind = source.get("kind") if isinstance(source, dict) else None
        if isinstance(kind, str) and kind not in _SOURCES and closest(kind, _SOURCES) is None:
            found = f"`kind: {shorten(kind)}`"
            what = "this build does not read such sources yet"
            yield Finding(("data", "sources", name), what, expected="`kind: files` or `kind: s3`", found=found)
