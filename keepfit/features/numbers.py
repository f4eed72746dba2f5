"""Numbers, and numbers made of two columns."""

from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from keepfit.features.columns import Columns
from keepfit.features.form import Form
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

    def fill(self, form: Form, values: Numbers, out: Numbers) -> None:
        """Trees get the number as it is, others a scaled one and, where training needed it, whether it is missing."""
        if form == "codes":
            out[:, 0] = values
            return
        known = np.isfinite(values)
        whole = values if known.all() else np.where(known, values, self.center)
        with np.errstate(over="ignore"):
            scaled = (whole - self.center) / self.scale
        out[:, 0] = scaled if self.limit is None else np.minimum(np.maximum(scaled, -self.limit), self.limit)
        if self.flag:
            out[:, 1] = ~known


def fit_number(name: str, values: Numbers) -> NumberFeature:
    """Median and scale of the training values; see `scale_of`."""
    known = values[np.isfinite(values)]
    center = float(np.median(known)) if known.size else 0.0
    flag = known.size < values.size
    return NumberFeature(column=name, center=center, scale=scale_of(known), flag=flag, limit=LIMIT)


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
