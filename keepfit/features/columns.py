"""Raw columns in the one form that features are made from, whether they come from a table or from a request."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

NEVER = int(np.iinfo(np.int64).min)  # microseconds of no moment, as numpy's NaT
_EPOCH, _MICRO = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class Levels(NamedTuple):
    """A column of categories: ``levels[codes[i]]`` is the value of row i, a code of −1 is a missing one."""

    codes: NDArray[np.int32]
    levels: tuple[str, ...]


class CrossFitted(NamedTuple):
    """A column of categories of training rows, with what other rows' labels say about each row's category: (n, k)."""

    codes: NDArray[np.int32]
    levels: tuple[str, ...]
    values: NDArray[np.float64]


NO_NUMBERS = OverflowError, TypeError, ValueError  # a number of more than 64 bits, or a type that numpy does not know
Column = NDArray[np.float64] | NDArray[np.datetime64] | Levels | CrossFitted
Columns = Mapping[str, Column]
Records = Sequence[Mapping[str, Any]]


def from_table(table: "pa.Table", kinds: Mapping[str, str]) -> Columns:
    """The columns of a table as ``number`` (float64, missing is NaN), ``category`` or ``time`` (datetime64[us]).

    Raises
    ------
    KeyError
        The table lacks a column.
    """
    return {name: _READERS[kind](table.column(name)) for name, kind in kinds.items()}


def row_count(columns: Columns) -> int:
    """How many rows the columns have.

    >>> row_count({"origin": Levels(np.array([0, -1, 0]), ("EWR",))})
    3
    """
    return next((len(each if isinstance(each, np.ndarray) else each.codes) for each in columns.values()), 0)


def slice_rows(columns: Columns, rows: slice) -> Columns:
    """Some of the rows; nothing is copied."""
    return {name: _slice(each, rows) for name, each in columns.items()}


def _slice(column: Column, rows: slice) -> Column:
    match column:
        case Levels(codes, levels):
            return Levels(codes[rows], levels)
        case CrossFitted(codes, levels, values):
            return CrossFitted(codes[rows], levels, values[rows])
    return column[rows]


def _numbers(column: "pa.ChunkedArray") -> NDArray[np.float64]:
    import pyarrow as pa
    import pyarrow.compute as pc

    values: NDArray[np.float64] = (
        pc.cast(column, pa.float64(), safe=False).combine_chunks().to_numpy(zero_copy_only=False)
    )
    return values


def _times(column: "pa.ChunkedArray") -> NDArray[np.datetime64]:
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = pc.cast(column, pa.timestamp("us", tz="UTC")).cast(pa.timestamp("us"))
    values: NDArray[np.datetime64] = plain.combine_chunks().to_numpy(zero_copy_only=False)
    return values.astype("datetime64[us]")


def _levels(column: "pa.ChunkedArray") -> Levels:
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pc.cast(column, pa.string()) if not pa.types.is_dictionary(column.type) else column
    encoded = text.combine_chunks()
    encoded = encoded if pa.types.is_dictionary(encoded.type) else encoded.dictionary_encode()
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int32)
    return Levels(codes, tuple(encoded.dictionary.to_pylist()))


_READERS: dict[str, Callable[["pa.ChunkedArray"], Column]] = {"number": _numbers, "category": _levels, "time": _times}


def from_records(records: Records, kinds: Mapping[str, str]) -> Columns:
    """The columns of a few raw records; ``None`` and absent names are missing values.

    Examples
    --------
    >>> from_records([{"origin": "EWR"}, {"origin": None}], {"origin": "category"})["origin"]
    Levels(codes=array([ 0, -1], dtype=int32), levels=('EWR',))
    """
    return {name: _OF_RECORDS[kind]([record.get(name) for record in records]) for name, kind in kinds.items()}


def values_of(records: Records, names: Sequence[str]) -> list[Sequence[Any]]:
    """The raw values of each record in this order.

    >>> values_of([{"b": 2, "a": 1}, {"a": 3}], ["a", "b"])
    [[1, 2], [3, None]]
    """
    return [[record.get(name) for name in names] for record in records]


def numbers_of(rows: Sequence[Sequence[Any]]) -> NDArray[np.float64]:
    """Rows of raw numbers, (n, k); ``None`` is NaN."""
    try:
        return np.array(rows, np.float64)
    except NO_NUMBERS:
        return np.array([[np.nan if value is None else _number(value) for value in row] for row in rows], np.float64)


def _number(value: Any) -> float:
    """The nearest number of 64 bits, as Arrow takes it from a whole number; infinity where there is none."""
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def micros_of(value: datetime | str | None) -> int:
    """Microseconds from 1970 to a moment, `NEVER` where there is none; without a zone it is UTC.

    >>> micros_of("1970-01-01T01:00:00.000001+01:00")
    1
    """
    if value is None:
        return NEVER
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)  # never the zone of the machine
    return (aware - _EPOCH) // _MICRO


def _time_values(values: Iterable[datetime | str | None]) -> NDArray[np.datetime64]:
    return np.array(list(map(micros_of, values)), np.int64).view("datetime64[us]")


def _level_values(values: Iterable[Any]) -> Levels:
    texts = [None if value is None else text_of(value) for value in values]
    levels = tuple(dict.fromkeys(text for text in texts if text is not None))
    codes = {level: code for code, level in enumerate(levels)}
    return Levels(np.array([-1 if text is None else codes[text] for text in texts], dtype=np.int32), levels)


def text_of(value: Any) -> str:
    """Booleans as Arrow writes them, so that a request and a table agree."""
    return str(value).lower() if isinstance(value, bool) else str(value)


_OF_RECORDS: dict[str, Callable[[list[Any]], Column]] = {
    "number": lambda values: numbers_of([[value] for value in values])[:, 0] if values else np.empty(0),
    "category": _level_values,
    "time": _time_values,
}
