"""Numbers: value by value while they are few, then exact sums, a histogram and a sample of hashes."""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from keepfit.profile import buckets, exact, hashing
from keepfit.profile.shape import MOST_BUCKETS, MOST_VALUES, ManyNumbers, Numbers, ValueCounts
from keepfit.profile.tables import few, united

if TYPE_CHECKING:
    import pyarrow as pa


def numbers(column: "pa.Array", values: NDArray[Any]) -> Numbers:
    """Statistics of at most 2¹⁷ int64 or float64 values without NaN; ``column`` holds the same ones."""
    import pyarrow as pa

    minus, plus = 0, 0
    if values.dtype == np.float64 and not np.isfinite(values).all():
        minus, plus = int(np.sum(values == -np.inf)), int(np.sum(values == np.inf))
        values = values[np.isfinite(values)]
        column = pa.array(values)
    if values.dtype == np.float64:
        values = values + 0.0  # there is no minus zero
    table = few(column, MOST_VALUES)
    some = bool(len(values))
    return Numbers(
        rows=len(values),
        minus_infinity=minus,
        infinity=plus,
        low=values.min().item() if some else None,
        high=values.max().item() if some else None,
        table=table,
        many=None if table else _many(values),
    )


def _many(values: NDArray[Any]) -> ManyNumbers:
    sums = exact.sums(values)
    there = values[values != 0] if not values.all() else values
    return ManyNumbers(
        total=exact.written(sums.total),
        squares=exact.written(sums.squares),
        zeros=len(values) - len(there),
        histogram=buckets.counted(buckets.bucket_of(there), None, MOST_BUCKETS),
        hashes=hashing.packed(hashing.smallest(hashing.of_numbers(values))),
    )


def many_of(table: ValueCounts) -> ManyNumbers:
    """What would be kept of the rows of a table if its values were too many."""
    values = np.array(table.values, dtype=np.int64 if _whole(table) else np.float64)
    counts = np.array(table.counts, dtype=np.int64)
    sums = exact.weighted(table.values, table.counts)
    there = values != 0
    return ManyNumbers(
        total=exact.written(sums.total),
        squares=exact.written(sums.squares),
        zeros=int(counts[~there].sum()),
        histogram=buckets.counted(buckets.bucket_of(values[there]), counts[there], MOST_BUCKETS),
        hashes=hashing.packed(hashing.smallest(hashing.of_numbers(values))),
    )


def _whole(table: ValueCounts) -> bool:
    return all(isinstance(value, int) for value in table.values)


def joined(parts: Sequence[Numbers], *, whole: bool) -> Numbers:
    """The rows of all parts; ``whole``: as whole numbers."""
    tables = [part.table for part in parts if part.table]
    table = united(tables, MOST_VALUES, None if whole else float) if len(tables) == len(parts) else None
    lows = [part.low for part in parts if part.low is not None]
    highs = [part.high for part in parts if part.high is not None]
    as_kind = int if whole else float
    return Numbers(
        rows=sum(part.rows for part in parts),
        minus_infinity=sum(part.minus_infinity for part in parts),
        infinity=sum(part.infinity for part in parts),
        low=as_kind(min(lows)) if lows else None,
        high=as_kind(max(highs)) if highs else None,
        table=table,
        many=None if table else _many_joined([many(part) for part in parts]),
    )


def many(part: Numbers) -> ManyNumbers:
    """The wider statistics, also of a column whose values are counted one by one."""
    if part.many:
        return part.many
    return many_of(part.table or ValueCounts(values=(), counts=()))


def _many_joined(parts: Sequence[ManyNumbers]) -> ManyNumbers:
    return ManyNumbers(
        total=exact.written(sum((exact.read(part.total) for part in parts), Fraction(0))),
        squares=exact.written(sum((exact.read(part.squares) for part in parts), Fraction(0))),
        zeros=sum(part.zeros for part in parts),
        histogram=buckets.added([part.histogram for part in parts], MOST_BUCKETS),
        hashes=hashing.united([part.hashes for part in parts]),
    )
