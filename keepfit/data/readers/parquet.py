"""Parquet: batch by batch, the types that the file has; a damaged file is an error that names it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from keepfit.data.readers.blocks import LONGEST
from keepfit.data.readers.form import Raw
from keepfit.data.readers.names import see_names
from keepfit.data.readers.stream import BROKEN
from keepfit.data.readers.taken import see_types, taken
from keepfit.data.tables import PART
from keepfit.errors import DataError, Problem

if TYPE_CHECKING:
    import pyarrow as pa

_AT_ONCE = 64 << 20  # bytes that the rows read at once should have
_ROWS, _FEW = PART // 4, 1 << 10
_BUFFER = 1 << 20  # bytes of a column that are fetched at a time
_DICTIONARY = {"PLAIN_DICTIONARY", "RLE_DICTIONARY"}
_PREFIXES = "DELTA_BYTE_ARRAY"


def parquet_parts(stream: BinaryIO, name: str) -> Iterator[Raw]:
    """The rows of a file; `keepfit.data.readers.taken` says which types come as what.

    Raises
    ------
    DataError
        It is truncated, damaged or something else, has no rows, a column twice or one of a type that is not taken, or
        a text longer than a row may be.
    """
    import pyarrow as pa

    see_magic(stream, name)
    rows = 0
    with _sound(name):
        batches = _opened(stream, name)
    while (batch := _next(batches, name)) is not None:
        numbers = pa.array(range(rows + 1, rows + batch.num_rows + 1), pa.int64())
        rows += batch.num_rows
        table = pa.Table.from_batches([batch]).append_column("_row", numbers)
        size = int(min(max(_AT_ONCE // max(_longest(table, name), 1), 1), PART))
        for start in range(0, batch.num_rows, size):
            with _sound(name):
                raw = taken(table.slice(start, size))
            yield raw
    if not rows:
        do = "see why the upstream system wrote no rows"
        raise DataError(Problem(f"0 rows in {name}", name, "at least one row", "a schema without rows", do=do))


def _opened(stream: BinaryIO, name: str) -> "Iterator[pa.RecordBatch]":
    import pyarrow as pa
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(pa.PythonFile(stream, mode="r"))
    file = pq.ParquetFile(
        pa.PythonFile(stream, mode="r"),
        metadata=metadata,
        read_dictionary=_repeating(metadata),
        buffer_size=_BUFFER,
        pre_buffer=False,
        page_checksum_verification=True,
    )
    see_names(file.schema_arrow.names, name)
    see_types(file.schema_arrow, name)
    return iter(file.iter_batches(batch_size=_rows_at_once(metadata)))


def _repeating(metadata: Any) -> list[str]:
    """Columns of texts in which a long one may stand for many rows at no cost: they are spelled out bit by bit."""
    texts = [column for column in _chunks(metadata) if column.physical_type == "BYTE_ARRAY"]
    repeating = {each.path_in_schema for each in texts if _DICTIONARY & set(each.encodings)}
    return sorted(repeating - {each.path_in_schema for each in texts if _PREFIXES in each.encodings})


def _chunks(metadata: Any) -> Iterator[Any]:
    groups = (metadata.row_group(index) for index in range(metadata.num_row_groups))
    return (group.column(index) for group in groups for index in range(group.num_columns))


def _longest(table: "pa.Table", name: str) -> int:
    """Bytes of the longest text.

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
            if pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type):
                longest = max(longest, pc.max(pc.binary_length(texts)).as_py() or 0)
    if longest > LONGEST:
        first, last = (table.column("_row")[at].as_py() for at in (0, -1))
        where = f"{name}, rows {first} to {last}"
        raise DataError(Problem(f"a text is longer than {LONGEST >> 20} MB", where, found=f"{longest:,} bytes"))
    return longest


def see_magic(stream: BinaryIO, name: str) -> None:
    """See that the file begins and ends as Parquet does.

    Raises
    ------
    DataError
        It does not; shows how it begins or ends.
    """
    head = stream.read(64)
    if not head.startswith(b"PAR1"):
        do = "have it written as the name says, or fetch it again"
        raise _damaged(name, f"it begins with {head[:60]!r}" if head else "an empty file", do)
    stream.seek(-min(4, stream.seek(0, 2)), 2)
    tail = stream.read(4)
    if tail != b"PAR1":
        raise _damaged(name, "an encrypted footer" if tail == b"PARE" else f"it ends with {tail!r}")
    stream.seek(0)


def _next(batches: "Iterator[pa.RecordBatch]", name: str) -> "pa.RecordBatch | None":
    """The next batch, every value of which is what its type says (text is UTF-8)."""
    with _sound(name):
        batch = next(batches, None)
        if batch is not None:
            batch.validate(full=True)
        return batch


def _rows_at_once(metadata: Any) -> int:
    """As many rows as have ``_AT_ONCE`` bytes on average, in the row group where rows are largest.

    Of texts that are written as what they share with the one before, nobody knows how long they become.
    """
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    largest = max((group.total_byte_size / group.num_rows for group in groups if group.num_rows > 0), default=1.0)
    most = _FEW if any(_PREFIXES in each.encodings for each in _chunks(metadata)) else _ROWS
    return int(min(max(_AT_ONCE / max(largest, 1.0), 1), most))


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
