"""Some rows of some files of a source, read as a run reads them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from keepfit.config.model import UseCase
from keepfit.config.sources import FileSource
from keepfit.data import query
from keepfit.data.declared import declared, visible
from keepfit.data.mapping import Options, direct, mapped, options
from keepfit.data.paths import in_path, with_path
from keepfit.data.places import Found, Read, place
from keepfit.data.preview import columns as seen
from keepfit.data.preview.records import Mapped, Refusal, SampledFile, SourcePreview
from keepfit.data.readers import Form, Raw, parts
from keepfit.data.recognise import Finding, Hints, readable, recognised
from keepfit.data.rejudge import as_examples
from keepfit.data.rows import running
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
    """What was read of one file; ``raw`` has the columns of the file and ``_row``."""

    path: str
    raw: "pa.Table"
    table: "pa.Table"
    refused: "pa.Table"
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
    chosen = [found[at] for at in sorted({0, len(found) // 2, len(found) - 1})]
    files = [
        lies.reading(file, lambda read, file=file: _read(read, file, declaration, how, rows))  # type: ignore[misc]
        for file in chosen
    ]
    whole = [file for file in files if not file.wrong]
    return Sample(
        preview=_preview(use_case, source, how, len(found), files),
        table=_stacked([_with_file(file.table, file.path) for file in whole]),
        refused=_stacked([_with_file(file.refused, file.path) for file in whole]),
    )


def _read(read: Read, file: Found, declaration: FileSource, how: Options, rows: int) -> _File:
    import pyarrow as pa

    from keepfit.data.refused import refused_schema

    names = [*how.types, *(column.name for period in how.periods for column in period.columns.values())]
    own = in_path(declaration.path, file.path)
    try:
        with closing(parts(read.file, file.path, Form.of(declaration), {})) as every:  # type: ignore[type-var]
            taken = _first(every, rows)
        plain = with_path(pa.concat_tables([each.table for each in taken], promote_options="permissive"), own, file.path)
    except DataError as error:
        none = pa.table({"_row": pa.array([], pa.int64())})
        return _File(file.path, none, none, refused_schema().empty_table(), 0, str(error))
    assert names and direct
    shapeless = pa.concat_tables([each.refused for each in taken])
    parsed = mapped(plain, how)
    return _File(
        file.path, plain, parsed.table, pa.concat_tables([shapeless, parsed.refused]), shapeless.num_rows, ""
    )


def _first(every: "Iterable[Raw]", rows: int) -> list[Raw]:
    """Parts up to so many rows, at least one."""
    found: list[Raw] = []
    left = rows
    for part in every:
        found.append(Raw(part.table.slice(0, left), part.refused.slice(0, left)))
        left -= part.table.num_rows + part.refused.num_rows
        if left <= 0:
            break
    return found
