"""Files to be scored, part by part, in the columns of the contract."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from keepfit.config.contract import ColumnRule
from keepfit.config.model import UseCase
from keepfit.data.convert import arrow_type
from keepfit.data.declared import visible
from keepfit.data.mapping import Options, direct, mapped, options
from keepfit.data.readers import Form, Raw, parts
from keepfit.errors import DataError, InfrastructureError, Problem

if TYPE_CHECKING:
    import pyarrow as pa


class Part(NamedTuple):
    """Some rows of a file: in the contract's columns with ``_row``, and those that the reader refused.

    ``undeclared`` are columns that the file has and the contract does not.
    """

    path: str
    table: "pa.Table"
    refused: "pa.Table"
    undeclared: tuple[str, ...]


class _How(NamedTuple):
    form: Form
    options: Options


def parts_of(use_case: UseCase, rules: Mapping[str, ColumnRule], files: Sequence[Path]) -> Iterator[Part]:
    """The rows of files, in their order.

    Without a query they are read as files of the source are: its dialect, its mapping. With one, rows have the shape of
    its result: the contract's columns, in a plain dialect.

    Raises
    ------
    DataError
        A file is no table, or lacks a column.
    InfrastructureError
        A file cannot be read.
    """
    how = _how(use_case, rules)
    names = [*how.options.types, *(each.name for one in how.options.periods for each in one.columns.values())]
    plain = direct(how.options, names)
    for path in files:
        try:
            with path.open("rb") as file:
                for raw in parts(file, str(path), how.form, plain):
                    yield _part(path, raw, how.options, rules)
        except OSError as error:
            found = error.strerror or type(error).__name__
            raise InfrastructureError(Problem("a file cannot be read", str(path), found=found)) from error


def _how(use_case: UseCase, rules: Mapping[str, ColumnRule]) -> _How:
    if use_case.data.query is None:
        (name,) = use_case.data.sources
        how = _without(options(use_case, name), use_case.data.label.column)
        return _How(Form.of(use_case.data.sources[name]), how)
    types = {name: rule.type for name, rule in rules.items()}
    data = use_case.data
    return _How(Form(), Options(types=types, zone=data.timezone, event_time=data.event_time))


def _without(how: Options, label: str) -> Options:
    """What is read of a row whose label is nobody's business, whatever stands there."""
    return replace(
        how,
        types={name: kind for name, kind in how.types.items() if name != label},
        periods=tuple(
            replace(each, columns={name: reading for name, reading in each.columns.items() if name != label})
            for each in how.periods
        ),
    )


def _part(path: Path, raw: Raw, how: Options, rules: Mapping[str, ColumnRule]) -> Part:
    import pyarrow as pa

    found = mapped(raw.table, how)
    refused = pa.concat_tables([raw.refused, found.refused])
    have = found.table.column_names
    lacking = [name for name, rule in rules.items() if name not in have]
    if lacking and not _sparse(path):
        expected, seen = ", ".join(lacking), ", ".join(visible(have))[:300]
        do = "scoring needs the contract's columns, the label excepted" if len(lacking) > 1 else "add this column"
        raise DataError(Problem("a file to score lacks columns", str(path), expected, seen, "scored nothing", do))
    columns = [
        found.table.column(name) if name in have else pa.nulls(found.table.num_rows, arrow_type(rule.type))
        for name, rule in rules.items()
    ]
    table = pa.table([*columns, found.table.column("_row")], names=[*rules, "_row"])
    return Part(str(path), table, _refused(refused, str(path)), tuple(name for name in have if name not in rules))


def _sparse(path: Path) -> bool:
    """Whether a row may leave out a column that others have: objects of JSON Lines name their own."""
    return bool({".jsonl", ".ndjson"} & {suffix.lower() for suffix in path.suffixes})


def _refused(table: "pa.Table", path: str) -> "pa.Table":
    """What the readers refused, in the columns of the file of refused rows."""
    import pyarrow as pa

    return pa.table(
        {
            "_file": pa.array([path] * table.num_rows, pa.string()),
            "_row": table.column("_row"),
            "_reasons": table.column("_reasons"),
            "_raw": table.column("_raw"),
        }
    )
