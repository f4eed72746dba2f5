"""The files of a source, each parsed once: the parsed form is an object named by the digest of the file's own bytes.

A file is read in one go, and what is parsed is what was hashed, so a file that changes during a run is either its old
or its new self.
"""

import glob
import hashlib
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from keepfit.config.model import UseCase
from keepfit.config.sources import FileSource
from keepfit.data.declared import source_types
from keepfit.data.moment import Cut, there
from keepfit.data.readers import Options, read
from keepfit.data.refused import refused_schema
from keepfit.data.tables import get_table, put_table
from keepfit.errors import DataError, InfrastructureError, Problem
from keepfit.memo import remembered
from keepfit.records import Column, Moment, Record, SourceFile, digest_of, sha256

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store


_READERS = 2  # files at a time: their bytes and tables are in memory together; hashing and Arrow leave the lock free


class ParsedFile(Record, frozen=True, kw_only=True):
    """The memo of one parse: objects of the rows that fit and of those that do not."""

    parsed: str
    rows: int
    refused: str | None
    refused_rows: int
    columns: tuple[Column, ...]


class Loaded(NamedTuple):
    """All files of a source as one table with ``_file`` and ``_row``; refused rows likewise.

    ``names`` are all columns that the files have, also those that were not asked for; ``not_yet`` counts the rows that
    were not there at ``as_of``.
    """

    table: "pa.Table"
    refused: "pa.Table"
    names: tuple[str, ...]
    not_yet: int
    files: tuple[SourceFile, ...]
    warnings: tuple[str, ...]


def fingerprint(use_case: UseCase, root: Path) -> dict[str, str]:
    """The digest of every file of every source, by path, from its bytes as they are now (nothing is parsed).

    Raises
    ------
    DataError
        A pattern matches no file.
    """
    paths = (path for source in use_case.data.sources.values() for path in matching(source, root))
    return {path: _hash(root / path) for path in paths}


def matching(source: FileSource, root: Path) -> list[str]:
    """The files that a pattern matches, relative to ``root`` (an absolute pattern: absolute), sorted.

    Raises
    ------
    DataError
        There is none.
    """
    found = glob.glob(source.path, root_dir=root, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
    paths = sorted(path for path in found if (root / path).is_file())
    if not paths:
        do = "see whether the pattern is right, and whether the upstream system has written anything"
        raise DataError(Problem(f"no file matches {source.path}", str(root), "at least one file", "none", do=do))
    return paths


def load(
    store: "Store", use_case: UseCase, name: str, root: Path, moment: Moment, wanted: Collection[str] | None
) -> Loaded:
    """Read a source as of a moment; only files whose bytes were never seen are parsed.

    Parameters
    ----------
    wanted
        The columns that are needed, if that is known: memory is not spent on the others.

    Raises
    ------
    DataError
        A file cannot be read, or the files of the source do not have the same columns.
    """
    source = use_case.data.sources[name]
    options = Options(
        types=source_types(use_case, name),
        nulls=source.nulls,
        zone=use_case.data.timezone,
        event_time=use_case.data.event_time,
    )
    paths = matching(source, root)
    with ThreadPoolExecutor(_READERS) as readers:
        parsed = readers.map(lambda path: _parse(store, use_case.name, path, root, options), paths)
        seen = [(path, *each) for path, each in zip(paths, parsed, strict=True)]
    warnings = _same_columns([(path, record) for path, _, _, record in seen])
    files = tuple(_source_file(name, *each) for each in seen)
    time = use_case.data.event_time
    needed = {*wanted, *use_case.data.key, *([time] if time else [])} if wanted is not None else None
    parts = [_part(store, path, record, needed, time, moment) for path, _, _, record in seen]
    refused = [_with_file(get_table(store, record.refused), path) for path, _, _, record in seen if record.refused]
    return Loaded(
        table=_together([part.table for part in parts]),
        refused=_together(refused or [_with_file(refused_schema().empty_table(), "")]),
        names=tuple(dict.fromkeys(column.name for *_, record in seen for column in record.columns)),
        not_yet=sum(part.away for part in parts),
        files=files,
        warnings=warnings,
    )


def _part(
    store: "Store", path: str, record: ParsedFile, needed: set[str] | None, time: str | None, moment: Moment
) -> Cut:
    names = [column.name for column in record.columns]
    kept = [name for name in names if needed is None or name in needed or name == "_row"]
    cut = there(get_table(store, record.parsed, kept), time, moment)
    return Cut(_with_file(cut.table, path), cut.away)


def _parse(store: "Store", use_case: str, path: str, root: Path, options: Options) -> tuple[str, int, ParsedFile]:
    try:
        data = (root / path).read_bytes()
    except OSError as error:
        raise InfrastructureError(Problem("a file cannot be read", path, found=str(error.strerror))) from error
    digest = sha256(data)

    def body() -> ParsedFile:
        table, refused = read(data, path, options)
        return ParsedFile(
            parsed=put_table(store, table),
            rows=table.num_rows,
            refused=put_table(store, refused) if refused.num_rows else None,
            refused_rows=refused.num_rows,
            columns=tuple(Column(name=field.name, type=str(field.type)) for field in table.schema),
        )

    inputs = {"file": digest, "options": digest_of(options), "form": "".join(Path(path).suffixes)}
    return digest, len(data), remembered(store, use_case, "parse", inputs, ParsedFile, body)


def _source_file(source: str, path: str, digest: str, size: int, record: ParsedFile) -> SourceFile:
    return SourceFile(
        source=source,
        path=path,
        digest=digest,
        size=size,
        parts=(record.parsed,),
        rows=record.rows,
        refused=record.refused_rows,
    )


def _same_columns(files: list[tuple[str, ParsedFile]]) -> tuple[str, ...]:
    """Warnings about columns that a later file has and the first has not.

    Raises
    ------
    DataError
        A later file lacks a column of the first, or has it as another type.
    """
    (first, record), *others = files
    expected = {column.name: column.type for column in record.columns}
    problems, warnings = [], []
    for path, other in others:
        found = {column.name: column.type for column in other.columns}
        problems += list(_differences(first, expected, path, found))
        added = [column for column in found if column not in expected]
        if added:
            warnings.append(f"{path} has columns that {first} has not: {', '.join(added)} (null in the latter)")
    if problems:
        raise DataError(*problems[:10])
    return tuple(warnings)


def _differences(first: str, expected: dict[str, str], path: str, found: dict[str, str]) -> Iterator[Problem]:
    for column, kind in expected.items():
        if column not in found:
            what = f"files of one source differ: column {column} is missing"
            yield Problem(what, path, f"{column}, as in {first}", ", ".join(found)[:200])
        elif found[column] != kind and "null" not in {found[column], kind}:
            what = f"files of one source differ: column {column} has two types"
            yield Problem(what, path, f"{kind}, as in {first}", found[column], do="declare its type in source.columns")


def _together(tables: "list[pa.Table]") -> "pa.Table":
    """One after the other; a column that one lacks is null there."""
    import pyarrow as pa

    return pa.concat_tables(tables, promote_options="permissive").unify_dictionaries()


def _with_file(table: "pa.Table", path: str) -> "pa.Table":
    """Put the path on when a table is loaded and not when it is cached: the same bytes may lie elsewhere tomorrow."""
    import numpy as np
    import pyarrow as pa

    names = pa.DictionaryArray.from_arrays(pa.array(np.zeros(table.num_rows, dtype=np.int32)), pa.array([path]))
    return table.append_column("_file", names)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
