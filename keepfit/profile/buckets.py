"""Histograms of numbers whose buckets keep a relative error, and which any two of can be added exactly.

A bucket is a double with only the first 7 of its 52 bits of mantissa: 128 buckets an octave, so that its middle is at
most 1/256 (0.4 %) off every number in it. That is DDSketch (Masson, Rim and Lee, "DDSketch: a fast and fully-mergeable
quantile sketch with relative-error guarantees", VLDB 2019) with buckets that need no logarithm and so are the same on
every machine. Where there are too many, neighbours become one, everywhere (uniform collapse: Epicoco, Melle, Cafaro,
Pulimeno and Morleo, "UDDSketch", IEEE Access 2020), which doubles the error; how often depends on the numbers only.
Denormal numbers (below 2.3e-308) are as near as that in absolute terms.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepfit.profile.shape import Histogram

_DROPPED = 45  # bits of the mantissa that a bucket does not look at


def bucket_of(values: NDArray[Any]) -> NDArray[np.int64]:
    """Buckets (n,) of finite numbers that are not zero, in the order of the numbers; below zero for negative ones."""
    numbers = values.astype(np.float64)
    at = np.abs(numbers).view(np.int64) >> _DROPPED
    return np.where(numbers < 0, ~at, at)


def edges(at: NDArray[np.int64], level: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The ends (low, high) of buckets of a level: the numbers in a bucket are between them."""
    negative = at < 0
    size = np.where(negative, ~at, at)
    near = _number(size << level)
    far = _number((size + 1) << level)
    return np.where(negative, -far, near), np.where(negative, -near, far)


def _number(finest: NDArray[np.int64]) -> NDArray[np.float64]:
    largest = np.int64(0x7FEFFFFFFFFFFFFF)  # the bits of the largest double; beyond are infinity and NaN
    past = finest > (largest >> _DROPPED)
    return np.where(past, largest, np.where(past, 0, finest) << _DROPPED).view(np.float64)


def counted(at: NDArray[np.int64], counts: NDArray[np.int64] | None, most: int, level: int = 0) -> Histogram:
    """Rows by bucket, as fine as ``most`` buckets allow; ``counts`` is how many rows each item stands for."""
    if not len(at):
        return Histogram(level=0, at=(), counts=())
    low = int(at.min())
    if counts is None and int(at.max()) - low < 1 << 20:
        rows = np.bincount(at - low)
        where = np.flatnonzero(rows)
        places, rows = where + low, rows[where]
    else:
        places, inverse = np.unique(at, return_inverse=True)
        rows = np.zeros(len(places), dtype=np.int64)
        np.add.at(rows, inverse, 1 if counts is None else counts)
    while len(places) > most:
        level += 1
        halved = places >> 1
        starts = np.flatnonzero(np.concatenate([[True], np.diff(halved) != 0]))
        places, rows = halved[starts], np.add.reduceat(rows, starts)
    return Histogram(level=level, at=tuple(places.tolist()), counts=tuple(rows.tolist()))


def added(histograms: Sequence[Histogram], most: int) -> Histogram:
    """All rows of several histograms."""
    level = max((each.level for each in histograms), default=0)
    at = [np.array(each.at, dtype=np.int64) >> (level - each.level) for each in histograms]
    counts = [np.array(each.counts, dtype=np.int64) for each in histograms]
    if not at:
        return Histogram(level=0, at=(), counts=())
    return counted(np.concatenate(at), np.concatenate(counts), most, level)


def shifted(histogram: Histogram, level: int) -> NDArray[np.int64]:
    """Its buckets, at a level that is at least its own (several may become one)."""
    return np.array(histogram.at, dtype=np.int64) >> (level - histogram.level)
