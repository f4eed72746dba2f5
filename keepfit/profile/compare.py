"""How far two profiles of a column are apart, by their shares in common bins."""

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.profile import numbers, texts
from keepfit.profile.buckets import shifted
from keepfit.profile.read import mean_length, share_missing
from keepfit.profile.shape import ColumnProfile, Numbers, Texts

BINS = 10
_CHANCE = 0.001
_COMMON = 0.01  # share of the reference from which a value has a bin of its own
_END = 0.05  # share of the reference from which what is beyond its smallest or largest number has one

Counts = NDArray[np.float64]


class Bins(NamedTuple):
    """Rows of both by common bins (k,)."""

    a: Counts
    b: Counts


def psi(reference: ColumnProfile, other: ColumnProfile) -> float:
    """Population stability index, Σ (p − q) ln(p / q) over bins; NaN where the columns cannot be compared.

    Ten bins with equal shares of the reference for numbers, one for every common value of texts and one for rows
    without a value (Siddiqi, "Credit Risk Scorecards", 2006, who calls less than 0.1 stable and more than 0.25 a
    shift). Half a row is added to every bin, so that an empty one does not make it infinite.
    """
    found = bins(reference, other)
    if found is None:
        return math.nan
    p, q = ((rows + 0.5) / (rows + 0.5).sum() for rows in found)
    return float(np.sum((p - q) * np.log(p / q)))


def psi_by_chance(reference: ColumnProfile, other: ColumnProfile) -> float:
    """What `psi` exceeds once in a thousand times where nothing has changed: χ² with bins − 1 degrees times 1/n + 1/m.

    Yurdakul and Naranjo, "Statistical properties of the population stability index", Journal of Risk Model Validation,
    2020 (n and m rows, which count as independent); the quantile of χ² by Wilson and Hilferty, 1931.
    """
    found = bins(reference, other)
    if found is None:
        return math.nan
    degrees = max(len(found.a) - 1, 1)
    part = 2 / (9 * degrees)
    chi_squared = degrees * (1 - part + NormalDist().inv_cdf(1 - _CHANCE) * math.sqrt(part)) ** 3
    return float(chi_squared * (1 / found.a.sum() + 1 / found.b.sum()))


def jensen_shannon(a: ColumnProfile, b: ColumnProfile) -> float:
    """Jensen–Shannon divergence in bits, 0 (equal) to 1 (nothing in common), over bins of both together; symmetric.

    Lin, "Divergence measures based on the Shannon entropy", IEEE Transactions on Information Theory, 1991. NaN where
    the columns cannot be compared.
    """
    found = bins(a, b, reference_is_both=True)
    if found is None:
        return math.nan
    p, q = (rows / rows.sum() for rows in found)
    middle = (p + q) / 2
    return float(min(max(_entropy(middle) - (_entropy(p) + _entropy(q)) / 2, 0.0), 1.0))


def _entropy(p: Counts) -> float:
    some = p[p > 0]
    return float(-np.sum(some * np.log2(some)))


def bins(a: ColumnProfile, b: ColumnProfile, *, reference_is_both: bool = False) -> Bins | None:
    """Rows of both columns by bins that are made of ``a``, or of both; None where the columns have nothing to compare.

    The last bin is that of rows without a value, where there are any.
    """
    if not a.rows or not b.rows:
        return None
    if a.numbers and b.numbers and not (a.texts or b.texts):
        found = _of_numbers(a.numbers, b.numbers, both=reference_is_both)
    elif a.texts and b.texts and not (a.numbers or b.numbers):
        found = _of_texts(a.texts, b.texts, both=reference_is_both)
    elif "null" in (a.kind, b.kind) and not (a.times or b.times):
        found = Bins(np.array([a.rows - a.nulls], dtype=float), np.array([b.rows - b.nulls], dtype=float))
    else:
        return None
    missing = ([a.nulls], [b.nulls]) if a.nulls or b.nulls else ([], [])
    return Bins(np.concatenate([found.a, missing[0]]), np.concatenate([found.b, missing[1]]))


def _of_numbers(a: Numbers, b: Numbers, *, both: bool) -> Bins:
    places = [_places(part, a, b) for part in (a, b)]
    keys, inverse = np.unique(np.concatenate([at for at, _ in places]), return_inverse=True)
    rows = np.zeros((2, len(keys)))
    split = len(places[0][0])
    np.add.at(rows[0], inverse[:split], places[0][1])
    np.add.at(rows[1], inverse[split:], places[1][1])
    reference = rows[0] / rows[0].sum() + rows[1] / rows[1].sum() if both else rows[0]
    # By the middle of its ranks: a value that many rows have is apart from what is below and above it.
    before = np.cumsum(reference) - reference
    group = np.minimum((BINS * (before + reference / 2) / reference.sum()).astype(np.int64), BINS - 1)
    # Beyond an end at which many rows are lies something else: a cap that is gone, a code for "unknown".
    there = np.flatnonzero(reference)
    smallest, largest = there[0], there[-1]
    least = max(_END * reference.sum(), 2)
    if reference[smallest] >= least:
        group[:smallest] = -1
    if reference[largest] >= least:
        group[largest + 1 :] = BINS
    group = np.unique(group, return_inverse=True)[1]
    return Bins(np.bincount(group, rows[0]).astype(float), np.bincount(group, rows[1]).astype(float))


def _places(part: Numbers, a: Numbers, b: Numbers) -> tuple[Counts, Counts]:
    """Places (k,) in the order of the numbers, and the rows at each (k,); comparable between a and b."""
    ends = [(-math.inf, part.minus_infinity), (math.inf, part.infinity)]
    if a.table and b.table and part.table:
        at, rows = part.table.values, part.table.counts
        pairs = [*zip(map(float, at), rows, strict=True), *ends]
    else:
        wide, level = numbers.many(part), max(numbers.many(each).histogram.level for each in (a, b))
        # Buckets of negative numbers are below zero, those of positive ones begin at zero, so zero is between.
        pairs = [*zip(shifted(wide.histogram, level), wide.histogram.counts, strict=True), (-0.5, wide.zeros), *ends]
    some = [(place, rows) for place, rows in pairs if rows]
    return np.array([place for place, _ in some], dtype=float), np.array([rows for _, rows in some], dtype=float)


def _of_texts(a: Texts, b: Texts, *, both: bool) -> Bins:
    if not (a.table and b.table):
        return Bins(np.array(texts.many(a).buckets, dtype=float), np.array(texts.many(b).buckets, dtype=float))
    left, right = (dict(zip(each.values, each.counts, strict=True)) for each in (a.table, b.table))
    rows: dict[object, list[int]] = {}
    for value in {**left, **right}:
        known, other = left.get(value, 0), right.get(value, 0)
        share = max(known / a.rows, other / b.rows) if both else known / a.rows
        bin_ = (value,) if share >= _COMMON else "rare" if share else "new"
        counts = rows.setdefault(bin_, [0, 0])
        counts[0], counts[1] = counts[0] + known, counts[1] + other
    # In a fixed order: sums of floats depend on it.
    table = np.array([rows[bin_] for bin_ in sorted(rows, key=str)], dtype=float)
    return Bins(table[:, 0], table[:, 1])


def likeness(a: ColumnProfile, b: ColumnProfile) -> float:
    """How much two columns look like one under two names: 0 (not at all) to 1 (the same statistics); symmetric.

    One minus the Jensen–Shannon divergence of their values, times the likeness of the shares of missing values and of
    the lengths of texts; for times, how far their spans are alike. Columns of unlike kinds are 0.
    """
    if a.times and b.times and {a.kind, b.kind} == {"time"}:
        return _likeness_of_times(a, b)
    divergence = jensen_shannon(a, b)
    if math.isnan(divergence) or "null" in (a.kind, b.kind):
        return 0.0
    lengths = 1.0
    if a.texts and b.texts:
        short, long = sorted([mean_length(a.texts) + 1, mean_length(b.texts) + 1])
        lengths = short / long
    return (1 - divergence) * (1 - abs(share_missing(a) - share_missing(b))) * lengths


def _likeness_of_times(a: ColumnProfile, b: ColumnProfile) -> float:
    """The shorter span over the longer one; nothing where they are further apart than the longer one is long."""
    if a.times is None or b.times is None:
        return 0.0
    spans = sorted((each.last - each.first + 1) for each in (a.times, b.times))
    apart = max(a.times.first, b.times.first) - min(a.times.last, b.times.last)
    return spans[0] / spans[1] if apart <= spans[1] else 0.0
