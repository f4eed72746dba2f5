"""Parquet: batch by batch, the types that the file has; a damaged file is an error that names it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from keepfit.data.readers.blocks import LONGEST
from keepfit.data.readers.form import Raw
from keepfit.data.readers.names import see_names
from keepfit.data.readers.pages import columns_of
from keepfit.data.readers.stream import BROKEN, MOST, RATIO
from keepfit.data.readers.taken import is_list, see_types, taken, taken_as
from keepfit.data.tables import PART
from keepfit.errors import DataError, Problem

if TYPE_CHECKING:
    import pyarrow as pa

_AT_ONCE = 64 << 20  # bytes that the rows read at once should have
_ROWS, _FEW = PART // 4, 1 << 10  # rows that are read at once at most; where nobody knows how long texts become
_SHORT = 256  # bytes of a text that may be spelled out for every row at once
_BUFFER = 1 << 20  # bytes of a column that are fetched at a time


def parquet_parts(stream: BinaryIO, name: str) -> Iterator[Raw]:
    """The rows of a file; `keepfit.data.readers.taken` says which types come as what.

    Raises
    ------
    DataError
        It is truncated, damaged or something else, has no rows, a column twice or one of a type that is not taken, a
        text longer than a row may be or a page too large to be read at once, or it unpacks to too much.
    """
    import pyarrow as pa

    packed = see_magic(stream, name)
    rows = unpacked = 0
    with _sound(name):
        batches = _opened(stream, name)
    while (batch := _next(batches, name)) is not None:
        numbers = pa.array(np.arange(rows + 1, rows + batch.num_rows + 1))
        rows += batch.num_rows
        table = pa.Table.from_batches([batch]).append_column("_row", numbers)
        size = int(min(max(_AT_ONCE // max(_longest(table, name), 1), 1), PART))
        for start in range(0, batch.num_rows, size):
            with _sound(name):
                raw = taken(table.slice(start, size))
            unpacked += raw.table.nbytes
            _see_ratio(unpacked, packed, name)
            yield raw
    if not rows:
        do = "see why the upstream system wrote no rows"
        raise DataError(Problem(f"0 rows in {name}", name, "at least one row", "a schema without rows", do=do))


def _opened(stream: BinaryIO, name: str) -> "Iterator[pa.RecordBatch]":
    import pyarrow as pa
    import pyarrow.parquet as pq

    def opened(repeating: list[str]) -> pq.ParquetFile:
        return pq.ParquetFile(
            pa.PythonFile(stream, mode="r"),
            metadata=metadata,
            read_dictionary=repeating,
            buffer_size=_BUFFER,
            pre_buffer=False,
            page_checksum_verification=True,
        )

    metadata = pq.read_metadata(pa.PythonFile(stream, mode="r"))
    schema = opened([]).schema_arrow
    see_names(schema.names, name)
    see_types(schema, name)
    columns = columns_of(stream, schema.names, name)
    repeating = [field.name for field in schema if _is_text(field.type) and columns[field.name].dictionary]
    repeating = [column for column in repeating if not columns[column].prefixes]
    short = _short(opened(repeating), repeating)
    file = opened([column for column in repeating if column not in short])
    each = _values_a_row(metadata, [is_list(field.type) for field in schema])
    width = sum(column.width * many for column, many in zip(columns.values(), each, strict=True)) + sum(short.values())
    most = _FEW if any(column.prefixes for column in columns.values()) else _ROWS
    return iter(file.iter_batches(batch_size=int(min(max(_AT_ONCE / max(width, 1), 1), most))))


def _values_a_row(metadata: Any, lists: list[bool]) -> list[float]:
    """How many values a row has in each column, in the row group in which it has most."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    return [
        max((group.column(at).num_values / max(group.num_rows, 1) for group in groups), default=1.0) if many else 1.0
        for at, many in enumerate(lists)
    ]


def _is_text(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    if is_list(kind):
        return False
    return taken_as(kind) == pa.string() and not (pa.types.is_time(kind) or pa.types.is_decimal(kind))


def _short(file: Any, repeating: list[str]) -> dict[str, int]:
    """Those columns of which no text in a dictionary is long, with the bytes of the longest.

    With the first row of a row group come all texts of the dictionary. What seems to be a dictionary of one text may be
    none: a text that stands there by itself before the dictionary is used.
    """
    longest: dict[str, list[int]] = {column: [] for column in repeating}
    for group in range(file.num_row_groups if repeating else 0):
        first = next(file.iter_batches(batch_size=1, row_groups=[group], columns=repeating), None)
        for field, cell in zip(first.schema, first.columns, strict=True) if first else ():
            longest.setdefault(field.name, []).append(_longest_of(cell))
    return {column: max(sizes) for column, sizes in longest.items() if 0 < max(sizes, default=0) <= _SHORT}


def _longest_of(cell: "pa.Array") -> int:
    """Bytes of the longest text in the dictionary of one cell; more than ``_SHORT`` where nobody knows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    known = pa.types.is_dictionary(cell.type) and len(cell.dictionary) > 1
    return int(pc.max(pc.binary_length(cell.dictionary)).as_py()) if known else _SHORT + 1


def _longest(table: "pa.Table", name: str) -> int:
    """Bytes of the longest text, if any is long or stands for many rows.

    Raises
    ------
    DataError
        It is longer than a row of a text file may be.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    longest = 0
    for column in table.columns:
        for chunk in column.chunks:
            texts = chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk
            if texts is chunk and chunk.nbytes <= LONGEST:
                continue
            if pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type):
                longest = max(longest, pc.max(pc.binary_length(texts)).as_py() or 0)
    if longest > LONGEST:
        first, last = (table.column("_row")[at].as_py() for at in (0, -1))
        where = f"{name}, rows {first} to {last}"
        raise DataError(Problem(f"a text is longer than {LONGEST >> 20} MB", where, found=f"{longest:,} bytes"))
    return longest


def _see_ratio(unpacked: int, packed: int, name: str) -> None:
    """A file of some bytes can say that a value stands in a billion rows; honest ones are not as large then."""
    if unpacked > MOST and unpacked > RATIO * packed:
        expected = f"at most {MOST >> 30} GB, or {RATIO} bytes for each packed one"
        found = f"{unpacked:,} bytes and more from {packed:,}"
        do = "have it written in several files if it can be trusted"
        raise DataError(Problem("a Parquet file unpacks to too much", name, expected, found, do=do))


def see_magic(stream: BinaryIO, name: str) -> int:
    """See that the file begins and ends as Parquet does; how many bytes it has.

    Raises
    ------
    DataError
        It does not; shows how it begins or ends.
    """
    head = stream.read(64)
    if not head.startswith(b"PAR1"):
        do = "have it written as the name says, or fetch it again"
        raise _damaged(name, f"it begins with {head[:60]!r}" if head else "an empty file", do)
    size = stream.seek(0, 2)
    stream.seek(-min(4, size), 2)
    tail = stream.read(4)
    if tail != b"PAR1":
        raise _damaged(name, "an encrypted footer" if tail == b"PARE" else f"it ends with {tail!r}")
    stream.seek(0)
    return size


def _next(batches: "Iterator[pa.RecordBatch]", name: str) -> "pa.RecordBatch | None":
    """The next batch, every value of which is what its type says (text is UTF-8)."""
    with _sound(name):
        batch = next(batches, None)
        if batch is not None:
            batch.validate(full=True)
        return batch


@contextmanager
def _sound(name: str) -> Iterator[None]:
    """Whatever Arrow says of damaged bytes as an error that names the file."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, *BROKEN, TypeError, MemoryError) as error:
        raise _damaged(name, (str(error).splitlines() or [type(error).__name__])[0]) from error


def _damaged(name: str, found: str, do: str = "fetch the file again") -> DataError:
    return DataError(Problem("a Parquet file is truncated or damaged", name, "Parquet", found, do=do))
