"""Local wall time and calendar parts from UTC, in numpy."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.datetime64]
Numbers = NDArray[np.float64]

_QUARTER = np.timedelta64(15, "m").astype("timedelta64[us]")  # no zone changes its offset between two of these


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
    quarters, where = np.unique(times[known].astype(np.int64) // _QUARTER.astype(np.int64), return_inverse=True)
    info = ZoneInfo(zone)
    offsets = np.array(
        [_offset(int(quarter), info) for quarter in quarters],
        dtype="timedelta64[s]",
    )
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

# smallest value and number of values of each part
SPANS = {"hour": (0, 24), "day_of_week": (0, 7), "day_of_month": (1, 31), "day_of_year": (1, 366), "month": (1, 12)}


def part(name: str, times: Times, zone: str) -> Numbers:
    """One calendar part of each moment, in local time; NaN where there is no moment.

    Examples
    --------
    >>> part("hour", np.array(["2013-07-01T12:30", "NaT"], "datetime64[us]"), "America/New_York")
    array([ 8., nan])
    """
    known = ~np.isnat(times)
    values = np.full(times.shape, np.nan)
    values[known] = _PARTS[name](local(times[known], zone)).astype(np.float64)
    return values
