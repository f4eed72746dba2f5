"""How labels differ from answers, by day and bin of every column: sums that can be added up, of any number of rows.

A residual is what came less what the model expected: 1 or 0 less a probability, or a value less a prediction. Where
labels follow the inputs as ever, residuals have the same mean at the same place of any column, whatever inputs come.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.monitor.bins import Bins

Floats = NDArray[np.float64]
Days = NDArray[np.int64]


class Residuals(NamedTuple):
    """Sums of labelled rows over d days and c classes (one where there are two, or values).

    ``days`` (d,) since 1970, rising; ``rows`` (d,); ``sums`` (d, c) of residuals, ``squares`` of their squares;
    ``moments`` (d, c, 4) of answers, their squares, labels, and labels times answers. By column: rows by day and bin
    (d, k), and sums of residuals (d, k, c).
    """

    days: Days
    rows: Floats
    sums: Floats
    squares: Floats
    moments: Floats
    binned: Mapping[str, tuple[Floats, Floats]]


def residuals_of(
    bins: Mapping[str, Bins], columns: Mapping[str, Any], days: Days, labels: Any, answers: Any
) -> Residuals:
    """The sums of rows: ``days`` and ``labels`` (n,), ``answers`` (n, k) or (n,); what is no number does not count.

    >>> answers = np.array([[0.5, 0.5], [0.1, 0.9], [0.1, 0.9]])
    >>> made = residuals_of({"a": Bins(kind="number", edges=(1.0,))}, {"a": np.array([0.0, 1.0, 2.0])},
    ...                     np.array([5, 5, 6]), np.array([1, 1, 0]), answers)
    >>> made.days.tolist(), made.sums.round(3).tolist(), made.binned["a"][0].tolist()
    ([5, 6], [[0.6], [-0.9]], [[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    """
    came, said = _sides(labels, answers)
    sound = np.isfinite(came).all(axis=1) & np.isfinite(said).all(axis=1)
    came, said = came[sound], said[sound]
    known, place = np.unique(np.asarray(days)[sound], return_inverse=True)
    off = came - said
    moments = np.stack([said, said**2, came, came * said], axis=-1)
    binned = {}
    for name, each in bins.items():
        if name in columns:
            flat = place * each.count + each.places(columns[name])[sound]
            cells = known.size * each.count
            rows = np.bincount(flat, minlength=cells).reshape(known.size, each.count).astype(np.float64)
            binned[name] = rows, _summed(flat, off, cells).reshape(known.size, each.count, off.shape[1])
    return Residuals(
        known.astype(np.int64),
        np.bincount(place, minlength=known.size).astype(np.float64),
        _summed(place, off, known.size),
        _summed(place, off**2, known.size),
        _summed(place, moments.reshape(len(off), 4 * off.shape[1]), known.size).reshape(known.size, off.shape[1], 4),
        binned,
    )


def _sides(labels: Any, answers: Any) -> tuple[Floats, Floats]:
    """What came and what was said, (n, c) each."""
    given = np.asarray(answers, np.float64)
    if given.ndim == 1:
        return np.asarray(labels, np.float64)[:, None], given[:, None]
    came = (np.asarray(labels)[:, None] == np.arange(given.shape[1])).astype(np.float64)
    return (came[:, 1:], given[:, 1:]) if given.shape[1] == 2 else (came, given)


def _summed(place: NDArray[np.intp], values: Floats, count: int) -> Floats:
    """Sums of columns (n, c) by place, (count, c)."""
    found = [np.bincount(place, column, count) for column in values.T]
    return np.stack(found, axis=-1).astype(np.float64)


def added(parts: Iterable[Residuals]) -> Residuals:
    """Parts as if their rows had been summed at once; at least one part.

    >>> one = residuals_of({}, {}, np.array([3]), np.array([2.0]), np.array([1.5]))
    >>> other = residuals_of({}, {}, np.array([2, 3]), np.array([1.0, 1.0]), np.array([1.0, 2.0]))
    >>> added([one, other]).sums.tolist()
    [[0.0], [-0.5]]
    """
    given = list(parts)
    days = np.unique(np.concatenate([each.days for each in given]))
    names = set(given[0].binned).intersection(*(each.binned for each in given))

    def sum_of(arrays: list[Floats]) -> Floats:
        total = np.zeros((days.size, *arrays[0].shape[1:]))
        for each, array in zip(given, arrays, strict=True):
            total[np.searchsorted(days, each.days)] += array
        return total

    pairs = ({name: each.binned[name] for name in sorted(names)} for each in given)
    by_name = [*pairs]
    return Residuals(
        days,
        sum_of([each.rows for each in given]),
        sum_of([each.sums for each in given]),
        sum_of([each.squares for each in given]),
        sum_of([each.moments for each in given]),
        {
            n: (sum_of([each[n][0] for each in by_name]), sum_of([each[n][1] for each in by_name]))
            for n in sorted(names)
        },
    )


def within_days(found: Residuals, name: str) -> tuple[Floats, Floats]:
    """Rows by day and bin (d, k), and sums (d, k, c) of residuals less the mean of their day.

    A day on which everything comes late moves all places of a column alike, and says nothing of how labels follow it.
    """
    rows, sums = found.binned[name]
    mean = found.sums / np.maximum(found.rows, 1.0)[:, None]
    return rows, sums - rows[:, :, None] * mean[:, None, :]


def variance(found: Residuals) -> Floats:
    """The variance of residuals about the mean of their day, (c,)."""
    within = found.squares - found.sums**2 / np.maximum(found.rows, 1.0)[:, None]
    degrees = np.maximum(found.rows - 1.0, 0.0).sum()
    return np.asarray(within.sum(axis=0) / max(degrees, 1.0))


def slope(found: Residuals) -> float:
    """How labels follow answers within days: 1 where a model is calibrated, 0 where they have nothing in common.

    The slope of a regression of what came on what was said (Cox 1958, Biometrika 45; Mincer & Zarnowitz 1969), over
    all classes; NaN where all answers of each day are equal.

    >>> days, said = np.array([1, 1, 2, 2]), np.array([0.0, 1.0, 5.0, 7.0])
    >>> slope(residuals_of({}, {}, days, 3 + 0.5 * said, said))
    0.5
    """
    said, squares, came, both = (found.moments[..., place] for place in range(4))
    rows = np.maximum(found.rows, 1.0)[:, None]
    together, alone = (both - said * came / rows).sum(), (squares - said**2 / rows).sum()
    return float(together / alone) if alone > 1e-12 * max(float(squares.sum()), 1e-300) else float("nan")
