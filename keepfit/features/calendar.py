"""Local wall time and calendar parts from UTC, in numpy."""

from datetime import UTC, datetime
from math import cos, pi, sin
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from keepfit.features.form import Form
from keepfit.records import Record

Times = NDArray[np.datetime64]
Numbers = NDArray[np.float64]

_QUARTER_US = 15 * 60 * 10**6  # no zone changes its offset between two of these


def local(times: Times, zone: str) -> Times:
    """Wall-clock time in ``zone``.

    Parameters
    ----------
    times : (n,) datetime64[us], UTC; NaT stays NaT.
    zone : an IANA name.

    Examples
    --------
    >>> local(np.array(["2013-07-01T12:30"], "datetime64[us]"), "America/New_York").astype("datetime64[m]")
    array(['2013-07-01T08:30'], dtype='datetime64[m]')
    """
    if zone == "UTC":
        return times
    known = ~np.isnat(times)
    quarter_of = times[known].astype(np.int64) // _QUARTER_US
    one = quarter_of.size == 1  # a lone record: np.unique takes as long as all the rest
    quarters, where = (quarter_of, slice(None)) if one else np.unique(quarter_of, return_inverse=True)
    info = ZoneInfo(zone)
    offsets = np.array([_offset(quarter, info) for quarter in quarters.tolist()], dtype="timedelta64[s]")
    shifted = times.copy()
    shifted[known] += offsets[where].astype("timedelta64[us]")
    return shifted


def _offset(quarter: int, info: ZoneInfo) -> int:
    moment = datetime.fromtimestamp(quarter * 900, UTC).astimezone(info).utcoffset()
    return int(moment.total_seconds()) if moment else 0


def _hour(wall: Times) -> Any:
    return wall.astype("datetime64[h]") - wall.astype("datetime64[D]")


def _day_of_week(wall: Times) -> Any:
    return (wall.astype("datetime64[D]").astype(np.int64) + 3) % 7  # Monday is 0; the epoch was a Thursday


def _day_of_month(wall: Times) -> Any:
    return (wall.astype("datetime64[D]") - wall.astype("datetime64[M]")).astype(np.int64) + 1


def _day_of_year(wall: Times) -> Any:
    return (wall.astype("datetime64[D]") - wall.astype("datetime64[Y]")).astype(np.int64) + 1


def _month(wall: Times) -> Any:
    return wall.astype("datetime64[M]").astype(np.int64) % 12 + 1


_PARTS = {
    "hour": _hour,
    "day_of_week": _day_of_week,
    "day_of_month": _day_of_month,
    "day_of_year": _day_of_year,
    "month": _month,
}

MOST_COLUMNS = 31  # of a calendar part with more values linear models get the place on a circle

# smallest value and number of values of each part
SPANS = {"hour": (0, 24), "day_of_week": (0, 7), "day_of_month": (1, 31), "day_of_year": (1, 366), "month": (1, 12)}


def part(name: str, times: Times, zone: str) -> Numbers:
    """One calendar part of each moment, in local time; NaN where there is no moment.

    Examples
    --------
    >>> part("hour", np.array(["2013-07-01T12:30", "NaT"], "datetime64[us]"), "America/New_York")
    array([ 8., nan])
    """
    return _part_of(name, local(times, zone))


def _part_of(name: str, wall: Times) -> Numbers:
    return np.where(np.isnat(wall), np.nan, _PARTS[name](wall).astype(np.float64))


class CalendarFeature(Record, frozen=True, kw_only=True, tag="calendar"):
    """A calendar part of a moment, in local time; ``cyclic`` as a point on a circle, so that 23 lies beside 0."""

    column: str
    part: str
    zone: str
    cyclic: bool = False

    def width(self, form: Form) -> int:
        """Matrix columns."""
        if self._on_a_circle(form):
            return 2
        return 1 if form == "codes" else SPANS[self.part][1]

    def fill(self, form: Form, wall: Times, out: Numbers) -> None:
        """Trees get the number; others a column for each value, and days of the year their place on a circle."""
        first, count = SPANS[self.part]
        values = _part_of(self.part, wall)
        if self._on_a_circle(form):
            empty = np.nan if form == "codes" else 0.0
            circle = [(sin(2 * pi * step / count), cos(2 * pi * step / count)) for step in range(count)]
            out[:] = np.array([*circle, (empty, empty)])[np.where(np.isnan(values), count, values - first).astype(int)]
        elif form == "codes":
            out[:, 0] = values
        else:
            known = np.flatnonzero(~np.isnan(values))
            out[known, values[known].astype(int) - first] = 1.0

    def _on_a_circle(self, form: Form) -> bool:
        return self.cyclic or (form == "dense" and SPANS[self.part][1] > MOST_COLUMNS)
