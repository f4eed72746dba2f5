"""Which code computed: digests of our own files and of what they are built on."""

import functools
import hashlib
import re
import sys
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path

from keepfit.records import digest_of

_PACKAGES = ("keepfit", "flows", "tasks")
_SUFFIXES = (".py", ".html", ".j2", ".css", ".js", ".svg")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VERSION = re.compile(r"^Version: *(\S+)$", re.MULTILINE)


@functools.cache
def code_digest(*packages: str) -> str:
    """Digest of our source and template files, wherever they are installed: of all, or of some packages and modules.

    What depends on few packages is remembered across a change of the others, so name everything that is called:
    ``code_digest("keepfit.data", "keepfit.records")``. Only keepfit, flows and tasks are ours.

    Raises
    ------
    LookupError
        There is no such package or module.
    """
    return files_digest(Path(__file__).parents[2], packages or _PACKAGES)


@functools.cache
def requirements_digest() -> str:
    """Digest of Python's version and of the installed version of everything that keepfit requires, extras left out."""
    return digest_of([f"python=={sys.version_info.major}.{sys.version_info.minor}", *_versions(_required())])


def files_digest(root: Path, packages: Sequence[str] = _PACKAGES) -> str:
    """Digest of these packages below ``root``: relative paths and contents, nothing else (no times, no byte code)."""
    digests = {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for package in packages
        for path in _files(root, package)
        if path.suffix in _SUFFIXES and path.is_file()
    }
    return digest_of(digests)


def _files(root: Path, package: str) -> Iterable[Path]:
    """The files of a package, or the file of a module."""
    place = root.joinpath(*package.split("."))
    module = place.with_name(f"{place.name}.py")
    if package.partition(".")[0] in _PACKAGES and (place.is_dir() or module.is_file()):
        return place.rglob("*") if place.is_dir() else [module]
    raise LookupError(f"{package} is no package or module of ours")


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
