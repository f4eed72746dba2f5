"""CSV: every cell as text, every row as long as the header, or an error that names the row."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keepfit.data.readers.unpack import as_text
from keepfit.errors import DataError, Problem

if TYPE_CHECKING:
    import pyarrow as pa


def read_csv(data: bytes, name: str, nulls: Sequence[str]) -> "pa.Table":
    """All cells as text; only the texts in ``nulls`` are null.

    Raises
    ------
    DataError
        The shape is not that of one table: names the file, the row (1 is the first below the header) and what is there.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    as_text(data, name)
    header = _header(data, name)
    wrong: list[Any] = []

    def refuse(row: Any) -> str:
        wrong.append(row)
        return "skip" if len(wrong) < 20 else "error"

    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            # One thread: only then are wrong rows numbered.
            read_options=arrow_csv.ReadOptions(use_threads=False, block_size=max(1 << 20, _longest(data))),
            parse_options=arrow_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=refuse),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()), null_values=list(nulls), strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid as error:
        if not wrong:
            raise DataError(Problem("a CSV file cannot be read", name, found=str(error))) from error
    if wrong:
        raise DataError(*(_shape(row, data, name) for row in wrong[:5]))
    if table.num_rows == 0:
        raise DataError(Problem(f"0 rows in {name}", name, "at least one row below the header", "only a header"))
    return table


def _header(data: bytes, name: str) -> list[str]:
    """The names of the columns, each there and each once."""
    text = data[: 1 << 20].decode("utf-8-sig", "ignore")
    header = next((row for row in csv.reader(io.StringIO(text)) if row), [])
    repeated = [column for column, count in Counter(header).items() if count > 1]
    if repeated or "" in header:
        bad = repeated or [""]
        where = {column or "(no name)": [i + 1 for i, other in enumerate(header) if other == column] for column in bad}
        found = "; ".join(f"{column} at {', '.join(map(str, at))}" for column, at in where.items())
        raise DataError(Problem("columns without a name of their own", name, "every name once", f"columns {found}"))
    return header


def _longest(data: bytes) -> int:
    """A quoted cell must fit one block; files of ordinary size are one block."""
    return min(len(data) + 1, 64 << 20)


def _shape(row: Any, data: bytes, name: str) -> Problem:
    number = row.number - 1
    last = row.actual_columns < row.expected_columns and data.rstrip(b"\r\n").endswith(
        row.text.encode().rstrip(b"\r\n")
    )
    short = "the last row is too short: a truncated file?" if last else "a row has another number of fields"
    what = short if row.actual_columns < row.expected_columns else "a row has too many fields"
    found = f"{row.actual_columns} fields: {row.text[:80]}"
    return Problem(
        what, f"{name}, row {number}", f"{row.expected_columns} fields", found, did="read nothing of the file"
    )
