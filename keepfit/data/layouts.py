"""The columns of files that are read as one table: what differs is named, with the files and since when."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from keepfit.data.groups import by_time
from keepfit.data.index import Known
from keepfit.data.recognise import Finding
from keepfit.data.tables import schema_of
from keepfit.errors import DataError, Problem

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store

_SHOWN = 3
_DID = "trained nothing; the champion stays"
_Split = tuple[list[Known], list[Known]]


class Layout(NamedTuple):
    """The columns of all files of a source, with ``_row``; and what should be said about them."""

    schema: "pa.Schema"
    warnings: tuple[str, ...]

    def complete(self, table: "pa.Table", names: Sequence[str]) -> "pa.Table":
        """The table with exactly these columns in their types; one that it lacks is null."""
        import pyarrow as pa

        have, fields = set(table.column_names), [self.schema.field(name) for name in names]
        columns = [
            table.column(field.name).cast(field.type) if field.name in have else pa.nulls(table.num_rows, field.type)
            for field in fields
        ]
        return pa.table(columns, schema=pa.schema(fields))


def layout(
    store: "Store", source: str, files: Sequence[Known], needed: Collection[str], changes: Sequence[Finding] = ()
) -> Layout:
    """The one layout of files whose columns may differ.

    Parameters
    ----------
    needed
        The columns that the use case names: one that some files have and others lack is an error; any other is a
        warning.
    changes
        What was noticed: said beside what is missing, or as warnings.

    Raises
    ------
    DataError
        A needed column is missing in some files, or a column has two types that do not go together.
    """
    import pyarrow as pa

    with_rows = [file for file in files if file.parsed.parts]
    if not with_rows:
        return Layout(pa.schema([("_row", pa.int64())]), ())
    with_rows.sort(key=by_time)
    kinds = {file.parsed.columns: file for file in reversed(with_rows)}
    schemas = {file.path: schema_of(store, file.parsed.parts[0]) for file in reversed(kinds.values())}
    try:
        schema = pa.unify_schemas(list(schemas.values()), promote_options="permissive")
    except pa.ArrowTypeError as error:
        raise DataError(*_two_types(source, schemas)) from error
    lacking = dict(_lacking(with_rows)) if len(kinds) > 1 else {}
    problems = list(_missing(source, lacking, needed))
    if problems:
        headless = {file.path for file in with_rows if _headless(_names(file), needed)}
        told = (each for each in changes if each.kind in {"renamed", "rescaled"} and each.file not in headless)
        raise DataError(*problems[:10], *(each.problem() for each in told))
    partly = (_partly(source, column, *split) for column, split in lacking.items())
    return Layout(schema, (*partly, *(str(each) for each in changes if each.kind not in {"new", "missing"})))


def _lacking(files: Sequence[Known]) -> Iterator[tuple[str, _Split]]:
    """Columns that some files lack: with the files that have it and those that do not, in their order."""
    names = dict.fromkeys(column.name for file in files for column in file.parsed.columns)
    columns: Mapping[str, set[str]] = {file.path: {column.name for column in file.parsed.columns} for file in files}
    for name in names:
        have = [file for file in files if name in columns[file.path]]
        if len(have) < len(files):
            yield name, (have, [file for file in files if name not in columns[file.path]])


def _missing(source: str, lacking: Mapping[str, _Split], needed: Collection[str]) -> Iterator[Problem]:
    """A problem for all needed columns that the same files lack."""
    together: dict[tuple[str, ...], list[str]] = {}
    for column, (_, lack) in lacking.items():
        if column in needed:
            together.setdefault(tuple(file.path for file in lack), []).append(column)
    for columns in together.values():
        have, lack = lacking[columns[0]]
        names = _names(lack[0])
        yield Problem(
            f"files of one source differ: {_are(columns)} missing",
            f"data.sources.{source}: {_files(lack)}",
            f"{', '.join(columns)}, as in {_files(have)}",
            ", ".join(names)[:300],
            did=_DID,
            do=_what_to_do(columns, names, needed),
        )


def _names(file: Known) -> list[str]:
    return [column.name for column in file.parsed.columns]


def _are(columns: Sequence[str]) -> str:
    return f"column {columns[0]} is" if len(columns) == 1 else f"columns {', '.join(columns)} are"


def _headless(names: Sequence[str], needed: Collection[str]) -> bool:
    """Whether the names of a file's columns are values, as where it has no header."""
    return not set(names) & set(needed) and any(name[:1].isdigit() for name in names)


def _what_to_do(columns: Sequence[str], names: Sequence[str], needed: Collection[str]) -> str:
    if _headless(names, needed):
        return "the file seems to have no header: have it written with one"
    if len(names) == 1 < len(columns):
        return "see whether the source's `dialect.delimiter` is the one of the file"
    items = ", ".join(column + ": {alias: …}" for column in columns[:_SHOWN]) + (", …" if len(columns) > _SHOWN else "")
    one = len(columns) == 1
    other, them = ("it has another name", "it") if one else ("they have other names", "them")
    return f"if {other} there, map {them}: `mapping: [{{from: …, columns: {{{items}}}}}]`"


def _partly(source: str, column: str, have: Sequence[Known], lack: Sequence[Known]) -> str:
    return f"`{source}`: {_files(have)} have a column {column} that {_files(lack)} have not"


def _files(files: Sequence[Known]) -> str:
    """A few of the files, and since when.

    The earliest by their events come first.
    """
    shown = ", ".join(file.path for file in files[:_SHOWN])
    more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
    first = files[0].parsed.first
    return shown + more + (f" (events since {first:%Y-%m-%d})" if first else "")


def _two_types(source: str, schemas: "Mapping[str, pa.Schema]") -> Iterator[Problem]:
    """Every column that has two types, with a file of each."""
    seen: dict[str, tuple[str, str]] = {}
    for path, schema in schemas.items():
        for field in schema:
            kind, first = seen.setdefault(field.name, (str(field.type), path))
            if kind not in {str(field.type), "null"}:
                yield Problem(
                    f"files of one source differ: column {field.name} has two types",
                    f"data.sources.{source}: {path}",
                    f"{kind}, as in {first}",
                    str(field.type),
                    did=_DID,
                    do="declare its type in the source's `columns`",
                )
