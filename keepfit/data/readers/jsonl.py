"""JSON Lines: one object a line. Values become their own text: types come from the contract alone, as in CSV."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, BinaryIO

from keepfit.config.values import ColumnType
from keepfit.data.readers.blocks import Block, line_blocks
from keepfit.data.readers.direct import directly
from keepfit.data.readers.form import Form, Raw
from keepfit.data.readers.json_row import NotARow, row_of
from keepfit.data.readers.look import looked_at
from keepfit.data.readers.names import MOST_COLUMNS, see_names
from keepfit.data.readers.rows import Parsed, Wrong, numbered
from keepfit.data.readers.text import text

if TYPE_CHECKING:
    import pyarrow as pa

_CELLS = 1 << 24  # of one part: lines with ever new names would make a table wide


def jsonl_parts(stream: BinaryIO, name: str, form: Form, direct: Mapping[str, ColumnType]) -> Iterator[Raw]:
    """The rows, block by block; null and absent are null; a list or an object is its JSON text, with sorted names.

    A part has all columns that were named in the file so far. A line of blanks is no row.

    Raises
    ------
    DataError
        No line is one JSON object: names the file, the first line and what it is.
    """
    pieces = looked_at(text(stream, name, form.encoding), name, "")
    return numbered(_parsed(line_blocks(pieces), name, direct), name, "an empty file")


def _parsed(cut: Iterable[Block], name: str, direct: Mapping[str, ColumnType]) -> Iterator[Parsed]:
    columns = _Columns(name)
    for block in cut:
        lines = block.data.split(b"\n")  # after a line end, the last one is empty
        wrong: list[Wrong] = []
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = row_of(line.decode())
            except NotARow as error:
                found = f"{error}: a truncated file?" if number == len(lines) else str(error)
                wrong.append(Wrong(columns.rows + len(wrong) + 1, "one JSON object", found, line.decode()))
                continue
            if columns.full(row):
                yield Parsed(directly(columns.table(), direct), wrong)
                wrong = []
            columns.add(row)
        yield Parsed(directly(columns.table(), direct), wrong, block.stop)


class _Columns:
    """Rows as columns; names stay when the rows are taken out."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._columns: list[str] = []
        self._known: set[str] = set()
        self._rows: list[tuple[str | None, ...]] = []  # the earlier ones are shorter where names were added

    @property
    def rows(self) -> int:
        """How many were added since rows were last taken out."""
        return len(self._rows)

    def full(self, row: Mapping[str, Any]) -> bool:
        """Whether the rows must be taken out before this one."""
        width = len(self._columns) + len(row)
        return self.rows > 0 and (self.rows + 1) * width > _CELLS

    def add(self, row: Mapping[str, str | None]) -> None:
        if list(row) == self._columns:
            self._rows.append(tuple(row.values()))
            return
        new = [column for column in row if column not in self._known]
        if new:
            see_names(new if len(self._columns) + len(new) <= MOST_COLUMNS else [*self._columns, *new], self._name)
            self._columns += new
            self._known |= set(new)
        self._rows.append(tuple(map(row.get, self._columns)))

    def table(self) -> "pa.Table":
        """The rows so far, taken out."""
        import pyarrow as pa

        cells = zip_longest(*self._rows) if self._rows else ((),) * len(self._columns)
        columns = [pa.array(column, pa.string()) for column in cells]
        self._rows = []
        return pa.table(columns, names=self._columns)
