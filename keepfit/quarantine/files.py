"""Quarantined rows as a file that a person corrects, and that file read again.

Every value is a text, as it came. In CSV a cell that a spreadsheet would take for a formula (it begins with ``= + - @``
or a control character, also behind a separator, and is no plain number) gets an apostrophe in front of that character,
as spreadsheets themselves do; reading takes it away again. The file begins with a byte order mark, without which Excel
would spoil every letter that is not ASCII. CSV cannot tell an empty text from no value: what was not touched stays what
it was, what was emptied becomes no value.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from keepfit.data.refused import HIDDEN
from keepfit.data.replay import Place, Texts, as_text
from keepfit.data.tables import PART
from keepfit.errors import ConfigError, DataError, InfrastructureError, Problem
from keepfit.quarantine.reading import Row

ORIGIN = ("_source", "_file", "_digest", "_row", "_reasons")
_RISKY = re.compile(r"(?:^|(?<=[;,|\t\r\n]))(?P<before> *\"*)(?P<marks>'*)(?P<sign>[=+\-@\t\r\n＝＋－＠])")
_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)*([eE][-+]?[0-9]+)?", re.ASCII)
_FORMATS = (".csv", ".jsonl", ".parquet")
_APART = " | "


class Line(NamedTuple):
    """A row of a corrected file: which it is, its values, and where it stands in the file."""

    source: str
    place: Place
    values: Texts
    where: str


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula; ``original(harmless(t)) == t``.

    >>> harmless("=1+1"), harmless("-5.2"), harmless("-5+A1")
    ("'=1+1", '-5.2', "'-5+A1")
    """
    return text if _NUMBER.fullmatch(text) else _RISKY.sub(r"\g<before>'\g<marks>\g<sign>", text)


def original(text: str) -> str:
    """What `harmless` was given."""
    return text if _NUMBER.fullmatch(text) else _RISKY.sub(_less_one, text)


def _less_one(found: re.Match[str]) -> str:
    return f"{found['before']}{found['marks'][1:]}{found['sign']}"


def write(path: Path, rows: Callable[[], Iterator[Row]]) -> int:
    """Write rows to a file that is not there yet; how many.

    Parameters
    ----------
    rows
        Gives the rows; asked twice, for their columns first.

    Raises
    ------
    ConfigError
        The file exists, or its name says no format that is written.
    InfrastructureError
        It cannot be written; nothing is left of it.
    """
    if path.suffix.lower() not in _FORMATS:
        raise ConfigError(Problem("a format that is not written", "--out", ", ".join(_FORMATS), path.name))
    named = {name: None for row in rows() for name in (*row.values, *(["_raw"] if row.shapeless else []))}
    writers = {".csv": _write_csv, ".jsonl": _write_jsonl, ".parquet": _write_parquet}
    try:
        with path.open("xb") as file:
            try:
                return writers[path.suffix.lower()](file, rows(), [*named])
            except BaseException:
                path.unlink()
                raise
    except FileExistsError as error:
        do = "give another name, or move it away"
        raise ConfigError(Problem("the file is there already", str(path), did="left it as it is", do=do)) from error
    except OSError as error:
        found = error.strerror or type(error).__name__
        raise InfrastructureError(Problem("the file cannot be written", str(path), found=found)) from error


def _write_csv(file: BinaryIO, rows: Iterable[Row], names: list[str]) -> int:
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow([harmless(name) for name in (*ORIGIN, *names)])
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the last one is the answer
        values = {**_flat(row), "_reasons": _APART.join(row.reasons)}
        writer.writerow([harmless(str(values.get(name) or "")) for name in (*ORIGIN, *names)])
    text.detach()
    return count


def _write_jsonl(file: BinaryIO, rows: Iterable[Row], _names: list[str]) -> int:
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the last one is the answer
        file.write(json.dumps(_flat(row), ensure_ascii=False).encode() + b"\n")
    return count


def _write_parquet(file: BinaryIO, rows: Iterable[Row], names: list[str]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"_row": pa.int64(), "_reasons": pa.list_(pa.string())}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in (*ORIGIN, *names)])
    count, left = 0, iter(rows)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while batch := [_flat(row) for row in islice(left, PART)]:
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
            count += len(batch)
    return count


def _flat(row: Row) -> dict[str, Any]:
    """A row as it is exported; a column of the data whose name is one of ours cannot be: readers refuse it."""
    origin = (row.source, row.file, row.digest, row.row, list(row.reasons))
    return {**dict(zip(ORIGIN, origin, strict=True)), **row.values, **({"_raw": row.raw} if row.shapeless else {})}


def read(path: Path) -> Iterator[Line]:
    """The rows of a file that was exported and corrected.

    Raises
    ------
    ConfigError
        There is no such file, or its name says no format that is exported.
    DataError
        It cannot be read, or lacks what says which rows it holds.
    """
    readers = {".csv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}
    if path.suffix.lower() not in readers or not path.is_file():
        found = path.name if path.is_file() else "no such file"
        raise ConfigError(
            Problem("not a file of corrected rows", f"--rows {path}", f"a file: {', '.join(_FORMATS)}", found)
        )
    try:
        for where, row in readers[path.suffix.lower()](path):
            yield _line(row, f"{path}, {where}")
    except (UnicodeDecodeError, csv.Error, ValueError, OSError) as error:
        do = "save it as UTF-8 (in Excel: CSV UTF-8), separated by commas"
        raise DataError(
            Problem("a file of corrected rows cannot be read", str(path), found=str(error), do=do)
        ) from error


def _read_csv(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = [original(name) for name in next(reader, [])]
        _see(header, path)
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(header):
                expected, found = f"{len(header)} fields, as the header has", f"{len(cells)} fields"
                raise DataError(
                    Problem("a row has another number of fields", f"{path}, line {reader.line_num}", expected, found)
                )
            yield f"line {reader.line_num}", dict(zip(header, map(original, cells), strict=True))


def _read_jsonl(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                row = json.loads(line, parse_float=str, parse_constant=str)
                _see(row if isinstance(row, dict) else [], path)
                yield f"line {number}", row


def _read_parquet(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow.parquet as pq

    number = 0
    with pq.ParquetFile(path) as file:
        _see(file.schema_arrow.names, path)
        for batch in file.iter_batches(1 << 14):
            for row in batch.to_pylist():
                number += 1
                yield f"row {number}", row


def _see(names: Collection[str], path: Path) -> None:
    lacking = [name for name in ("_source", "_file", "_digest", "_row") if name not in names]
    if lacking:
        do = "begin with `keepfit quarantine export`, correct values in place, keep these columns and the commas"
        found = ", ".join(names)[:200]
        raise DataError(
            Problem("the file does not say which rows it holds", str(path), ", ".join(lacking), found, do=do)
        )


def _line(row: Mapping[str, Any], where: str) -> Line:
    number = str(row["_row"]).strip()
    if not (number.isascii() and number.isdecimal()):
        raise DataError(Problem("a row without its number", where, "`_row` as it was exported", number[:40]))
    values = {name: as_text(value) for name, value in row.items() if name not in {*HIDDEN, *ORIGIN}}
    return Line(str(row["_source"]), (str(row["_digest"]), int(number)), values, where)
