"""Some rows of some files of a source, read as a run reads them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from keepfit.config.model import UseCase
from keepfit.config.sources import FileSource
from keepfit.data.declared import declared, visible
from keepfit.data.mapping import Options, by_element, mapped, options
from keepfit.data.paths import in_path, with_path
from keepfit.data.places import Read, place
from keepfit.data.preview import columns as seen
from keepfit.data.preview.records import Mapped, Refusal, SampledFile, SourcePreview
from keepfit.data.readers import Form, Raw, parts
from keepfit.data.recognise import Finding, Hints, as_read, recognised
from keepfit.data.refused import refused_schema
from keepfit.data.rejudge import as_examples
from keepfit.data.rows import running
from keepfit.data.times import quoted
from keepfit.errors import DataError
from keepfit.profile import profiled

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.config.contract import ColumnRule


class Sample(NamedTuple):
    """A source: what is to be said of it, and its rows with ``_file`` and ``_row``, taken and refused."""

    preview: SourcePreview
    table: "pa.Table"
    refused: "pa.Table"


class _File(NamedTuple):
    """What was read of one file; ``raw`` has the columns of the file and ``_row``, ``seen`` is for statistics."""

    path: str
    raw: "pa.Table"
    table: "pa.Table"
    refused: "pa.Table"
    seen: "pa.Table"
    shapeless: int
    wrong: str


def sample(use_case: UseCase, source: str, root: Path, rows: int) -> Sample:
    """The first ``rows`` rows of the first, the middle and the newest file of a source, by the order of their names.

    Raises
    ------
    DataError
        There is no file. A file that is no table is said, not raised.
    InfrastructureError
        A file cannot be read.
    """
    declaration = use_case.data.sources[source]
    lies, how = place(declaration, root), options(use_case, source)
    found = lies.found()
    files = [
        lies.reading(found[at], partial(_read, path=found[at].path, declaration=declaration, how=how, rows=rows))
        for at in sorted({0, len(found) // 2, len(found) - 1})
    ]
    whole = [file for file in files if not file.wrong]
    return Sample(
        preview=_preview(use_case, source, how, len(found), files),
        table=_stacked([_with_file(file.table, file.path) for file in whole]),
        refused=_stacked([_with_file(file.refused, file.path) for file in whole]),
    )


def _read(read: Read, *, path: str, declaration: FileSource, how: Options, rows: int) -> _File:
    """As texts, which examples show; a run reads plain columns faster, and the same."""
    import pyarrow as pa

    own, none = in_path(declaration.path, path), pa.table({"_row": pa.array([], pa.int64())})
    try:
        taken = _first(parts(read.file, path, Form.of(declaration), {}), rows)
        tables = [each.table for each in taken]
        raw = with_path(pa.concat_tables(tables, promote_options="permissive") if tables else none, own, path)
    except DataError as error:
        return _File(path, none, none, refused_schema().empty_table(), none, 0, str(error))
    shapeless = pa.concat_tables([refused_schema().empty_table(), *(each.refused for each in taken)])
    parsed = mapped(raw, how)
    refused = pa.concat_tables([shapeless, parsed.refused])
    raw = by_element(raw, how).table
    return _File(path, raw, parsed.table, refused, as_read(raw, parsed, how), shapeless.num_rows, "")


def _first(every: Iterable[Raw], rows: int) -> list[Raw]:
    """Parts up to so many rows."""
    found: list[Raw] = []
    for part in every:
        found.append(Raw(part.table.slice(0, rows), part.refused.slice(0, rows)))
        rows -= part.table.num_rows + part.refused.num_rows
        if rows <= 0:
            break
    return found


def _preview(use_case: UseCase, source: str, how: Options, count: int, files: Sequence[_File]) -> SourcePreview:
    read = [file for file in files if not file.wrong]
    raws = [_with_file(file.raw, file.path) for file in read]
    names = list(dict.fromkeys(name for file in read for name in visible(file.raw.column_names)))
    became = seen.together([each for raw in raws for each in seen.became(raw, how)])
    times = [file.table.column(how.event_time) for file in read if how.event_time in file.table.column_names]
    first, last = _ends(times)
    return SourcePreview(
        name=source,
        files=count,
        sampled=tuple(
            SampledFile(
                path=file.path,
                rows=file.raw.num_rows + file.shapeless,
                refused=file.refused.num_rows,
                wrong=file.wrong,
            )
            for file in files
        ),
        columns=became,
        undeclared=tuple(name for name in names if name not in {each.found for each in became}),
        missing=_missing(use_case, source, how, read),
        periods=_periods([seen.periods(raw, how) for raw in raws]),
        shapeless=tuple(each for file in read for each in _shapeless(file))[: seen.SHOWN],
        undated=tuple(each for raw in raws for each in seen.without_period(raw, how))[: seen.SHOWN],
        first=first,
        last=last,
        recognised=_recognised(use_case, how, read),
    )


def _ends(times: "Sequence[pa.ChunkedArray]") -> tuple[datetime | None, datetime | None]:
    import pyarrow.compute as pc

    ends = [pc.min_max(each).as_py() for each in times if each.null_count < len(each)]
    if not ends:
        return None, None
    first, last = min(each["min"] for each in ends), max(each["max"] for each in ends)
    return first.astimezone(UTC), last.astimezone(UTC)


def _missing(use_case: UseCase, source: str, how: Options, files: Sequence[_File]) -> tuple[str, ...]:
    """Columns that the YAML says this source has, and that no file or not every file has."""
    wanted = [*use_case.data.sources[source].columns, *(name for period in how.periods for name in period.columns)]
    if use_case.data.query is None:
        wanted += declared(use_case)
    have = [set(file.table.column_names) for file in files]
    return tuple(name for name in dict.fromkeys(wanted) if not all(name in names for names in have))


def _periods(counts: Iterable[Iterable[Mapped]]) -> tuple[Mapped, ...]:
    rows: Counter[str] = Counter()
    for file in counts:
        for each in file:
            rows[each.period] += each.rows
    return tuple(Mapped(period=period, rows=count) for period, count in rows.items())


def _shapeless(file: _File) -> list[Refusal]:
    rows = file.refused.slice(0, min(file.shapeless, seen.SHOWN)).to_pylist()
    return [
        Refusal(file=file.path, row=row["_row"], value=quoted(row["_raw"]), reason="; ".join(row["_reasons"]))
        for row in rows
    ]


def _recognised(use_case: UseCase, how: Options, files: Sequence[_File]) -> tuple[Finding, ...]:
    """What a file has otherwise than those before it."""
    units = {name: rule.unit for name, rule in use_case.contract.columns.items() if rule.unit is not None}
    hints = Hints(event_time=how.event_time, zone=how.zone, units=units, declared=frozenset(how.types))
    profiles = [profiled(file.seen) for file in files]
    return tuple(
        finding
        for at, file in enumerate(files)
        for finding in recognised(profiles[:at], profiles[at], file.path, hints)
    )


def examples(use_case: UseCase, samples: "Mapping[str, Sample]") -> "tuple[pa.Table, pa.Table, dict[str, ColumnRule]]":
    """The sampled rows as examples of the contract's columns, those of another type, and the contract.

    Raises
    ------
    ConfigError
        The query cannot be run over them.
    """
    import pyarrow as pa

    tables = {name: each.table for name, each in samples.items()}
    if use_case.data.query is None:
        (rows,) = tables.values()
    else:
        with running(use_case.data.query, tables) as result:
            rows = (
                pa.Table.from_batches([], result.schema)
                if (found := list(result.batches)) == []
                else pa.concat_tables(found)
            )
    for name, numbers in (
        ("_file", pa.repeat("query", rows.num_rows)),
        ("_row", pa.array(range(1, rows.num_rows + 1))),
    ):
        rows = rows if name in rows.column_names else rows.append_column(name, numbers)
    rules = declared(use_case, rows.schema)
    parsed = as_examples(rules, use_case, rows)
    return parsed.table, parsed.refused, rules


def _with_file(table: "pa.Table", path: str) -> "pa.Table":
    import pyarrow as pa

    return table.append_column("_file", pa.repeat(path, table.num_rows))


def _stacked(tables: "Sequence[pa.Table]") -> "pa.Table":
    import pyarrow as pa

    none = pa.table({"_row": pa.array([], pa.int64()), "_file": pa.array([], pa.string())})
    return pa.concat_tables(tables or [none], promote_options="permissive")
