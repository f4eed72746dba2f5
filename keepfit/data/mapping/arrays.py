"""Columns that hold arrays: ``image`` with a list of 64 numbers is read as ``image[0]`` to ``image[63]``.

A contract that declares ``image[{0..63}]`` asks for it. From there on elements are columns like any other: a wrong one
is refused by its row, its column and its place. An array of another length, or what is no array, refuses its row.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from keepfit.data.readers.json_row import NotARow, text_of
from keepfit.data.refused import Reasons

if TYPE_CHECKING:
    import pyarrow as pa

_ELEMENT = re.compile(r"(?P<array>.+)\[(?P<place>0|[1-9][0-9]*)\]", re.ASCII)
_SHOWN = 40  # characters of what is no array
_NUMBERS = msgspec.json.Decoder(list[int | float | None] | None)
_ANYTHING = msgspec.json.Decoder(float_hook=str)


class Spread(NamedTuple):
    """Rows with a column for each element, and why some of them have none."""

    table: "pa.Table"
    reasons: Reasons


def arrays_in(names: Iterable[str]) -> dict[str, int]:
    """The arrays whose elements are all among some columns, and their lengths.

    >>> arrays_in(["x", "image[0]", "image[1]", "other[1]"])
    {'image': 2}
    """
    places: dict[str, set[int]] = {}
    for name in names:
        if match := _ELEMENT.fullmatch(name):
            places.setdefault(match["array"], set()).add(int(match["place"]))
    return {array: len(known) for array, known in places.items() if max(known) == len(known) - 1}


def spread(raw: "pa.Table", names: Collection[str]) -> Spread:
    """The rows with the elements of every array that stands in one column as JSON text; others as they are.

    Parameters
    ----------
    raw
        Columns as the file names them, and ``_row``.
    names
        The columns that are looked for in the file.
    """
    reasons = Reasons(raw.num_rows)
    for array, length in arrays_in(names).items():
        if array in raw.column_names and array not in names:
            raw = _without_array(raw, array, length, reasons)
    return Spread(raw, reasons)


def _without_array(raw: "pa.Table", array: str, length: int, reasons: Reasons) -> "pa.Table":
    import pyarrow as pa

    lists = _lists(raw.column(array).cast(pa.string()).to_pylist())
    right = np.array([type(each) is list and len(each) == length for each in lists], dtype=bool)
    wrong = [None if fits or each is None else _why(each, length) for each, fits in zip(lists, right, strict=True)]
    if any(wrong):
        reasons.add(array, pa.array(wrong, pa.string()))
    elements = _flat([each for each, fits in zip(lists, right, strict=True) if fits])
    first = (np.cumsum(right) - 1) * length
    table = raw.drop_columns([array])
    for place in range(length):
        at = pa.array(np.where(right, first + place, 0), mask=~right)
        table = table.append_column(f"{array}[{place}]", elements.take(at))
    return table


def _lists(texts: Sequence[str | None]) -> list[Any]:
    """Of each text its list, what else it holds as the text that it is, or None."""
    lines = ["null" if text is None else text for text in texts]
    if all(lines) and not any("\n" in line for line in lines):
        try:
            found = _NUMBERS.decode_lines("\n".join(lines))
        except msgspec.MsgspecError:
            found = []
        if len(found) == len(lines):
            return found
    return [None if text is None else _list(text) for text in texts]


def _list(text: str) -> list[str | None] | str | None:
    try:
        found = _ANYTHING.decode(text)
        return [text_of(each) for each in found] if isinstance(found, list) else None if found is None else text
    except (msgspec.MsgspecError, RecursionError, NotARow):
        return text


def _flat(lists: Sequence[Sequence[Any]]) -> "pa.Array":
    """All elements in one array: numbers, or texts where some are something else."""
    import pyarrow as pa

    elements = [each for one in lists for each in one]
    try:
        return pa.array(elements)
    except (pa.ArrowException, OverflowError):  # of several kinds, or of more digits than 64 bits have
        return pa.array([text_of(each) for each in elements], pa.string())


def _why(found: list[Any] | str, length: int) -> str:
    what = f"one of {len(found):,}" if isinstance(found, list) else repr(found[:_SHOWN])
    return f"expected an array of {length:,} numbers, found {what}"
