"""Rows of a text file with their numbers: those that fit, and the others with what is wrong with them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from keepfit.data.readers.form import Raw
from keepfit.data.refused import refused_schema
from keepfit.data.tables import PART
from keepfit.errors import DataError, Problem

if TYPE_CHECKING:
    import pyarrow as pa

_UNREAD = "read nothing of the file"


class Wrong(NamedTuple):
    """A row that cannot be taken, by its number among the rows it was parsed with (from 1), and its text."""

    number: int
    expected: str
    found: str
    text: str


class Parsed(NamedTuple):
    """Rows that follow each other: those that fit, and the others by rising number; ``stop`` as in `Block`."""

    table: "pa.Table"
    wrong: Sequence[Wrong]
    stop: str = ""


def numbered(parsed: Iterable[Parsed], name: str, empty: str) -> Iterator[Raw]:
    """The rows of the file ``name``, each with its number in it.

    Parameters
    ----------
    empty
        What a file without rows holds.

    Raises
    ------
    DataError
        There is no row, not one of them fits, or reading stops at one.
    """
    rows, good = 0, False
    first: Wrong | None = None
    for each in parsed:
        yield from _raws(each, rows)
        first = first or next((wrong._replace(number=wrong.number + rows) for wrong in each.wrong), None)
        good = good or each.table.num_rows > 0
        rows += each.table.num_rows + len(each.wrong)
        if each.stop:
            do = "look at that row" + ("; a quote within a quoted field is doubled" if "quote" in each.stop else "")
            raise DataError(Problem(each.stop, f"{name}, row {rows + 1}", did=_UNREAD, do=do))
    if not rows:
        do = "see why the upstream system wrote no rows"
        raise DataError(Problem(f"0 rows in {name}", name, "at least one row", empty, did=_UNREAD, do=do))
    if not good and first:
        found = f"{first.found}: {first.text[:80]}"
        where = f"{name}, row {first.number}"
        do = "see what changed upstream: columns, delimiter, or the format of the file"
        raise DataError(Problem(f"none of {rows:,} rows can be read", where, first.expected, found, did=_UNREAD, do=do))


def _raws(parsed: Parsed, before: int) -> Iterator[Raw]:
    """Parts of at most ``PART`` rows, numbered from ``before`` + 1."""
    import pyarrow as pa

    rows = parsed.table.num_rows + len(parsed.wrong)
    wrong = np.array([each.number for each in parsed.wrong], dtype=np.int64)
    good = np.delete(np.arange(1, rows + 1), wrong - 1)
    table = parsed.table.append_column("_row", pa.array(good + before))
    for start in range(0, rows, PART):
        begin, end = np.searchsorted(good, [start + 1, start + PART + 1])
        first, last = np.searchsorted(wrong, [start + 1, start + PART + 1])
        yield Raw(table.slice(begin, end - begin), _refused(parsed.wrong[first:last], before))


def _refused(wrong: Sequence[Wrong], before: int) -> "pa.Table":
    import pyarrow as pa

    schema = refused_schema()
    columns: list[list[Any]] = [
        [each.number + before for each in wrong],
        [None] * len(wrong),
        [[f"expected {each.expected}, found {each.found}"] for each in wrong],
        [each.text for each in wrong],
    ]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)
