"""What was known of a source's files when they were last looked at, so that a run reads only what is new.

An index is a cache: nothing is lost with it. A file counts as known if its signature is the one that was seen, and it
was seen when the file had been at rest for a while. The list of files is cut into segments at places that depend on the
paths alone, so that an index shares the segments of what did not change with the one before.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from keepfit.data.places import Found
from keepfit.errors import Exists
from keepfit.records import Column, Record, canonical, parse
from keepfit.store import get_many, put

if TYPE_CHECKING:
    from keepfit.store import Store

_TOP = 10**12
_EVERY = 128  # files of a segment, on average
_AT_REST = timedelta(seconds=2)  # no file system's clock is coarser


class ParsedFile(Record, frozen=True, kw_only=True):
    """What became of one file: objects of the rows that fit and of those that do not.

    ``first`` and ``last`` are its earliest and latest event; ``undated`` counts the rows without one. ``profile`` is
    the object of its columns' statistics.
    """

    parts: tuple[str, ...]
    rows: int
    refused: tuple[str, ...]
    refused_rows: int
    columns: tuple[Column, ...]
    first: datetime | None
    last: datetime | None
    undated: int
    profile: str


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


class _Segment(Record, frozen=True, kw_only=True):
    files: tuple[Known, ...]


class _Index(Record, frozen=True, kw_only=True):
    number: int
    reading: str
    segments: tuple[str, ...]


class Index(NamedTuple):
    """All files of a source by path, and segments with their objects by their first path.

    ``reading`` is the digest of how they were read.
    """

    number: int
    reading: str
    files: Mapping[str, Known]
    segments: Mapping[str, tuple[tuple[Known, ...], str]]


def read_index(store: "Store", use_case: str, source: str) -> Index:
    """The newest index of a source; an empty one if there is none."""
    newest = store.list(_folder(use_case, source), 1)
    if not newest:
        return Index(0, "", {}, {})
    index = parse(store.read(newest[0]), _Index, newest[0])
    read = zip(index.segments, get_many(store, index.segments), strict=True)
    segments = [(parse(data, _Segment, digest).files, digest) for digest, data in read]
    files = {file.path: file for part, _ in segments for file in part}
    return Index(index.number, index.reading, files, {part[0].path: (part, digest) for part, digest in segments})


def write_index(
    store: "Store", use_case: str, source: str, before: Index, reading: str, files: Mapping[str, Known]
) -> None:
    """Keep what is known now, unless nothing changed; of several runs that do so at once the first is kept."""
    if (before.reading, before.files) == (reading, files):
        return
    record = _Index(
        number=before.number + 1,
        reading=reading,
        segments=tuple(_kept(store, before, part) for part in _segments(files.values())),
    )
    try:
        store.create(f"{_folder(use_case, source)}{_TOP - record.number:012d}.json", canonical(record))
    except Exists:
        return


def _kept(store: "Store", before: Index, part: tuple[Known, ...]) -> str:
    """The object of a segment; most are those of before."""
    same, digest = before.segments.get(part[0].path, ((), ""))
    return digest if same == part else put(store, canonical(_Segment(files=part)))


def known(index: Index, found: Found) -> Known | None:
    """What is known of a file that looks as it did."""
    file = index.files.get(found.path)
    return file if file is not None and file.signature == found.signature else None


def signature(found: Found, seen: datetime) -> str:
    """The signature under which a file is remembered; none for one that changed just before it was looked at."""
    at_rest = found.changed < (seen - _AT_REST).timestamp() * 1e9 or not found.changed
    return found.signature if at_rest else ""


def _folder(use_case: str, source: str) -> str:
    return f"{use_case}/sources/{source}/"


def _segments(files: Iterable[Known]) -> Iterator[tuple[Known, ...]]:
    segment: list[Known] = []
    for file in sorted(files, key=lambda each: each.path):
        segment.append(file)
        if int.from_bytes(hashlib.sha256(file.path.encode()).digest()[:4]) % _EVERY == 0:
            yield tuple(segment)
            segment = []
    if segment:
        yield tuple(segment)
