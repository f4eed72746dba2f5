"""CSV: every row as long as the header; the others are refused one by one, with what was expected and found."""

import codecs
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

from keepfit.config.values import ColumnType
from keepfit.data.readers.blocks import ODD, Block, blocks
from keepfit.data.readers.direct import directly
from keepfit.data.readers.form import Form, Raw
from keepfit.data.readers.look import looked_at
from keepfit.data.readers.names import see_names
from keepfit.data.readers.records import Records
from keepfit.data.readers.rows import Parsed, Wrong, numbered
from keepfit.data.readers.text import text
from keepfit.errors import DataError, Problem
from keepfit.store import ahead, owned

if TYPE_CHECKING:
    import pyarrow as pa

_GOES_ON = "a field that goes on after its closing quote"
_LINE_END = re.compile("\r\n|\n|\r")
_THREADS = min(4, os.cpu_count() or 1)


def csv_parts(stream: BinaryIO, name: str, form: Form, direct: Mapping[str, ColumnType]) -> Iterator[Raw]:
    """The rows, block by block; all cells are text but those of columns in ``direct`` that fit plainly.

    Only the texts in ``form.nulls`` are null. A line without any character is no row.

    Raises
    ------
    DataError
        The text is not that of a table: names the file, and the row from which on it cannot be read.
    """
    records = Records(form)
    pieces = looked_at(text(stream, name, form.encoding), name, form.delimiter)
    cut = blocks(pieces, records.cut)
    header, first = _header(cut, records, name)

    def parse(block: Block) -> Parsed:
        table, wrong = _parse(block, len(header), form, name)
        return Parsed(directly(table.rename_columns(header), direct), wrong, block.stop)

    parsed = ahead(parse, chain([first], cut), _THREADS + 1, _THREADS)
    yield from numbered(parsed, name, f"only a header: {', '.join(header)[:80]}")


def _header(cut: Iterable[Block], records: Records, name: str) -> tuple[list[str], Block]:
    """The names of the columns, and what is left of the block in which they stand."""
    for block in cut:
        stands = records.first(block.data)
        odd = bool(block.odd) and stands is not None and stands[0] == [ODD.decode()]
        if odd or (block.stop and stands is None):
            what = block.stop or "a name goes on after its closing quote"
            raise DataError(Problem(f"the header cannot be read: {what}", f"{name}, header", "names of columns"))
        if stands is not None:
            header, end = stands
            see_names(header, name)
            return header, block._replace(data=block.data[end:])
    do = "see why the upstream system wrote nothing"
    what = f"0 rows in {name}"
    raise DataError(Problem(what, name, "a header and rows", "an empty file", did="read nothing of it", do=do))


def _parse(block: Block, width: int, form: Form, name: str) -> "tuple[pa.Table, list[Wrong]]":
    """All cells as text, and the rows of another width."""
    import pyarrow as pa
    from pyarrow import csv

    # Arrow takes a byte order mark from the beginning; within a file it is a character like any other.
    data = b"\n" + block.data if not block.data or block.data.startswith(codecs.BOM_UTF8) else block.data
    if width == 1 and block.odd:
        data = data.replace(ODD, ODD + form.delimiter.encode())  # so that it is no row
    columns = [str(index) for index in range(width)]
    invalid: list[Any] = []

    def refuse(row: Any) -> str:
        invalid.append(row)
        return "skip"

    try:
        table = csv.read_csv(
            owned.reader(data),
            # One thread: only then are wrong rows numbered. One block of Arrow's: it is cut already.
            csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=columns),
            csv.ParseOptions(
                delimiter=form.delimiter,
                quote_char=form.quote if block.quoted else False,
                newlines_in_values=block.quoted,
                invalid_row_handler=refuse,
            ),
            csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()), null_values=list(form.nulls), strings_can_be_null=True
            ),
        )
    except pa.ArrowException as error:
        raise DataError(Problem("a CSV file cannot be read", name, found=str(error))) from error
    return table, _wrong(invalid, block, table.num_rows + len(invalid), width)


def _wrong(invalid: Sequence[Any], block: Block, rows: int, width: int) -> list[Wrong]:
    """The rows that Arrow or the cutting refused, by their number among the rows of the block."""
    expected = f"{width} fields" if width > 1 else "1 field"
    odd = iter(block.odd)
    wrong = [
        Wrong(row.number, expected, _GOES_ON, next(odd).decode())
        if row.text.startswith(ODD.decode())
        else Wrong(row.number, expected, _found(row), row.text)
        for row in invalid
    ]
    if block.cut_off and invalid and invalid[-1].number == rows and invalid[-1].actual_columns < width:
        wrong[-1] = wrong[-1]._replace(found=f"{wrong[-1].found}: a truncated file?")
    return wrong


def _found(row: Any) -> str:
    """How many fields there are, and whether they stand in more than one line."""
    over = len(_LINE_END.split(row.text))
    return f"{row.actual_columns}" + (f" in {over} lines (a quote that is not closed?)" if over > 1 else "")
