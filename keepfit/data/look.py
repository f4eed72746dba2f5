"""How the files of a source look as they lie there, beside what is known of them; bytes are read of new ones alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from keepfit.config.model import UseCase
from keepfit.data.index import Index, Known, Segment, bytes_of, cut, files_of, looks, read_index
from keepfit.data.parse import reading_digest
from keepfit.data.places import Found, Place, place
from keepfit.errors import IntegrityError
from keepfit.records import digest_of

if TYPE_CHECKING:
    from keepfit.store import Store


class Stretch(NamedTuple):
    """Files that lie next to each other, and the segment that knows all of them as they look."""

    files: tuple[Found, ...]
    segment: Segment | None


class Looked(NamedTuple):
    """The files of a source as they lie there, in the order of their paths; nothing was read.

    ``before`` is what was known of them, ``known`` of the files of stretches without a segment; ``reading`` is the
    digest of how they are read now.
    """

    place: Place
    reading: str
    stretches: tuple[Stretch, ...]
    before: Index
    known: Mapping[str, Known]

    def as_known(self, file: Found) -> Known | None:
        """What is known of a file that looks as it did; only files of stretches without a segment are asked for."""
        found = self.known.get(file.path)
        return found if found is not None and found.signature == file.signature else None


class Fingerprint(NamedTuple):
    """The digest of all bytes of all sources, and of those files, by path, that are not as they were last seen."""

    digest: str
    files: Mapping[str, str]


def look(store: "Store", use_case: UseCase, root: Path) -> dict[str, Looked]:
    """Look at the files of every source.

    Parameters
    ----------
    root
        The folder that the sources' paths are relative to.

    Raises
    ------
    DataError
        A pattern matches no file.
    """
    places = {name: place(source, root) for name, source in use_case.data.sources.items()}
    return {name: _looked(store, use_case, name, where) for name, where in places.items()}


def fingerprint(looked: Mapping[str, Looked]) -> Fingerprint:
    """What tells whether the data are those of another run; only the bytes of files that look new are read."""
    files = {
        file.path: before.digest if before else source.place.reading(file, lambda read: read.digest)
        for source in looked.values()
        for stretch in source.stretches
        if stretch.segment is None
        for file in stretch.files
        for before in [source.as_known(file)]
    }
    digests = {
        name: [
            stretch.segment.bytes
            if stretch.segment
            else bytes_of((file.path, files[file.path]) for file in stretch.files)
            for stretch in source.stretches
        ]
        for name, source in looked.items()
    }
    return Fingerprint(digest_of(digests), files)


def _looked(store: "Store", use_case: UseCase, name: str, where: Place) -> Looked:
    before, reading = read_index(store, use_case.name, name), reading_digest(use_case, name)
    as_read = {each.looks: each for each in before.segments} if before.reading == reading else {}
    stretches = tuple(Stretch(files, as_read.get(looks(files))) for files in cut(where.found()))
    same = {stretch.segment.object for stretch in stretches if stretch.segment is not None}
    return Looked(where, reading, stretches, before, _known(store, before, reading, same))


def _known(store: "Store", before: Index, reading: str, same: set[str]) -> dict[str, Known]:
    """The files of all segments but those that look the same."""
    others = [segment for segment in before.segments if segment.object not in same]
    try:
        return {file.path: file for files in files_of(store, others) for file in files}
    except IntegrityError:
        if before.reading == reading:
            raise
        return {}  # written by another release
