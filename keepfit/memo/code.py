"""Which code computed: digests of our own files and of what they are built on."""

import functools
import hashlib
import re
import sys
from importlib import metadata
from pathlib import Path

from keepfit.records import digest_of

_PACKAGES = ("keepfit", "flows", "tasks")
_SUFFIXES = (".py", ".html", ".j2", ".css", ".js", ".svg")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VERSION = re.compile(r"^Version: *(\S+)$", re.MULTILINE)


@functools.cache
def code_digest() -> str:
    """Digest of every source and template file of keepfit, flows and tasks, wherever they are installed."""
    return files_digest(Path(__file__).parents[2])


@functools.cache
def requirements_digest() -> str:
    """Digest of Python's version and of the installed version of everything that keepfit requires, extras left out."""
    return digest_of([f"python=={sys.version_info.major}.{sys.version_info.minor}", *_versions(_required())])


def files_digest(root: Path) -> str:
    """Digest of our packages below ``root``: relative paths and contents, nothing else (no times, no byte code)."""
    digests = {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for package in _PACKAGES
        for path in (root / package).rglob("*")
        if path.suffix in _SUFFIXES and path.is_file()
    }
    return digest_of(digests)


def _required() -> list[str]:
    ours = next(iter(metadata.distributions(name="keepfit")), None)
    if ours is None:  # a bare checkout: all that is installed may matter
        return sorted({distribution.name for distribution in metadata.distributions()})
    return [line for line in ours.requires or [] if "extra ==" not in line]


def _versions(requirements: list[str]) -> list[str]:
    names = (match[0] for line in requirements if (match := _NAME.match(line)))
    return sorted(f"{_normal(name)}=={_version(name)}" for name in names)


def _version(name: str) -> str:
    found = next(iter(metadata.distributions(name=name)), None)
    if found is None:
        return "absent"
    # `found.version` parses the whole file, of which most is a description, as an e-mail: a tenth of a second for all.
    stated = _VERSION.search(found.read_text("METADATA") or "")
    return stated[1] if stated else found.version


def _normal(name: str) -> str:
    """One spelling for a distribution's name.

    >>> _normal("Great_Expectations")
    'great-expectations'
    """
    return re.sub(r"[-_.]+", "-", name).lower()
