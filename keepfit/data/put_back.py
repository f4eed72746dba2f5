"""The files of a source with the rows that people have put back: as if they had been delivered so.

Only files of which something was put back are written anew; what was put back of files that are gone stands in files of
its own, whose names say so.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from keepfit.config.model import UseCase
from keepfit.data.extent import ParsedFile
from keepfit.data.index import Known
from keepfit.data.parse import Times
from keepfit.data.rejudge import as_source, keys_of_refused, of_gone_files
from keepfit.data.replay import Replays, without_superseded
from keepfit.data.tables import Parts, get_tables, schema_of
from keepfit.profile import profiled
from keepfit.records import Column, canonical
from keepfit.store import put

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store


def with_put_back(
    store: "Store", use_case: UseCase, source: str, files: Mapping[str, Known], back: Replays
) -> dict[str, Known]:
    """All files of a source by path, those that `back` speaks of as they are with it.

    Parameters
    ----------
    files
        All files of the source, also those whose rows are outside the history.
    """
    mine = [row for row in back.rows if row.level == "source" and row.source == source]
    if not mine:
        return dict(files)
    digests, there = {path: file.digest for path, file in files.items()}, {file.digest for file in files.values()}
    touched, again = {row.digest for row in mine}, any(row.raw and row.digest not in there for row in mine)
    found = dict(files)
    for path, file in files.items():
        if file.digest in touched or (again and file.parsed.refused):
            found[path] = _in_place(store, use_case, source, file, digests, back)
    schema = next((schema_of(store, file.parsed.parts[0]) for file in files.values() if file.parsed.parts), None)
    return found | {file.path: file for file in _of_gone(store, use_case, source, files, back, schema)}


def _in_place(
    store: "Store", use_case: UseCase, source: str, file: Known, digests: Mapping[str, str], back: Replays
) -> Known:
    """A file with what was put back in the place of its own rows."""
    import pyarrow as pa

    refused = list(get_tables(store, file.parsed.refused))
    away, texts = back.at_source(source, file.digest, digests, pa.concat_tables(refused) if refused else None)
    if not away:
        return file
    fits, fails = as_source(use_case, source, texts)
    parts = file.parsed.parts
    schema = schema_of(store, parts[0]) if parts else None
    good = [*(_without(table, away) for table in get_tables(store, parts)), _like(fits, schema)]
    bad = [*(_without(table, away) for table in refused), fails]
    return replace(file, parsed=_written(store, use_case, good, bad, file.parsed.profile))


def _of_gone(
    store: "Store",
    use_case: UseCase,
    source: str,
    files: Mapping[str, Known],
    back: Replays,
    schema: "pa.Schema | None",
) -> Iterator[Known]:
    """What was put back of files that are gone and that upstream has not delivered since."""
    digests = {path: file.digest for path, file in files.items()}

    def refused() -> "Iterator[pa.Table]":
        return (table for file in files.values() for table in get_tables(store, file.parsed.refused))

    parsed = of_gone_files(back, use_case, source, digests, refused())
    if parsed is None:
        return
    fits, fails = parsed
    key = list(use_case.data.key)
    if set(key) <= set(fits.column_names) and schema is not None and set(key) <= set(schema.names):
        fits = without_superseded(fits, key, _keys(store, use_case, source, files, refused()))
    for name, digest in back.gone(source, digests).items():
        table, bad = (_of_file(each, name) for each in (fits, fails))
        if table.num_rows + bad.num_rows:
            yield Known(
                path=name,
                signature="",
                digest=digest,
                size=0,
                parsed=_written(store, use_case, [_like(table, schema)], [bad], put(store, canonical(profiled(table)))),
            )


def _keys(
    store: "Store", use_case: UseCase, source: str, files: Mapping[str, Known], refused: "Iterator[pa.Table]"
) -> "Iterator[pa.Table]":
    """The keys of all rows that the files of a source hold, refused ones too."""
    key = list(use_case.data.key)
    unread = keys_of_refused(use_case, source, refused)
    yield from [unread] if unread is not None else []
    for file in files.values():
        if set(key) <= {column.name for column in file.parsed.columns}:
            yield from get_tables(store, file.parsed.parts, key)


def _written(
    store: "Store", use_case: UseCase, tables: "list[pa.Table]", refused: "list[pa.Table]", profile: str
) -> ParsedFile:
    good, bad = Parts(store), Parts(store)
    times, refused_times = Times(use_case.data.event_time), Times("_time")
    columns: dict[str, str] = {}
    for table in tables:
        good.add(table)
        times.see(table)
        columns |= {field.name: str(field.type) for field in table.schema}
    for table in refused:
        bad.add(table)
        refused_times.see(table)
    return ParsedFile(
        parts=good.close(),
        rows=good.rows,
        refused=bad.close(),
        refused_rows=bad.rows,
        columns=tuple(Column(name=name, type=kind) for name, kind in columns.items() if name != "_row"),
        first=times.first,
        last=times.last,
        undated=times.undated,
        refused_ends=refused_times.ends,
        profile=profile,
    )


def _like(table: "pa.Table", schema: "pa.Schema | None") -> "pa.Table":
    """With the columns and types of a file of the source; what does not fit a type that nobody declares is no value."""
    import pyarrow as pa

    if schema is None:
        return table
    columns = {name: table.column(name) for name in table.column_names}
    for field in schema:
        column = columns.get(field.name, pa.nulls(table.num_rows, field.type))
        try:
            columns[field.name] = column.cast(field.type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            columns[field.name] = pa.nulls(table.num_rows, field.type)
    return pa.table(columns)


def _without(table: "pa.Table", rows: frozenset[int]) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.invert(pc.is_in(table.column("_row"), pa.array(rows, pa.int64()))))


def _of_file(table: "pa.Table", name: str) -> "pa.Table":
    import pyarrow.compute as pc

    return table.filter(pc.equal(table.column("_file"), name)).drop_columns(["_file"])
