"""The files of a source: each parsed once, in parts, and only what may matter to the moment is read again.

The parsed form of a file is remembered by the digest of the file's own bytes, and an index remembers which bytes a file
had when it looked as it does. So a run costs what is new and what matters, however long the history: of files that look
as they did and lie outside of it, only how they look is seen.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from keepfit.config.model import UseCase
from keepfit.config.sources import FileSource
from keepfit.data.extent import Extent, ParsedFile, extent
from keepfit.data.groups import Group, newest_before, opened
from keepfit.data.index import Known, segment_of, signature, write_index
from keepfit.data.layouts import Layout, layout
from keepfit.data.left_out import Spans, some, spans
from keepfit.data.look import Looked
from keepfit.data.moment import Span, span_of
from keepfit.data.noticed import BEFORE, noticed
from keepfit.data.parse import parse
from keepfit.data.paths import in_path
from keepfit.data.places import Found, Read
from keepfit.data.put_back import with_put_back
from keepfit.data.replay import NONE, Replays
from keepfit.data.stream import Stream
from keepfit.data.tables import get_tables
from keepfit.errors import DataError, Problem
from keepfit.memo import recorded
from keepfit.records import Moment, SourceFile, Unread

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store

_DID = "trained nothing; the champion stays"
_READERS = 2  # files at a time: a part of each is in memory together; hashing and Arrow leave the lock free


class Source(NamedTuple):
    """A source as of a moment.

    ``files`` are those of which rows may matter, ``layout`` has the columns of all of them and ``_row``; ``there`` are
    the digests of all that lie there, if people have put rows back. ``away`` are the rows that were left out because
    they are not there yet, and those that are too old to matter: by file, or by first and last file of those that lie
    next to each other and do not matter.
    """

    name: str
    files: tuple[Known, ...]
    there: frozenset[str]
    unread: tuple[Unread, ...]
    layout: Layout
    span: Span
    away: Mapping[str, tuple[Spans, Spans]]

    def stream(self, store: "Store", wanted: Iterable[str] | None) -> Stream:
        """The rows with ``_file`` and ``_row``; only the columns in ``wanted`` if that is known."""
        import pyarrow as pa

        names = set(self.layout.schema.names if wanted is None else wanted) | {"_row", self.span.time}
        fields = [field for field in self.layout.schema if field.name in names]
        schema = pa.schema([*fields, ("_file", pa.dictionary(pa.int32(), pa.string()))])
        return Stream(schema, lambda: self._tables(store, schema.names[:-1]))

    def _tables(self, store: "Store", names: Sequence[str]) -> "Iterator[pa.Table]":
        streamed = (file for file in self.files if extent(file.parsed).kept_outside(self.span) is None)
        for columns, group in groupby(streamed, key=lambda file: file.parsed.columns):
            have = {column.name for column in columns} | {"_row"}
            parts = [(file.path, part) for file in group for part in file.parsed.parts]
            tables = get_tables(store, [part for _, part in parts], [name for name in names if name in have])
            for (path, _), table in zip(parts, tables, strict=True):
                cut = self.span.cut(table) if self.span.time in have else table
                yield _with_file(self.layout.complete(cut, names), path)

    def source_files(self) -> tuple[SourceFile, ...]:
        """What stands in the record of the run."""
        return tuple(
            SourceFile(
                source=self.name,
                path=file.path,
                digest=file.digest,
                size=file.size,
                parts=file.parsed.parts,
                rows=file.parsed.rows,
                refused=file.parsed.refused_rows,
            )
            for file in self.files
        )


class _Wrong(NamedTuple):
    """A file that cannot be read as a table."""

    path: str
    digest: str
    error: DataError


def load(
    store: "Store",
    use_case: UseCase,
    name: str,
    looked: Looked,
    moment: Moment,
    needed: Collection[str],
    back: Replays = NONE,
) -> Source:
    """A source as of a moment; only files whose bytes were never seen are parsed.

    Parameters
    ----------
    needed
        The columns that contract and query name.
    back
        What people have put back.

    Raises
    ------
    DataError
        Too many files cannot be read, or the files of the source do not go together.
    """
    span = span_of(use_case, moment)
    groups, wrong = _groups(store, looked, partial(_take, store, use_case, name, looked, moment.started))
    unread = _tolerable(name, use_case.data.sources[name], wrong, sum(len(each.files) for each in looked.stretches))
    write_index(store, use_case.name, name, looked.before, looked.reading, [each.segment for each in groups])

    def wanted(group: Group) -> bool:
        return bool(back.rows) or group.segment.extent.outside(span) is None

    inside = opened(store, [group for group in groups if wanted(group)])
    outside = [group for group in groups if not wanted(group)]
    delivered = {file.path: file for group in inside for file in group.files}
    files = with_put_back(store, use_case, name, delivered, back)
    away = {path: _left_out(store, file, span) for path, file in files.items()}
    matter = [file for path, file in files.items() if _matters(file, span, away[path])]
    before = newest_before(store, span, delivered.values(), outside, BEFORE)
    told = noticed(store, use_case, [*before, *(file for file in matter if file.path in delivered)])
    return Source(
        name=name,
        files=tuple(matter),
        there=frozenset(file.digest for file in delivered.values()),
        unread=unread,
        layout=layout(store, name, matter or before or _some(store, groups), needed, told),
        span=span,
        away=away | {each.name: left_out for each in outside if (left_out := _all_left_out(each.segment.extent, span))},
    )


def _some(store: "Store", groups: Sequence[Group]) -> list[Known]:
    """Files that say which columns there would be, where none matters."""
    return [file for group in opened(store, groups[:1]) for file in group.files]


def _groups(
    store: "Store", looked: Looked, take: "Callable[[Found], Known | _Wrong]"
) -> tuple[list[Group], list[_Wrong]]:
    """All files of the source that can be read, the new ones parsed; and those that cannot."""
    as_read = looked.as_known if looked.before.reading == looked.reading else lambda _: None
    others = [file for stretch in looked.stretches if stretch.segment is None for file in stretch.files]
    new = [file for file in others if as_read(file) is None]
    with ThreadPoolExecutor(_READERS) as readers:
        taken = dict(zip((file.path for file in new), readers.map(take, new), strict=True))
    groups = []
    for files, segment in looked.stretches:
        now = () if segment else [taken.get(file.path) or as_read(file) for file in files]
        read = tuple(file for file in now if isinstance(file, Known))
        groups += [Group(segment or segment_of(store, looked.before, read), read)] if segment or read else []
    return groups, [file for file in taken.values() if isinstance(file, _Wrong)]


def _take(
    store: "Store", use_case: UseCase, name: str, looked: Looked, started: datetime, file: Found
) -> Known | _Wrong:
    """What becomes of one file, or became of one with the same bytes before."""

    def parsed(read: Read) -> Known | _Wrong:
        own = in_path(use_case.data.sources[name].path, file.path)
        inputs = {
            "file": read.digest,
            "reading": looked.reading,
            "form": "".join(Path(file.path).suffixes),
            **_prefixed(own),
        }
        body = partial(parse, store, use_case, name, read.file, file.path)
        try:
            result = recorded(store, use_case.name, "parse", inputs, kind=ParsedFile, body=body)
        except DataError as error:
            return _Wrong(file.path, read.digest, error)
        return Known(
            path=file.path,
            signature=signature(read.found, started),
            digest=read.digest,
            size=read.found.size,
            parsed=result,
        )

    return looked.place.reading(file, parsed)


def _prefixed(columns: Mapping[str, str]) -> dict[str, str]:
    return {f"path {name}": value for name, value in columns.items()}


def _tolerable(name: str, source: FileSource, wrong: Sequence[_Wrong], files: int) -> tuple[Unread, ...]:
    """Files that are set aside, if there are few enough.

    Raises
    ------
    DataError
        There are more than ``unreadable_at_most``.
    """
    if len(wrong) > source.unreadable_at_most * files or len(wrong) == files > 0:
        problems = [problem for each in wrong[:5] for problem in each.error.problems]
        more = f"{len(wrong)} of {files} files of `{name}` cannot be read, at most {source.unreadable_at_most:.2%} may"
        do = "see the files" + (", or raise `unreadable_at_most`" if len(wrong) < files else "")
        raise DataError(*problems, Problem(more, f"data.sources.{name}", did=_DID, do=do))
    return tuple(Unread(source=name, path=each.path, digest=each.digest, why=str(each.error)) for each in wrong)


def _matters(file: Known, span: Span, away: tuple[Spans, Spans]) -> bool:
    """Whether a row of a file may matter; ``away`` are those that are left out."""
    return extent(file.parsed).outside(span) is None and sum(each.total for each in away) < file.all_rows


def _left_out(store: "Store", file: Known, span: Span) -> tuple[Spans, Spans]:
    """The rows of a file that are not there yet, and that are too early; read only if some are and some are not."""
    parsed = file.parsed
    if (left_out := _all_left_out(extent(parsed), span)) is not None:
        return left_out
    if parsed.first is None or parsed.last is None or span.time is None:
        return some(0, 0), some(0, 0)
    whole = span.left_out_of(parsed.first, parsed.last, parsed.rows - parsed.undated)
    if whole is not None:
        late, early = whole
        return some(late, file.all_rows), some(early, file.all_rows)
    parts = [span.left_out(part) for part in get_tables(store, parsed.parts, [span.time, "_row"])]
    hidden, before = (np.concatenate([each[at].to_numpy() for each in parts]) for at in (0, 1))
    return spans(hidden), spans(before)


def _all_left_out(rows: Extent, span: Span) -> tuple[Spans, Spans] | None:
    """The same where no row may matter, else None."""
    left_out = rows.outside(span)
    return (some(left_out[0], rows.all_rows), some(left_out[1], rows.all_rows)) if left_out is not None else None


def _with_file(table: "pa.Table", path: str) -> "pa.Table":
    """Put the path on when a table is loaded and not when it is cached: the same bytes may lie elsewhere tomorrow."""
    import pyarrow as pa

    names = pa.DictionaryArray.from_arrays(pa.array(np.zeros(table.num_rows, dtype=np.int32)), pa.array([path]))
    return table.append_column("_file", names)
