"""What a profile of a column says: the figures that people and rules ask for.

A figure that does not exist (no rows, not a number) is NaN, which no comparison lets pass.
"""

import math
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from keepfit.profile import exact, hashing, numbers, texts
from keepfit.profile.buckets import edges
from keepfit.profile.shape import MOST_VALUES, ColumnProfile, Histogram, Numbers, Texts, ValueCounts

FINEST = 1 / 256  # relative error of a finest bucket


def share_missing(column: ColumnProfile) -> float:
    """Share of rows without a value; NaN without rows."""
    return column.nulls / column.rows if column.rows else math.nan


def table_of(column: ColumnProfile) -> ValueCounts | None:
    """Every value with its rows; None where they are too many, where a number is infinite, and for times."""
    if column.kind == "mixed" or column.times:
        return None
    part = column.numbers or column.texts
    infinite = column.numbers and (column.numbers.infinity or column.numbers.minus_infinity)
    return part.table if part and not infinite else None


def rows_with(column: ColumnProfile, values: Iterable[int | float | str]) -> int | None:
    """Rows that have one of these values; None where values are not counted one by one, or numbers are infinite."""
    table = table_of(column)
    if table is None:
        return 0 if column.nulls == column.rows else None
    counts = dict(zip(table.values, table.counts, strict=True))
    return sum(counts.get(value, 0) for value in set(values))


def distinct(column: ColumnProfile) -> int:
    """How many values there are (exact up to 1,024); infinite numbers are not among them."""
    part = column.numbers or column.texts
    if part and part.table and column.kind != "mixed":
        return len(part.table.values)
    parts = [numbers.many(column.numbers).hashes] if column.numbers else []
    parts += [texts.many(column.texts).hashes] if column.texts else []
    parts += [column.times.hashes] if column.times else []
    found = hashing.estimate(hashing.unpacked(hashing.united(parts))) if parts else 0
    return min(found, column.rows - column.nulls)


def distinct_error(column: ColumnProfile) -> float:
    """Relative standard error of `distinct`: 0 where it is exact."""
    part = column.numbers or column.texts
    exact_ = distinct(column) < MOST_VALUES or (part and part.table)
    return 0.0 if exact_ else 1 / math.sqrt(MOST_VALUES - 2)


def _moments(column: ColumnProfile) -> tuple[int, Fraction, Fraction] | None:
    part = column.numbers
    if part is None or not part.rows or part.infinity or part.minus_infinity:
        return None
    if part.many:
        return part.rows, exact.read(part.many.total), exact.read(part.many.squares)
    table = part.table or ValueCounts(values=(), counts=())
    return part.rows, *exact.weighted(table.values, table.counts)


def total(column: ColumnProfile) -> float:
    """The sum, rounded once; NaN where there is none, inf where it is too large."""
    found = _moments(column)
    try:
        return float(found[1]) if found else math.nan
    except OverflowError:
        return math.inf


def mean(column: ColumnProfile) -> float:
    """The mean, rounded once; NaN where there is none (also where a number is infinite)."""
    found = _moments(column)
    return float(found[1] / found[0]) if found else math.nan


def variance(column: ColumnProfile) -> float:
    """The variance of the rows themselves (over n), rounded once; NaN where there is none, inf where too large."""
    found = _moments(column)
    if not found:
        return math.nan
    rows, total, squares = found
    try:
        return float((squares * rows - total * total) / rows**2)
    except OverflowError:
        return math.inf


def quantile(column: ColumnProfile, q: float) -> float:
    """The smallest number that at least a share ``q`` of the numbers is at or below.

    Exact up to 1,024 distinct numbers, and at 0 and 1; otherwise at most `quantile_error` off.
    """
    part = column.numbers
    total = part.rows + part.infinity + part.minus_infinity if part else 0
    if part is None or not total or not 0 <= q <= 1:
        return math.nan
    rank = min(max(math.ceil(q * total - 1e-9), 1), total) - part.minus_infinity
    if rank <= 0 or rank > part.rows:
        return -math.inf if rank <= 0 else math.inf
    if rank in (1, part.rows):
        return float(part.low if rank == 1 else part.high)  # type: ignore[arg-type]
    values, counts = weights(part, whole=column.kind == "int")
    at = int(np.searchsorted(np.cumsum(counts), rank))
    return float(min(max(values[at], part.low), part.high))


def quantile_error(column: ColumnProfile) -> float:
    """How far `quantile` can be off, as a share of the number itself."""
    part = column.numbers
    return FINEST * 2**part.many.histogram.level if part and part.many else 0.0


def weights(part: Numbers, *, whole: bool) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Numbers in order (k,) and how many rows each stands for (k,); those of a histogram are middles of buckets."""
    if part.table or part.many is None:
        table = part.table or ValueCounts(values=(), counts=())
        return np.array(table.values, dtype=np.float64), np.array(table.counts, dtype=np.int64)
    values = middles(part.many.histogram, whole=whole)
    place = int(np.searchsorted(values, 0.0))
    counts = np.array(part.many.histogram.counts, dtype=np.int64)
    if not part.many.zeros:
        return values, counts
    return np.insert(values, place, 0.0), np.insert(counts, place, part.many.zeros)


def middles(histogram: Histogram, *, whole: bool) -> NDArray[np.float64]:
    """A number of every bucket: the harmonic mean of its ends, from which the relative distance to both is the same.

    Of whole numbers it is the middle of those in the bucket.
    """
    low, high = edges(np.array(histogram.at, dtype=np.int64), histogram.level)
    if whole:  # a bucket holds its end that is nearer to zero, not the other one
        first = np.where(low < 0, np.floor(low) + 1, np.ceil(low))
        last = np.where(low < 0, np.floor(high), np.ceil(high) - 1)
        return first / 2 + last / 2
    near, far = np.where(low < 0, high, low), np.where(low < 0, low, high)
    return near * (2 / (1 + near / far))


def top(column: ColumnProfile, most: int = 5) -> tuple[tuple[str, int], ...]:
    """The commonest values with their rows; empty where they are too many to be counted one by one."""
    table = table_of(column)
    if table is None:
        return ()
    pairs = sorted(zip(table.values, table.counts, strict=True), key=lambda pair: (-pair[1], pair[0]))
    return tuple((_word(column.kind, value), count) for value, count in pairs[:most])


def _word(kind: str, value: int | float | str) -> str:
    return ("true" if value else "false") if kind == "bool" else str(value)


def per_day(column: ColumnProfile) -> Iterator[tuple[date, int]]:
    """Days (UTC) that have rows, with their rows; nothing where the times are spread over more than 4,096 days."""
    if column.times is None or column.times.days.level:
        return
    for day, rows in zip(column.times.days.at, column.times.days.counts, strict=True):
        yield date(1970, 1, 1) + timedelta(days=day), rows


def first_and_last(column: ColumnProfile) -> tuple[datetime, datetime] | None:
    """The first and the last time, where there are any and a calendar has them."""
    if column.times is None:
        return None
    try:
        return _moment(column.times.first), _moment(column.times.last)
    except OverflowError:
        return None


def _moment(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def mean_length(texts: Texts) -> float:
    """Characters of a text, on average."""
    return texts.characters / texts.rows if texts.rows else math.nan
