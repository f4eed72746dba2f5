"""Which period a row belongs to: the one that contains the row's event time as that period itself reads it."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from msgspec.structs import replace

from keepfit.data.convert import Cells
from keepfit.data.mapping.cells import cells
from keepfit.data.mapping.options import Options, Period, Reading
from keepfit.data.times import shown_time

if TYPE_CHECKING:
    import pyarrow as pa

_ENDLESS = np.iinfo(np.int64)


class Assigned(NamedTuple):
    """For n rows the number of the period, or -1; and for those without one why (by row)."""

    period: "np.ndarray[Any, Any]"
    reasons: dict[int, str]


class _Read(NamedTuple):
    """The event times of n rows as one period reads them (microseconds), and which of them lie in that period."""

    at: "np.ndarray[Any, Any]"
    there: "np.ndarray[Any, Any]"
    inside: "np.ndarray[Any, Any]"
    cells: Cells | None
    name: str


def assigned(raw: "pa.Table", options: Options) -> Assigned:
    """The period of every row; a row that fits none or two has a reason that says what each period read."""
    if len(options.periods) == 1 and options.periods[0].since is None:
        return Assigned(np.zeros(raw.num_rows, np.int64), {})
    read = list(_readings(raw, options))
    fits = np.array([each.inside for each in read])
    count = fits.sum(axis=0)
    period = np.where(count == 1, fits.argmax(axis=0), -1)
    reasons = {int(row): _why(int(row), int(count[row]), read, options) for row in np.flatnonzero(period < 0)}
    return Assigned(period, reasons)


def event_time_reading(period: Period, options: Options) -> Reading:
    """How a period reads the event time; as a time, whatever else the source says of its type."""
    name = options.event_time or ""
    how = period.columns.get(name)
    return replace(how, kind="time") if how else Reading(name=name, kind="time", zone=options.zone)


def _readings(raw: "pa.Table", options: Options) -> "Any":
    done: list[tuple[Reading, Cells]] = []
    ends = [_micros(period.since) for period in options.periods[1:]] + [_ENDLESS.max]
    for period, end in zip(options.periods, ends, strict=True):
        reading = event_time_reading(period, options)
        if reading.name not in raw.column_names:
            none = np.zeros(raw.num_rows, bool)
            yield _Read(np.zeros(raw.num_rows, np.int64), none, none, None, reading.name)
            continue
        found = next((cells_ for other, cells_ in done if other == reading), None)
        if found is None:
            found = cells(raw.column(reading.name), reading)
            done.append((reading, found))
        yield _inside(found, period, end, reading.name)


def _inside(found: Cells, period: Period, end: int, name: str) -> _Read:
    import pyarrow as pa
    import pyarrow.compute as pc

    there = np.array(pc.is_valid(found.values).to_numpy(zero_copy_only=False))
    at = pc.fill_null(found.values.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    start = _ENDLESS.min if period.since is None else _micros(period.since)
    return _Read(at, there, there & (at >= start) & (at < end), found, name)


def _micros(moment: datetime | None) -> int:
    import pyarrow as pa

    return int(pa.scalar(moment, pa.timestamp("us", tz="UTC")).value)


def _why(row: int, count: int, read: Sequence[_Read], options: Options) -> str:
    said = [_said(row, each) for each in read]
    others = {each.name for each in read if each.cells is not None} - {options.event_time}
    column = f" (column {others.pop()})" if len(others) == 1 else ""
    if not count and len(set(said)) == 1 and not read[0].there[row]:
        return said[0] + column
    parts = [f"{called(period, options)}: {text}" for period, text in zip(options.periods, said, strict=True)]
    return f"{'fits two periods' if count else 'fits no period'} ({'; '.join(parts)}){column}"


def called(period: Period, options: Options) -> str:
    """A period as a person names it.

    >>> called(Period(since=None, columns={}), Options(types={}, zone="UTC", event_time=None))
    'from the beginning'
    """
    from zoneinfo import ZoneInfo

    if period.since is None:
        return "from the beginning"
    return f"from {period.since.astimezone(ZoneInfo(options.zone)):%Y-%m-%d %H:%M}".removesuffix(" 00:00")


def _said(row: int, read: _Read) -> str:
    if read.cells is None:
        return f"no column {read.name}"
    if read.there[row]:
        return shown_time(int(read.at[row]))
    reason = read.cells.reasons[row].as_py() if read.cells.reasons is not None else None
    return reason or "missing"
