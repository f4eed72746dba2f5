"""Local wall time and calendar parts from UTC, in numpy."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from math import cos, pi, sin
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from keepfit.features.columns import NEVER, Columns, Records, micros_of
from keepfit.features.form import Form, Room, code_type, nowhere, slots
from keepfit.records import Record

Times = NDArray[np.datetime64]
Micros = NDArray[np.int64]
Numbers = NDArray[np.float64]

_QUARTER_US = 15 * 60 * 10**6  # no zone changes its offset between two of these
_FIRST, _LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) // 900 for year in (2, 9999))
_HOUR_US, _DAY_US = 4 * _QUARTER_US, 96 * _QUARTER_US


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
    quarters, where = np.unique(times[known].astype(np.int64) // _QUARTER_US, return_inverse=True)
    offsets = np.array([_offset(quarter, zone) for quarter in quarters.tolist()], np.int64)
    shifted = times.copy()
    shifted[known] += offsets[where].astype("timedelta64[us]")
    return shifted


def local_of(micros: int, zone: str) -> int:
    """The same for one moment in microseconds since 1970, where `NEVER` stays what it is.

    >>> local_of(3_600_000_000, "Europe/Berlin") // 3_600_000_000
    2
    """
    return micros if zone == "UTC" or micros == NEVER else micros + _offset(micros // _QUARTER_US, zone)


@lru_cache(maxsize=1 << 14)
def _offset(quarter: int, zone: str) -> int:
    """What a zone adds to UTC in a quarter of an hour, in microseconds; before the year 2 and after 9998 what then."""
    moment = datetime.fromtimestamp(min(max(quarter, _FIRST), _LAST) * 900, UTC).astimezone(ZoneInfo(zone)).utcoffset()
    return int(moment.total_seconds()) * 10**6 if moment else 0


def _days(wall: Micros) -> Any:
    return wall.view("datetime64[us]").astype("datetime64[D]")


# the place of moments, in local microseconds since 1970, among the values of a part
_OF_ANY: dict[str, Callable[[Any], Any]] = {  # of one as of an array of them
    "hour": lambda wall: wall // _HOUR_US % 24,
    "day_of_week": lambda wall: (wall // _DAY_US + 3) % 7,  # Monday is 0; the epoch was a Thursday
}
_PLACES: dict[str, Callable[[Micros], Any]] = _OF_ANY | {
    "day_of_month": lambda wall: (_days(wall) - _days(wall).astype("datetime64[M]")).astype(np.int64),
    "day_of_year": lambda wall: (_days(wall) - _days(wall).astype("datetime64[Y]")).astype(np.int64),
    "month": lambda wall: _days(wall).astype("datetime64[M]").astype(np.int64) % 12,
}

_FEW = 64  # moments at most of which parts are made one by one
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
    wall = local(times, zone).view(np.int64)
    return np.where(wall == NEVER, np.nan, _PLACES[name](wall) + float(SPANS[name][0]))


class CalendarFeature(Record, frozen=True, kw_only=True, tag="calendar"):
    """A calendar part of a moment, in local time; ``cyclic`` as a point on a circle, so that 23 lies beside 0."""

    column: str
    part: str
    zone: str
    cyclic: bool = False

    def width(self, form: Form) -> int:
        """Matrix columns."""
        if self.on_a_circle(form):
            return 2
        return 1 if form == "codes" else SPANS[self.part][1]

    def on_a_circle(self, form: Form) -> bool:
        """Whether it is a point on a circle in this form."""
        return self.cyclic or (form == "dense" and SPANS[self.part][1] > MOST_COLUMNS)

    def circle(self, form: Form) -> Numbers:
        """The point of each value, and behind them that of a missing one, (values + 1, 2)."""
        count, empty = SPANS[self.part][1], np.nan if form == "codes" else 0.0
        points = [(sin(2 * pi * step / count), cos(2 * pi * step / count)) for step in range(count)]
        return np.array([*points, (empty, empty)])


class Parts(NamedTuple):
    """Of n moments: ``codes`` (n, k) of parts as such, and the place (n,) on the circle of each other one."""

    codes: NDArray[Any]
    circles: Sequence[NDArray[np.int64]]


class CalendarBlock:
    """The calendar parts of an encoding: each feature with the matrix column at which it begins."""

    def __init__(self, form: Form, placed: Sequence[tuple[CalendarFeature, int]]) -> None:
        self._form = form
        self._clocks = list(dict.fromkeys((feature.column, feature.zone) for feature, _ in placed))
        straight = [(each, start) for each, start in placed if not each.on_a_circle(form)]
        starts = [start for _, start in straight]
        self._at = slots(starts)
        firsts = starts if form == "dense" else [SPANS[each.part][0] for each, _ in straight]
        self._straight = [
            (self._clock(each), each.part, first) for (each, _), first in zip(straight, firsts, strict=True)
        ]
        self._round = [
            (self._clock(each), each.part, each.circle(form), slice(start, start + 2))
            for each, start in placed
            if each.on_a_circle(form)
        ]
        self._alone = not self._round and all(part in _OF_ANY for _, part, _ in self._straight)
        self.columns = starts if self._alone else None  # `ShortBlock`

    def _clock(self, feature: CalendarFeature) -> int:
        return self._clocks.index((feature.column, feature.zone))

    def of_records(self, records: Records) -> Parts:
        """Their parts; of a few moments the simple ones are made quicker one by one."""
        walls = [[local_of(micros_of(record.get(name)), zone) for record in records] for name, zone in self._clocks]
        if not self._alone or len(records) > _FEW:
            return self._parts(np.array(walls, np.int64))
        empty = nowhere(self._form)
        codes = [
            [empty if moment == NEVER else _OF_ANY[part](moment) + first for moment in walls[clock]]
            for clock, part, first in self._straight
        ]
        return Parts(np.array(codes, code_type(self._form)).T, ())

    def of_record(self, record: Mapping[str, Any]) -> list[Any]:
        """The simple parts of one moment, in the form of trees."""
        walls = [local_of(micros_of(record.get(name)), zone) for name, zone in self._clocks]
        return [
            None if walls[clock] == NEVER else _OF_ANY[part](walls[clock]) + first
            for clock, part, first in self._straight
        ]

    def of_columns(self, columns: Columns) -> Callable[[slice], Parts]:
        """The parts of some rows of a table."""
        walls = [local(cast(Times, columns[name]), zone).view(np.int64) for name, zone in self._clocks]
        return lambda rows: self._parts(np.array([wall[rows] for wall in walls]))

    def _parts(self, walls: Micros) -> Parts:
        never, empty = walls == NEVER, nowhere(self._form)
        codes = np.empty((walls.shape[1], len(self._straight)), code_type(self._form))
        for place, (clock, part, first) in enumerate(self._straight):
            codes[:, place] = np.where(never[clock], empty, _PLACES[part](walls[clock]) + first)
        circles = [
            np.where(never[clock], len(circle) - 1, _PLACES[part](walls[clock]))
            for clock, part, circle, _ in self._round
        ]
        return Parts(codes, circles)

    def fill(self, parts: Parts, room: Room) -> None:
        """Trees get the number; others a column for each value, and days of the year their place on a circle."""
        if self._straight:
            room.code(self._form, self._at, parts.codes)
        for places, (_, _, circle, at) in zip(parts.circles, self._round, strict=True):
            room.rows[:, at] = circle[places]
