"""What was known of a source's files when they were last looked at, so that a run reads only what is new.

An index is a cache: nothing is lost with it. A file counts as known if its signature is the one that was seen, and it
was seen when the file had been at rest for a while. The list of files is cut into segments at places that depend on the
paths alone. The index says of every segment how its files looked and when their rows are, so that one of which nothing
changed and no row matters is neither read nor written.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from keepfit.data.extent import Extent, ParsedFile, extent, together
from keepfit.data.places import Found
from keepfit.errors import Exists, IntegrityError
from keepfit.records import Record, canonical, digest_of, parse, sha256
from keepfit.store import get_many, put

if TYPE_CHECKING:
    from keepfit.store import Store

_TOP = 10**12
_EVERY = 64  # files of a segment, on average
_AT_REST = timedelta(seconds=2)  # no file system's clock is coarser


class Known(Record, frozen=True, kw_only=True):
    """A file by its path: what it looked like, the digest of its bytes, and what became of it."""

    path: str
    signature: str
    digest: str
    size: int
    parsed: ParsedFile

    @property
    def all_rows(self) -> int:
        """The rows that fit and those that do not."""
        return self.parsed.rows + self.parsed.refused_rows


class Segment(Record, frozen=True, kw_only=True):
    """Files that lie next to each other, and the object of what is known of them.

    ``looks`` is the digest of their paths and signatures, ``bytes`` of their paths and digests, ``ends`` their first
    and last path, ``extent`` when their rows are.
    """

    object: str
    looks: str
    bytes: str
    ends: tuple[str, str]
    files: int
    extent: Extent


class _Files(Record, frozen=True, kw_only=True):
    files: tuple[Known, ...]


class _Index(Record, frozen=True, kw_only=True):
    number: int
    reading: str
    segments: tuple[Segment, ...]


class Index(NamedTuple):
    """All segments of a source; ``reading`` is the digest of how their files were read."""

    number: int
    reading: str
    segments: tuple[Segment, ...]


class Looks(Protocol):
    """A file by its path, and what it looks like."""

    @property
    def path(self) -> str:
        """Where it lies."""

    @property
    def signature(self) -> str:
        """What changes whenever the file does."""


T = TypeVar("T", bound=Looks)


def read_index(store: "Store", use_case: str, source: str) -> Index:
    """The newest index of a source; an empty one if there is none, or none that this release can read."""
    newest = store.list(_folder(use_case, source), 1)
    if not newest:
        return Index(0, "", ())
    try:
        index = parse(store.read(newest[0]), _Index, newest[0])
    except IntegrityError:
        return Index(_TOP - int(newest[0].rpartition("/")[2].removesuffix(".json")), "", ())
    return Index(index.number, index.reading, index.segments)


def write_index(
    store: "Store", use_case: str, source: str, before: Index, reading: str, segments: Sequence[Segment]
) -> None:
    """Keep what is known now, unless nothing changed; of several runs that do so at once the first is kept."""
    if (before.reading, before.segments) == (reading, tuple(segments)):
        return
    record = _Index(number=before.number + 1, reading=reading, segments=tuple(segments))
    try:
        store.create(f"{_folder(use_case, source)}{_TOP - record.number:012d}.json", canonical(record))
    except Exists:
        return


def files_of(store: "Store", segments: Iterable[Segment]) -> Iterator[tuple[Known, ...]]:
    """What is known of the files of each segment."""
    objects = [segment.object for segment in segments]
    for digest, data in zip(objects, get_many(store, objects), strict=True):
        yield parse(data, _Files, digest).files


def segment_of(store: "Store", before: Index, files: tuple[Known, ...]) -> Segment:
    """Keep what is known of files that lie next to each other, unless it was known before."""
    data = canonical(_Files(files=files))
    kept = sha256(data)
    return Segment(
        object=kept if any(each.object == kept for each in before.segments) else put(store, data),
        looks=looks(files),
        bytes=bytes_of((file.path, file.digest) for file in files),
        ends=(files[0].path, files[-1].path),
        files=len(files),
        extent=together(extent(file.parsed) for file in files),
    )


def looks(files: Iterable[Looks]) -> str:
    """The digest of what files look like."""
    return digest_of([(file.path, file.signature) for file in files])


def bytes_of(files: Iterable[tuple[str, str]]) -> str:
    """The digest of what files hold, by path and digest of each."""
    return digest_of(list(files))


def cut(files: Iterable[T]) -> Iterator[tuple[T, ...]]:
    """Files, in the order of their paths, as segments."""
    segment: list[T] = []
    for file in files:
        segment.append(file)
        if int.from_bytes(hashlib.sha256(file.path.encode()).digest()[:4]) % _EVERY == 0:
            yield tuple(segment)
            segment = []
    if segment:
        yield tuple(segment)


def signature(found: Found, seen: datetime) -> str:
    """The signature under which a file is remembered; none for one that changed just before it was looked at."""
    at_rest = found.changed < (seen - _AT_REST).timestamp() * 1e9 or not found.changed
    return found.signature if at_rest else ""


def _folder(use_case: str, source: str) -> str:
    return f"{use_case}/sources/{source}/"
