"""Columns that stand still and rows that repeat: rather a feed that is stuck than a world that has changed.

A window is held against what the reference's stretches had at most, so a flag that is seldom set, or a model of few
columns, has its own idea of what is usual.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keepfit.monitor.drift import LEAST_ROWS
from keepfit.monitor.multivariate import Part
from keepfit.records import Record, WindowCheck

if TYPE_CHECKING:
    from keepfit.monitor.reference import Reference, Watched

Floats = NDArray[np.float64]

ALIKE = 0.9  # of the rows of every stretch at most had the same value: then a window in which all have it is stuck
FEWER = 0.5  # times the fewest different rows of any stretch
_SEED = 0


class Distinct(Record, frozen=True, kw_only=True):
    """The fewest different rows of any stretch of the reference, and their smallest share; of rows that are drawn."""

    rows: int
    share: float


def distinct_of(pool: Part, first: int, count: int, length: int) -> Distinct | None:
    """How different rows are in stretches of ``length`` days; ``pool`` in the order of days. None: too few rows."""
    codes, found = _codes(pool.values), []
    for start in range(first, first + max(count - length + 1, 0)):
        low, high = np.searchsorted(pool.days, [start, start + length]).tolist()
        if high - low >= LEAST_ROWS:
            different = np.unique(codes[low:high]).size
            found.append((different, different / (high - low)))
    if not found:
        return None
    return Distinct(rows=min(rows for rows, _ in found), share=min(share for _, share in found))


def standstill(reference: "Reference", drawn: Part) -> Iterator[WindowCheck]:
    """What stands still in rows that were drawn of a window; nothing where nothing does."""
    features = [each for each in reference.columns if each.kind == "feature"]
    for column, values in zip(features, drawn.values.T, strict=True):
        yield from _constant(column, values, reference.length)
    if reference.distinct is not None and len(drawn.days) >= LEAST_ROWS:
        yield from _copies(reference.distinct, drawn)


def _constant(column: "Watched", values: Floats, length: int) -> Iterator[WindowCheck]:
    """A column (n,) as it is drawn: numbers, or places of bins; NaN: missing."""
    known = values[~np.isnan(values)]
    if known.size < LEAST_ROWS or known.min() != known.max():
        return
    value, bins = float(known[0]), column.bins
    if bins.kind == "category" and value >= len(bins.levels):
        return  # rare levels are many, and those never seen before alarm by themselves
    usual = most_alike(np.array(column.daily), length)
    if usual <= ALIKE:
        said = f"{value:g}" if bins.kind == "number" else bins.named(int(value))
        yield WindowCheck(
            check="constant",
            feature=column.name,
            kind=column.kind,
            outcome="fail",
            value=1.0,
            threshold=usual,
            effect=1.0,
            reason=f"every row has {said}; in the reference no more than {usual:.0%} of a window had the same",
        )


def most_alike(daily: NDArray[np.int64], length: int) -> float:
    """The largest share of rows that one bin has in any stretch; ``daily`` (d, k), the last bin that of missing values.

    >>> most_alike(np.array([[40, 10, 5], [25, 25, 0], [30, 20, 0]]), 2)
    0.65
    """
    sums = np.vstack([np.zeros((1, daily.shape[1] - 1), np.int64), np.cumsum(daily[:, :-1], axis=0)])
    stretches = sums[length:] - sums[:-length] if len(daily) > length else sums[-1:]
    rows = stretches.sum(axis=1)
    enough = rows >= LEAST_ROWS
    return float((stretches[enough].max(axis=1) / rows[enough]).max()) if enough.any() else 1.0


def _copies(usual: Distinct, drawn: Part) -> Iterator[WindowCheck]:
    """Fewer rows, or more of them, change one of the two numbers by themselves, so both have to be unusual."""
    rows = len(drawn.days)
    different = np.unique(_codes(drawn.values)).size
    share = different / rows
    if different < FEWER * usual.rows and share < FEWER * usual.share:
        yield WindowCheck(
            check="copies",
            outcome="fail",
            value=share,
            threshold=FEWER * usual.share,
            effect=share,
            reason=f"{different:,} different rows among {rows:,}; in the reference at least {usual.rows:,} in a window",
        )


def _codes(values: Floats) -> NDArray[np.uint64]:
    """A number for each row (n,) that equal rows share; others hardly ever do."""
    bits = (values.astype(np.float32) + np.float32(0)).view(np.uint32).astype(np.uint64)  # no minus zero
    draw = np.random.default_rng(_SEED).integers(0, 1 << 63, values.shape[1], dtype=np.uint64)
    return np.asarray((bits * (2 * draw + 1)).sum(axis=1, dtype=np.uint64))
