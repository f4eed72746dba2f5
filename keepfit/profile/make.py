"""From tables to profiles, and from profiles to the profile of all their rows."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from keepfit.profile import numbers, texts, times
from keepfit.profile.exact import MOST_ROWS
from keepfit.profile.shape import ColumnProfile, Profile

if TYPE_CHECKING:
    import pyarrow as pa

_TOGETHER = 64  # profiles that are merged at a time
_WIDER = {"bool": 0, "int": 1, "float": 2}


def profiled(table: "pa.Table") -> Profile:
    """The statistics of a table; columns whose name begins with ``_`` are about the rows and are left out.

    >>> import pyarrow as pa
    >>> profiled(pa.table({"n": [1, 2, 2, None], "_row": [1, 2, 3, 4]})).columns["n"].numbers.table.counts
    (1, 2)
    """
    names = [name for name in table.column_names if not name.startswith("_")]
    starts = range(0, max(table.num_rows, 1), MOST_ROWS)
    return merged(_part(table.select(names).slice(start, MOST_ROWS), names) for start in starts)


def _part(table: "pa.Table", names: Sequence[str]) -> Profile:
    return Profile(rows=table.num_rows, columns={name: _column(table.column(name)) for name in sorted(names)})


def _column(column: "pa.ChunkedArray") -> ColumnProfile:
    import pyarrow as pa

    kind, column = _plain(column)
    there = column.drop_null()
    there = there.combine_chunks() if isinstance(there, pa.ChunkedArray) else there
    values: NDArray[Any] = np.zeros(0)
    if kind == "float":
        values = there.to_numpy(zero_copy_only=False)
        if (absent := np.isnan(values)).any():
            values = values[~absent]
            there = pa.array(values)
    elif kind in {"int", "bool", "time"}:
        values = there.to_numpy(zero_copy_only=False)
    rows = len(column)
    return ColumnProfile(
        kind=kind if len(there) or kind == "other" else "null",
        rows=rows,
        nulls=rows - len(there),
        numbers=numbers.numbers(there, values) if kind in _WIDER and len(there) else None,
        texts=texts.texts(there) if kind == "text" and len(there) else None,
        times=times.times(values) if kind == "time" else None,
    )


def _plain(column: "pa.ChunkedArray") -> "tuple[str, pa.ChunkedArray]":
    """The kind of a column, and its values as int64 (times: microseconds), float64 or string."""
    import pyarrow as pa

    types = pa.types
    kind = column.type.value_type if types.is_dictionary(column.type) else column.type
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return "text", column.cast(pa.string())
    if types.is_boolean(kind):
        return "bool", column.cast(pa.int8()).cast(pa.int64())
    if types.is_integer(kind) and kind != pa.uint64():
        return "int", column.cast(pa.int64())
    if types.is_floating(kind) or types.is_decimal(kind) or kind == pa.uint64():
        return "float", column.cast(pa.float64(), safe=False)
    if types.is_timestamp(kind) or types.is_date(kind):
        return "time", column.cast(pa.timestamp("us", getattr(kind, "tz", None)), safe=False).cast(pa.int64())
    return ("null" if types.is_null(kind) else "other"), column


def merged(profiles: Iterable[Profile]) -> Profile:
    """The profile of the rows of all; the same bytes in whatever order they come and however they are cut.

    Profiles may lack columns that others have: a column's own ``rows`` are those of the tables that had it.
    """
    rest = iter(profiles)
    found = Profile(rows=0, columns={})
    while some := list(islice(rest, _TOGETHER)):
        found = some[0] if found.rows == 0 and not found.columns and len(some) == 1 else _joined([found, *some])
    return found


def _joined(profiles: Sequence[Profile]) -> Profile:
    names = sorted({name for each in profiles for name in each.columns})
    columns = {
        name: _columns_joined([each.columns[name] for each in profiles if name in each.columns]) for name in names
    }
    return Profile(rows=sum(each.rows for each in profiles), columns=columns)


def _columns_joined(parts: Sequence[ColumnProfile]) -> ColumnProfile:
    if len(parts) == 1:
        return parts[0]
    kind = _kind({part.kind for part in parts})
    some_numbers = [part.numbers for part in parts if part.numbers]
    some_texts = [part.texts for part in parts if part.texts]
    some_times = [part.times for part in parts if part.times]
    return ColumnProfile(
        kind=kind,
        rows=sum(part.rows for part in parts),
        nulls=sum(part.nulls for part in parts),
        numbers=numbers.joined(some_numbers, whole=kind in {"int", "bool"}) if some_numbers else None,
        texts=texts.joined(some_texts) if some_texts else None,
        times=times.joined(some_times) if some_times else None,
    )


def _kind(kinds: set[str]) -> str:
    """The narrowest kind that holds all of them."""
    kinds = kinds - {"null"}
    if len(kinds) < 2:
        return next(iter(kinds), "null")
    return max(kinds, key=_WIDER.__getitem__) if kinds <= set(_WIDER) else "mixed"
