"""What stands in the pages of a Parquet file, by their own headers: how large they are, for how many values.

The footer only knows the sum of them, and need not tell the truth: it does not bound what a page unpacks to, and Arrow
unpacks a page at once. The numbers of fields and kinds are those of parquet.thrift.
"""

from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

from keepfit.data.readers.thrift import Struct, struct
from keepfit.errors import DataError, Problem

LARGEST = 256 << 20  # bytes of a page at most; writers close theirs at 1 MB, or after some hundred values
LARGEST_DICTIONARY = 32 << 20  # an entry of a dictionary takes several times its bytes; writers keep to 1 MB
_NUMBER = 8  # bytes of a value at least, however it is written
_HEADERS = (1 << 12, 1 << 24)  # bytes that a header fits into; one with statistics of long texts needs more
_DICTIONARY = 2
_VALUES = {
    0: (5, 2),
    _DICTIONARY: (7, 2),
    3: (8, 4),
}  # kinds of pages with values → their own header, the encoding in it
_PREFIXES = 7  # texts as what they share with the one before: nobody knows how long they become
_FOOTER = 8  # bytes behind it: its length, and PAR1


class Page(NamedTuple):
    """A page as its header has it; ``packed`` bytes of it are in the file, ``values`` are 0 for an index."""

    kind: int
    size: int
    packed: int
    values: int
    encoding: int


class Column(NamedTuple):
    """What the pages of a column are like, in all row groups.

    ``width`` are the bytes of a value on average, in the page in which it has most; ``dictionary`` is whether a text
    may stand there once for many rows, ``prefixes`` whether one may be of any length.
    """

    width: float
    dictionary: bool
    prefixes: bool


def columns_of(stream: BinaryIO, names: Sequence[str], name: str) -> dict[str, Column]:
    """The columns of the file ``name`` by their name, in the order of ``names``.

    Raises
    ------
    DataError
        A page is larger than can be taken at once.
    ValueError
        What should be a footer or the header of a page is none.
    """
    columns = dict.fromkeys(names, Column(_NUMBER, dictionary=False, prefixes=False))
    try:
        for group in _footer(stream)[4]:
            for column, chunk in zip(names, group[1], strict=True):
                for page in chunk_pages(stream, chunk[3]):
                    _see_size(page, column, name)
                    columns[column] = _with(columns[column], page)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise ValueError("its footer or the header of a page is damaged") from error
    return columns


def chunk_pages(stream: BinaryIO, chunk: Struct) -> Iterator[Page]:
    """The pages of a column chunk (ColumnMetaData), until all of its values are there."""
    at, dictionary = chunk[9], chunk.get(11, 0)
    at = dictionary if 0 < dictionary < at else at
    values = 0
    while values < chunk[5]:
        page, header = _page(stream, at)
        yield page
        at += header + page.packed
        values += page.values if page.kind != _DICTIONARY else 0


def _footer(stream: BinaryIO) -> Struct:
    size = stream.seek(0, 2)
    stream.seek(size - _FOOTER)
    length = int.from_bytes(stream.read(4), "little")
    stream.seek(size - _FOOTER - length)
    return struct(stream.read(length), 0)[0]


def _page(stream: BinaryIO, at: int) -> tuple[Page, int]:
    """The page whose header stands at an offset of the file, and the length of the header."""
    for most in _HEADERS:
        stream.seek(at)
        head = stream.read(most)
        try:
            fields, length = struct(head, 0)
        except IndexError:
            if len(head) < most:
                break
        else:
            return _as_page(fields), length
    raise ValueError(f"no header of a page at offset {at}")


def _as_page(fields: Struct) -> Page:
    kind, size, packed = fields[1], fields[2], fields[3]
    values = encoding = 0
    if kind in _VALUES:
        own, at = _VALUES[kind]
        values, encoding = fields[own][1], fields[own][at]
    if min(size, packed, values) < 0:
        raise ValueError("a page of less than no bytes")
    return Page(kind, size, packed, values, encoding)


def _see_size(page: Page, column: str, name: str) -> None:
    what, most = ("dictionary", LARGEST_DICTIONARY) if page.kind == _DICTIONARY else ("page", LARGEST)
    if page.size > most:
        where, expected = f"{name}, column {column}", f"at most {most >> 20} MB"
        found = f"{page.size:,} bytes in {page.packed:,}"
        do = "have it written with pages of the usual size, or see whether it can be trusted"
        raise DataError(Problem(f"a {what} of a Parquet file is too large", where, expected, found, do=do))


def _with(column: Column, page: Page) -> Column:
    if page.kind == _DICTIONARY:
        return column._replace(dictionary=True)
    width = max(column.width, page.size / max(page.values, 1))
    return Column(width, column.dictionary, column.prefixes or page.encoding == _PREFIXES)
