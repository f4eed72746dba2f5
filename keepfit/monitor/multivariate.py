"""Several columns at once: how well rows of a window can be told from rows of the reference.

A classifier learns which side a row is from, and is asked about rows of days that it did not learn from; its ROC AUC is
1/2 where nothing tells the sides apart (classifier two-sample test: Lopez-Paz & Oquab 2017, ICLR; for shift: Rabanser,
Günnemann & Lipton 2019, NeurIPS). It is Fisher's linear discriminant (1936) over the columns, their squares and their
products, so it sees what no column shows alone: two columns that swapped, a link that broke. Folds are whole days: rows
of one hour share their weather, and folds that took an hour apart would know it by heart. What no product of two
columns shows is not seen. A fit is a difference of means, so that every stretch of the reference is tried in a second.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import ceil, sqrt
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.monitor.bins import Bins
from keepfit.monitor.drift import LEAST_ROWS
from keepfit.records import Record

Floats = NDArray[np.float64]
Days = NDArray[np.int64]
Places = NDArray[np.intp]

MOST_ROWS = 10_000  # of the reference's sample
WINDOW_ROWS = 2_000  # of a window
MOST_COLUMNS = 30  # more are mixed into so many
_SHRINK = 0.1  # added to the variance of each feature, which is one
_SEED = 0
_FOLDS = 2
_LARGEST = 0.9999  # AUC


class Sample(Record, frozen=True, kw_only=True):
    """Rows of the reference, drawn by chance: float32 in rows of ``columns`` (features: numbers, or places of bins).

    ``days`` are int32 since 1970, ``labels`` (n,) classes or values, ``scores`` (n, k) out of sample, NaN where a row
    has none.
    """

    columns: tuple[str, ...]
    days: bytes
    values: bytes
    labels: bytes
    scores: bytes

    @property
    def when(self) -> Days:
        """The day of each row, (n,)."""
        return np.frombuffer(self.days, "<i4").astype(np.int64)

    def matrix(self) -> Floats:
        """What the rows have in ``columns``, (n, c)."""
        return _read(self.values).reshape(-1, len(self.columns))

    def truth(self) -> Floats:
        """Labels, (n,)."""
        return _read(self.labels)

    def answers(self) -> Floats:
        """What the model answered without having seen the row, (n, k)."""
        return _read(self.scores).reshape(len(self.when), -1)


class Part(NamedTuple):
    """Some rows of a window or reference: days (n,) since 1970 and values (n, c) as in `Sample`."""

    days: Days
    values: Floats


class Space(NamedTuple):
    """What makes features of values.

    ``sorted`` values by column, ``order`` of a category's bins, ``mixing`` (c, 30) of many columns; ``mean`` and
    ``scale`` (p,) of features in the sample, and the ``inverse`` (p, p) of their covariance there.
    """

    sorted: tuple[Floats, ...]
    order: tuple[Floats | None, ...]
    mixing: Floats | None
    mean: Floats
    scale: Floats
    inverse: Floats


class Apart(NamedTuple):
    """How well rows can be told apart: the AUC and the columns (or pairs) that tell most; NaN: too few rows."""

    auc: float
    by: tuple[tuple[int, ...], ...]


def sample_of(
    columns: Mapping[str, tuple[Bins, Any]], days: Days, labels: Any, scores: Floats, rows: int = MOST_ROWS
) -> Sample:
    """Rows drawn by chance (always the same ones), in the order of time."""
    drawn = np.random.default_rng(_SEED).permutation(days.size)[:rows]
    drawn = drawn[np.argsort(days[drawn], kind="stable")]
    return Sample(
        columns=tuple(columns),
        days=days[drawn].astype("<i4").tobytes(),
        values=_write(values_of(columns.values(), drawn)),
        labels=_write(np.asarray(labels)[drawn]),
        scores=_write(scores[drawn]),
    )


def values_of(columns: Any, rows: Places) -> Floats:
    """Some rows of columns, each with its bins: numbers as they are, categories as places of bins, NaN if missing."""
    found = [_values(bins, column, rows) for bins, column in columns]
    return np.column_stack(found) if found else np.zeros((rows.size, 0))


def _values(bins: Bins, column: Any, rows: Places) -> Floats:
    if bins.kind == "number":
        return _single(np.asarray(column)[rows]).astype(np.float64)
    places = bins.places(column._replace(codes=column.codes[rows]))
    return np.where(places == bins.missing, np.nan, places)


def drawn_by_day(days: Days, length: int, draw: np.random.Generator) -> tuple[Places, Floats]:
    """Rows (m,) of each day, as many as a window of ``length`` days may have, and the keys (m,) that drew them."""
    keys = draw.random(days.size)
    few = np.flatnonzero(keys * days.size < 4 * WINDOW_ROWS)  # most often enough of every day: the rest is not sorted
    if few.size == days.size or not _enough(days, days[few], ceil(WINDOW_ROWS / length)):
        few = np.arange(days.size)
    chosen = few[least_by_day(days[few], keys[few], length)]
    return chosen, keys[chosen]


def _enough(days: Days, some: Days, most: int) -> bool:
    """Whether ``some`` rows are as many of each day as may be drawn."""
    first = int(days.min())
    all_rows = np.bincount(days - first)
    return bool((np.bincount(some - first, minlength=all_rows.size) >= np.minimum(all_rows, most)).all())


def least_by_day(days: Days, keys: Floats, length: int) -> Places:
    """The rows with the smallest keys of each day, in order of days: draws of parts, drawn from again, are one draw."""
    by_key = np.argsort(keys)
    order = by_key[np.argsort(days[by_key], kind="stable")]
    begins = np.searchsorted(days[order], days[order], side="left")
    return np.asarray(order[np.arange(days.size) - begins < ceil(WINDOW_ROWS / length)])


@lru_cache(maxsize=2)
def space_of(sample: Sample, bins: tuple[Bins, ...]) -> Space:
    """What makes features, remembered because links and rows are asked about in the same one.

    Normal scores of ranks in the sample, categories ranked by their mean label.
    """
    values = sample.matrix()
    order = [_order(each, values[:, place], sample.truth()) for place, each in enumerate(bins)]
    ranked = [np.sort(_ordered(values[:, place], each)) for place, each in enumerate(order)]
    tables = tuple(each[: int(np.isfinite(each).sum())] for each in ranked)
    width = len(bins)
    draw = np.random.default_rng(_SEED)
    mixing = draw.normal(size=(width, MOST_COLUMNS)) / sqrt(width) if width > MOST_COLUMNS else None
    raw = Space(tables, tuple(order), mixing, np.zeros(1), np.ones(1), np.eye(1))
    features = features_of(raw, values)
    spread = features.std(axis=0)
    known = raw._replace(mean=features.mean(axis=0), scale=np.where(spread > 1e-9, spread, 1.0))
    centred = (features - known.mean) / known.scale
    covariance = centred.T @ centred / max(len(centred), 1)
    shrunk = np.asarray(covariance + _SHRINK * np.eye(len(covariance)), np.float64)
    return known._replace(inverse=np.asarray(np.linalg.inv(shrunk), np.float64))


def _order(bins: Bins, column: Floats, truth: Floats) -> Floats | None:
    """The mean label of each place of a category, (places,); those without rows have that of all."""
    if bins.kind == "number":
        return None
    known = ~np.isnan(column)
    places, labels = column[known].astype(np.intp), truth[known]
    rows = np.bincount(places, minlength=bins.count)
    sums = np.bincount(places, labels, minlength=bins.count)
    return np.asarray(np.where(rows, sums / np.maximum(rows, 1), labels.mean() if labels.size else 0.0))


def _ordered(column: Floats, order: Floats | None) -> Floats:
    if order is None:
        return np.where(np.isfinite(column), column, np.nan)
    missing = np.isnan(column)
    return np.where(missing, np.nan, order[np.where(missing, 0, column).astype(np.intp)])


def features_of(space: Space, values: Floats) -> Floats:
    """Columns, squares and products of pairs, (n, p)."""
    scores = scores_of(space, values)
    mixed = scores if space.mixing is None else scores @ space.mixing
    first, second = np.triu_indices(mixed.shape[1])
    return np.asarray((np.hstack([mixed, mixed[:, first] * mixed[:, second]]) - space.mean) / space.scale)


def scores_of(space: Space, values: Floats) -> Floats:
    """Normal scores of ranks in the sample, (n, c); a missing value is a usual one."""
    from scipy.special import ndtri

    scores = np.zeros(values.shape)
    for place, (known, order) in enumerate(zip(space.sorted, space.order, strict=True)):
        if known.size:
            column = _ordered(values[:, place], order)
            rank = (np.searchsorted(known, column, "left") + np.searchsorted(known, column, "right")) / (2 * known.size)
            half = 0.5 / known.size
            scores[:, place] = np.where(np.isnan(column), 0.0, ndtri(np.clip(rank, half, 1 - half)))
    return scores


def apart(space: Space, reference: Part, window: Part) -> Apart:
    """How well rows of a window can be told from those of the reference."""
    ours = Part(reference.days, features_of(space, reference.values))
    return _told(space, ours, Part(window.days, features_of(space, window.values)))


def of_stretches(space: Space, sample: Part, pool: Part, first: int, count: int, length: int) -> Floats:
    """How far every stretch is from the sample's other days, (count - length + 1,); ``pool`` in the order of days."""
    if count <= length:
        return np.zeros(0)
    whole = Part(sample.days, features_of(space, sample.values))
    features = features_of(space, pool.values)
    found = []
    for start in range(first, first + count - length + 1):
        low, high = np.searchsorted(pool.days, [start, start + length]).tolist()
        if high - low < LEAST_ROWS:
            found.append(np.nan)
            continue
        others = (sample.days < start) | (sample.days >= start + length)
        stretch = Part(pool.days[low:high], features[low:high])
        found.append(distance(_told(space, whole, stretch, others).auc))
    return np.array(found)


def distance(auc: float) -> float:
    """An AUC as a distance that has no end: that of two normal distributions which can be told apart so well.

    They lie d' = √2 Φ⁻¹(AUC) standard deviations apart (Green & Swets 1966, Signal Detection Theory), and d'² is their
    Jeffreys divergence, as the stability index is one of shares. Where a usual week has an AUC of 0.76, a scale that
    ends at 1 leaves no room for an alarm.

    >>> round(distance(0.76), 2), round(distance(0.95), 2), distance(0.4), round(distance(1.0), 1)
    (1.0, 5.41, 0.0, 27.7)
    """
    if np.isnan(auc):
        return auc
    return 2.0 * NormalDist().inv_cdf(min(max(auc, 0.5), _LARGEST)) ** 2


def beyond_chance(auc: float, reference: int, window: int) -> bool:
    """Whether independent rows would hardly be told apart so well: once in a thousand windows (Mann & Whitney 1947)."""
    spread = sqrt((reference + window + 1) / (12.0 * reference * window))
    return bool(auc - 0.5 > 3.09 * spread)


def pair_names(columns: Sequence[str], by: Sequence[tuple[int, ...]]) -> str:
    """What tells most, in words.

    >>> pair_names(("temp", "visib"), [(0, 1), (1, 1), (0,)])
    'temp with visib, spread of visib, temp'
    """
    return ", ".join(_pair_name([columns[place] for place in places]) for places in by)


def _pair_name(names: Sequence[str]) -> str:
    return f"spread of {names[0]}" if len(names) == 2 and names[0] == names[1] else " with ".join(names)


def _told(space: Space, reference: Part, window: Part, others: NDArray[np.bool_] | None = None) -> Apart:
    """The AUC over folds of days; the parts have features (n, p), of the reference's rows only ``others`` count."""
    kept = np.ones(reference.days.size, bool) if others is None else others
    folds = [_fold(each.days) for each in (reference, window)]
    aucs, moved = [], []
    for fold in range(_FOLDS):
        learnt = reference.values[kept & (folds[0] != fold)], window.values[folds[1] != fold]
        asked = reference.values[kept & (folds[0] == fold)], window.values[folds[1] == fold]
        if min(map(len, (*learnt, *asked))) < LEAST_ROWS // _FOLDS:
            return Apart(float("nan"), ())
        shift = learnt[1].mean(axis=0) - learnt[0].mean(axis=0)
        direction = space.inverse @ shift
        aucs.append(_auc(asked[0] @ direction, asked[1] @ direction))
        moved.append(direction * shift)
    return Apart(float(np.mean(aucs)), () if space.mixing is not None else _most(np.mean(moved, axis=0), space))


def _fold(days: Days) -> NDArray[np.int64]:
    """Every other day; rows in turn where there is one day only."""
    folds = days % _FOLDS
    return folds if np.unique(folds).size == _FOLDS else np.arange(days.size) % _FOLDS


def _auc(reference: Floats, window: Floats) -> float:
    """The chance that a row of the window scores higher than one of the reference; equal ones count half."""
    known = np.sort(reference)
    below = np.searchsorted(known, window, "left") + np.searchsorted(known, window, "right")
    return float(below.mean() / (2 * known.size))


def _most(parts: Floats, space: Space, shown: int = 3) -> tuple[tuple[int, ...], ...]:
    """The features that tell most, as columns by their place."""
    columns = len(space.sorted)
    pairs = [*((place,) for place in range(columns)), *zip(*np.triu_indices(columns), strict=True)]
    return tuple(tuple(int(each) for each in pairs[place]) for place in np.argsort(-parts, kind="stable")[:shown])


def _single(values: Any) -> NDArray[np.float32]:
    """In single precision; what is beyond it, infinite or not, is the largest number."""
    most = float(np.finfo(np.float32).max)
    return np.clip(np.asarray(values, np.float64), -most, most).astype("<f4")


def _write(values: Any) -> bytes:
    return np.ascontiguousarray(_single(values)).tobytes()


def _read(data: bytes) -> Floats:
    return np.frombuffer(data, "<f4").astype(np.float64)
