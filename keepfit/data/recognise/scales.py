"""Whether a column is measured in another unit than before.

Columns with few distinct values are compared value by value: values that are those of earlier files are in their unit,
and values that become them by a known conversion were converted by it, whatever the season. Others are compared by
their 5 %, 10 %, …, 95 % quantiles (of the numbers that are not zero, where most are): how far two files of the past
were apart, in units of their spread, says what is usual; another unit brings an unusual column back to where it was.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from keepfit.config.units import UNITS, conversion, unit
from keepfit.profile import ColumnProfile
from keepfit.profile.read import weights

_STEPS = np.arange(1, 20) / 20
_FEWEST = 50  # numbers, and
_DISTINCT = 5  # different quantiles: less says nothing about a scale
_USUAL = 0.4  # of the spread: what two files may be apart where no history says so
_CLEARER = 3.0  # how much nearer another unit must bring a column
_NEAR = 1.15  # times: how far the ratio of two files may be from that of two units
_FIT = 0.03  # of the spread: how well a factor of no known unit must fit
_SAME = 0.5  # share of rows with values of earlier files, from which on the unit is what it was
_TURNED = 0.5  # and share of rows that a conversion must turn into values of earlier files, twice as many as without
_DIGITS = 1e-6  # relative: as exact as numbers are written
# What is confused in practice, where no contract names the unit.
_PAIRS = (
    ("mile", "km"), ("foot", "m"), ("inch", "cm"), ("inch", "mm"), ("yard", "m"), ("nautical mile", "km"),
    ("pound", "kg"), ("ounce", "g"), ("°F", "°C"), ("°C", "K"), ("mph", "km/h"), ("m/s", "km/h"), ("knot", "km/h"),
    ("share", "percent"), ("minute", "hour"), ("second", "minute"), ("hour", "day"), ("km", "m"), ("m", "cm"),
    ("second", "ms"), ("second", "hour"), ("gallon (US)", "litre"), ("inHg", "hPa"), ("psi", "bar"), ("kcal", "kJ"),
    ("mph", "m/s"), ("knot", "m/s"), ("knot", "mph"),
)  # fmt: skip

Quantiles = np.ndarray[Any, np.dtype[np.float64]]


class Change(NamedTuple):
    """``new = old * factor + offset``; ``source`` and ``target`` are units, "" where the contract names none.

    ``distance`` says how badly it fits, 0 to about 1.
    """

    factor: float
    offset: float
    source: str
    target: str
    distance: float


def change(earlier: Sequence[ColumnProfile], new: ColumnProfile, known: str | None) -> Change | None:
    """The other scale that a column has now; None where it has none, or nobody could tell.

    Parameters
    ----------
    earlier
        The column in earlier files, oldest first.
    known
        The unit of the contract.
    """
    if not all(_is_number(each) for each in (*earlier, new)):
        return None
    candidates = list(_candidates(known))
    before, now = _values(earlier), _values([new])
    if before is not None and now is not None and len(now.at):
        same = _share(now, before.at)
        if same >= _SAME:
            return None
        turned = [(_share(_back(now, each), before.at), each) for each in candidates]
        share, found = max(turned, key=lambda pair: pair[0])
        if share >= max(_TURNED, 2 * same) and len(now.at) >= _DISTINCT:
            return found._replace(distance=1 - share)
    return _by_quantiles(earlier, new, candidates)


def _is_number(column: ColumnProfile) -> bool:
    return column.numbers is not None and column.texts is None and column.kind != "bool"


class _Values(NamedTuple):
    """Distinct numbers (k,) in order, without zero, which is zero in most units; and the rows of each (k,)."""

    at: Quantiles
    rows: Quantiles


def _values(columns: Sequence[ColumnProfile]) -> _Values | None:
    """The distinct numbers of columns; None where there are too many of them to be known."""
    pairs = [weights(each.numbers, whole=False) for each in columns if each.numbers is not None and each.numbers.table]
    if len(pairs) < len(columns):
        return None
    at, place = np.unique(np.concatenate([values for values, _ in pairs]), return_inverse=True)
    rows = np.bincount(place, np.concatenate([rows for _, rows in pairs]), len(at))
    return _Values(at[at != 0], rows[at != 0])


def _share(now: _Values, before: Quantiles) -> float:
    """Share of the rows whose number is one of those before."""
    if not len(before):
        return 0.0
    after = (
        np.clip(np.searchsorted(before, now.at), 1, len(before) - 1) if len(before) > 1 else np.zeros(len(now.at), int)
    )
    nearest = np.minimum(np.abs(before[after] - now.at), np.abs(before[after - 1] - now.at))
    return float(now.rows[nearest <= _DIGITS * (1 + np.abs(now.at))].sum() / now.rows.sum())


def _back(now: _Values, scale: Change) -> _Values:
    return _Values((now.at - scale.offset) / scale.factor, now.rows)


def _by_quantiles(earlier: Sequence[ColumnProfile], new: ColumnProfile, candidates: Sequence[Change]) -> Change | None:
    past = [each for each in map(quantiles, earlier) if each is not None]
    now = quantiles(new)
    if not past or now is None:
        return None
    spread = float(np.median([np.ptp(each) for each in past]))
    away, usual = _apart(past, now, spread), _usual(past, spread)
    if away <= usual:
        return None
    found = [
        each._replace(distance=_apart([each.factor * x + each.offset for x in past], now, each.factor * spread))
        for each in candidates
    ]
    best = min(found, key=lambda each: (each.distance, not each.target, each.target))
    if best.distance <= usual and away >= _CLEARER * best.distance and _near(best, past, now):
        return best
    return _by_any_factor(past[-1], now)


def quantiles(column: ColumnProfile) -> Quantiles | None:
    """The 19 quantiles of a column of numbers; None where there are too few numbers, or too few different ones."""
    if column.numbers is None:
        return None
    values, counts = weights(column.numbers, whole=False)
    zero = values == 0
    if 2 * counts[zero].sum() > counts.sum():
        values, counts = values[~zero], counts[~zero]
    if counts.sum() < _FEWEST:
        return None
    at = np.searchsorted(np.cumsum(counts), _STEPS * counts.sum())
    found: Quantiles = values[np.minimum(at, len(values) - 1)]
    return found if len(np.unique(found)) >= _DISTINCT else None


def _apart(past: Sequence[Quantiles], now: Quantiles, spread: float) -> float:
    """How far a file is from the nearest of the earlier ones, in units of the usual spread."""
    return min(float(np.max(np.abs(each - now))) / spread for each in past)


def _usual(past: Sequence[Quantiles], spread: float) -> float:
    """How far a file was from those before it, at most; with some room, and never less than a fixed share."""
    steps = [_apart(past[:index], past[index], spread) for index in range(1, len(past))]
    return max([1.5 * max(steps, default=0.0), _USUAL])


def _candidates(known: str | None) -> Iterator[Change]:
    """What could have happened: from the contract's unit to others, or a ratio of what is confused in practice.

    Without a unit that is known nobody can say which pair of units a ratio comes from, so none is named.
    """
    here = unit(known) if known is not None else None
    pairs = [pair for one, other in _PAIRS for pair in ((one, other), (other, one))]
    if here is not None and known is not None:
        pairs = [(known, name) for name, other in UNITS.items() if other.dimension == here.dimension]
    for source, target in pairs:
        found = conversion(source, target)
        if found is not None:
            named = (source, target) if here is not None else ("", "")
            yield Change(found.by / found.over, found.add / found.over, *named, 0.0)
    for size in (10.0, 100.0, 1000.0, 1e6):
        yield Change(size, 0.0, "", "", 0.0)
        yield Change(1 / size, 0.0, "", "", 0.0)


def _near(scale: Change, past: Sequence[Quantiles], now: Quantiles) -> bool:
    """Whether the ratio to one of the earlier files is about that of the scale; with an offset the ratio says nothing.

    What lies between two units, as 1.7 times between kg and pound, must not be taken for one of them.
    """
    ratios = [_ratio(each, now) / scale.factor for each in past]
    return bool(scale.offset) or any(1 / _NEAR < ratio < _NEAR for ratio in ratios)


def _ratio(last: Quantiles, now: Quantiles) -> float:
    """The factor that turns one into the other best, by least squares."""
    return float(np.sum(last * now) / np.sum(last * last))


def _by_any_factor(last: Quantiles, now: Quantiles) -> Change | None:
    """A constant factor that nobody knows a unit for: only where it fits closely and is far from one."""
    factor = _ratio(last, now)
    spread = float(np.ptp(now))
    if factor <= 0 or spread == 0 or abs(math.log(factor)) < math.log(1.3):
        return None
    distance = float(np.max(np.abs(factor * last - now))) / spread
    return Change(factor, 0.0, "", "", distance) if distance <= _FIT else None
