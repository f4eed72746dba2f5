"""JSON Lines: one object a line. Values become their own text: types come from the contract alone, as in CSV."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat, zip_longest
from operator import itemgetter
from typing import TYPE_CHECKING, Any, BinaryIO

from keepfit.config.values import ColumnType
from keepfit.data.readers.blocks import Block, line_blocks
from keepfit.data.readers.direct import directly
from keepfit.data.readers.form import Form, Raw
from keepfit.data.readers.json_row import NotARow, Row, is_json, row_of, rows_at_once, text_of
from keepfit.data.readers.look import looked_at
from keepfit.data.readers.names import MOST_COLUMNS, see_names
from keepfit.data.readers.rows import Parsed, Wrong, numbered
from keepfit.data.readers.text import text

if TYPE_CHECKING:
    import pyarrow as pa

_FEW = 16  # lines of which all are looked at closer where one must be
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
        wrong: list[Wrong] = []
        rows = rows_at_once(block.data)
        if rows is None:
            data, wrong = _without_broken(block.data)
            rows = rows_at_once(data)
        if rows and columns.alike(rows):
            yield Parsed(directly(columns.of(rows), direct), wrong, block.stop)
        else:
            yield from _line_by_line(block, columns, direct)


def _without_broken(data: bytes) -> tuple[bytes, list[Wrong]]:
    """The lines without the blank ones and those that are no JSON, and the latter by their number."""
    lines = data.split(b"\n")  # after a line end, the last one is empty
    good: list[bytes] = []
    wrong: list[Wrong] = []
    for number, line in enumerate(lines, 1):
        row = None if is_json(line) or not line.strip() else _row(line)
        if isinstance(row, NotARow):
            wrong.append(_wrong(len(good) + len(wrong) + 1, row, line, last=number == len(lines)))
        elif line.strip():
            good.append(line)
    return b"\n".join(good), wrong


def _line_by_line(block: Block, columns: "_Columns", direct: Mapping[str, ColumnType]) -> Iterator[Parsed]:
    wrong: list[Wrong] = []
    for row, line, last in _rows(block.data):
        if isinstance(row, NotARow):
            wrong.append(_wrong(columns.rows + len(wrong) + 1, row, line, last=last))
            continue
        if columns.full(row):
            yield Parsed(directly(columns.table(), direct), wrong)
            wrong = []
        columns.add(row)
    yield Parsed(directly(columns.table(), direct), wrong, block.stop)


def _wrong(number: int, error: NotARow, line: bytes, *, last: bool) -> Wrong:
    """``last`` is whether the text ends within the line."""
    found = f"{error}: a truncated file?" if last else str(error)
    return Wrong(number, "one JSON object", found, line.decode())


def _rows(data: bytes) -> "Iterator[tuple[Row | NotARow, bytes, bool]]":
    """Of each line that is not blank the row, the line, and whether the text ends within it."""
    lines = data.split(b"\n")
    for start in range(0, len(lines), _FEW):
        few = lines[start : start + _FEW]
        rows = rows_at_once(b"\n".join(few))
        if rows:
            yield from zip(rows, few, repeat(False))
            continue
        for number, line in enumerate(few, start + 1):
            if line.strip():
                yield _row(line), line, number == len(lines)


def _row(line: bytes) -> Row | NotARow:
    try:
        return row_of(line.decode())
    except NotARow as error:
        return error


class _Columns:
    """Rows as columns; names stay when the rows are taken out."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._columns: list[str] = []
        self._known: set[str] = set()
        self._rows: list[tuple[Any, ...]] = []  # the earlier ones are shorter where names were added

    @property
    def rows(self) -> int:
        """How many were added since rows were last taken out."""
        return len(self._rows)

    def full(self, row: Row) -> bool:
        """Whether the rows must be taken out before this one."""
        width = len(self._columns) + len(row)
        return self.rows > 0 and (self.rows + 1) * width > _CELLS

    def add(self, row: Row) -> None:
        if list(row) == self._columns:
            self._rows.append(tuple(row.values()))
            return
        self._name_all(row)
        self._rows.append(tuple(map(row.get, self._columns)))

    def alike(self, rows: Sequence[Row]) -> bool:
        """Whether all rows have the same names, and those of the file so far."""
        if len(set(map(tuple, rows))) > 1:
            return False
        self._name_all(rows[0])
        return list(rows[0]) == self._columns

    def of(self, rows: Sequence[Row]) -> "pa.Table":
        """Rows that are all alike."""
        import pyarrow as pa

        return pa.table([_texts([*map(itemgetter(name), rows)]) for name in self._columns], names=self._columns)

    def table(self) -> "pa.Table":
        """The rows so far, taken out."""
        import pyarrow as pa

        cells = zip_longest(*self._rows) if self._rows else ((),) * len(self._columns)
        columns = [_texts(column) for column in cells]
        self._rows = []
        return pa.table(columns, names=self._columns)

    def _name_all(self, row: Row) -> None:
        new = [column for column in row if column not in self._known]
        if new:
            see_names(new if len(self._columns) + len(new) <= MOST_COLUMNS else [*self._columns, *new], self._name)
            self._columns += new
            self._known |= set(new)


def _texts(cells: Sequence[Any]) -> "pa.Array":
    """Texts, whole numbers, truth values and nulls as texts."""
    import pyarrow as pa

    try:
        return pa.array(cells).cast(pa.string())
    except (pa.ArrowException, OverflowError):  # of several kinds, or of more digits than 64 bits have
        return pa.array([text_of(cell) for cell in cells], pa.string())
