"""Numbers, and numbers made of two columns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from keepfit.features.columns import Columns, Records, from_records, numbers_of, row_count, slice_rows, values_of
from keepfit.features.form import Form, Room, slots
from keepfit.records import Record

Numbers = NDArray[np.float64]
How = Literal["ratio", "difference", "hours_between"]

LIMIT = 10.0  # scales from the center, beyond which a number says no more in the dense form
HEAVY = 3.0  # so many times the quartiles' scale makes a standard deviation one of outliers
_NORMAL = 1.349  # quartiles of a normal distribution are so many standard deviations apart
_TAIL = 0.001


class NumberFeature(Record, frozen=True, kw_only=True, tag="number"):
    """A number; ``center`` and ``scale`` serve the dense form, ``flag`` says that training saw missing values.

    ``limit`` (None in versions from before there was one) is how far a scaled number may be from zero.
    """

    column: str
    center: float
    scale: float
    flag: bool
    limit: float | None = None

    def width(self, form: Form) -> int:
        """Matrix columns."""
        return 1 + (form == "dense" and self.flag)


def fit_number(name: str, values: Numbers) -> NumberFeature:
    """Median and scale of the training values; see `scale_of`."""
    known = values[np.isfinite(values)]
    center = _median(known) if known.size else 0.0
    flag = known.size < values.size
    return NumberFeature(column=name, center=center, scale=scale_of(known), flag=flag, limit=LIMIT)


def _median(known: Numbers) -> float:
    """The middle; where it is between two whose sum is no number of 64 bits, of their halves."""
    with np.errstate(over="ignore"):
        middle = float(np.median(known))
    return middle if np.isfinite(middle) else 2.0 * float(np.median(known / 2.0))


def scale_of(known: Numbers) -> float:
    """The standard deviation, but that of the quartiles (IQR / 1.349) where outliers make the former 3 times larger.

    Where half of the values are equal there are no such quartiles: then the standard deviation of values drawn in to
    the quantiles 0.1% and 99.9%, and to the second smallest and second largest at least.

    >>> [round(scale_of(np.array([1.0, 2.0, 3.0, 4.0, last])), 3) for last in (5.0, 1e300)]
    [1.414, 1.483]
    """
    if not known.size:
        return 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        spread = float(np.std(known))
        low, high = (float(end) for end in np.quantile(known, (0.25, 0.75), method="nearest"))
        robust = high / _NORMAL - low / _NORMAL
        if np.isfinite(spread) and spread <= HEAVY * robust:
            return spread or 1.0
        if robust > 0:
            return robust if np.isfinite(robust) else float(np.finfo(np.float64).max)
        least = np.quantile(known, _TAIL, method="higher")
        most = np.quantile(known, 1 - _TAIL, method="lower")
        spread = float(np.std(np.clip(known, min(least, most), max(least, most))))
    return spread if spread > 0 and np.isfinite(spread) else 1.0


class Computed(Record, frozen=True, kw_only=True):
    """A number made of two columns: a ratio or a difference of numbers, or the hours between two times."""

    name: str
    how: How
    of: tuple[str, str]

    def values(self, columns: Columns) -> Numbers:
        """(n,); what is no finite number, as a ratio to zero, is missing."""
        first, second = (cast(Any, columns[name]) for name in self.of)
        with np.errstate(all="ignore"):
            match self.how:
                case "ratio":
                    made = first / second
                case "difference":
                    made = first - second
                case "hours_between":
                    made = (second - first) / np.timedelta64(1, "h")
        return np.where(np.isfinite(made), made, np.nan)


class NumberBlock:
    """The numbers of an encoding, made in one go: each feature with the matrix column at which it begins."""

    def __init__(
        self, form: Form, placed: Sequence[tuple[NumberFeature, int]], computed: Mapping[str, Computed]
    ) -> None:
        placed = sorted(placed, key=lambda pair: pair[0].column in computed)  # raw ones first
        features = [feature for feature, _ in placed]
        self._dense = form == "dense"
        self._names = [each.column for each in features if each.column not in computed]
        self._computed = [computed[each.column] for each in features if each.column in computed]
        self._inputs = inputs(self._computed)
        self.columns = None if self._computed else [start for _, start in placed]  # `ShortBlock`
        self._at = slots([start for _, start in placed])
        # (1, k): numpy takes a shorter way where one record meets numbers of its own shape
        self._center = np.array([[each.center for each in features]])
        self._scale = np.array([[each.scale for each in features]])
        self._most = np.array([[np.inf if each.limit is None else each.limit for each in features]])
        self._least = -self._most
        self._flagged = np.array([place for place, each in enumerate(features) if each.flag], np.intp)
        self._flags_at = slots([start + 1 for each, start in placed if each.flag])

    def of_records(self, records: Records) -> Numbers:
        """Their numbers, (n, k)."""
        plain = numbers_of(values_of(records, self._names)).reshape(len(records), len(self._names))
        return self._with_computed(plain, from_records(records, self._inputs)) if self._computed else plain

    def of_record(self, record: Mapping[str, Any]) -> list[Any]:
        """Of one record, in the form of trees."""
        return [record.get(name) for name in self._names]

    def of_columns(self, columns: Columns) -> Callable[[slice], Numbers]:
        """The numbers of some rows of a table."""

        def of_rows(rows: slice) -> Numbers:
            part = slice_rows(columns, rows)
            plain = np.empty((row_count(part), len(self._names)))
            for place, name in enumerate(self._names):
                plain[:, place] = cast(Numbers, part[name])
            return self._with_computed(plain, part) if self._computed else plain

        return of_rows

    def _with_computed(self, plain: Numbers, columns: Columns) -> Numbers:
        return np.column_stack([plain, *(each.values(columns) for each in self._computed)])

    def fill(self, values: Numbers, room: Room) -> None:
        """Trees get the numbers as they are, others scaled ones, with flags of what is missing."""
        room.rows[:, self._at] = self._scaled(values, room.rows) if self._dense else values

    def _scaled(self, values: Numbers, out: Numbers) -> Numbers:
        known = np.isfinite(values)
        if np.count_nonzero(known) < known.size:
            out[:, self._flags_at] = ~known.take(self._flagged, axis=1)
            values = np.where(known, values, self._center)
        with np.errstate(over="ignore"):
            scaled: Numbers = np.subtract(values, self._center)
            np.divide(scaled, self._scale, out=scaled)
        np.minimum(np.maximum(scaled, self._least, out=scaled), self._most, out=scaled)
        return scaled


def inputs(computed: Iterable[Computed]) -> dict[str, str]:
    """The columns that are read for these, and as what."""
    return {column: "time" if each.how == "hours_between" else "number" for each in computed for column in each.of}
