"""Texts as times: by ISO 8601 or by declared formats, all distinct texts of a column at once.

A time carries its offset or is read in the zone that is declared. Of two equal wall-clock times in autumn it is the
earlier one; one that spring skips does not exist. A date alone is its midnight. What is finer than a microsecond is
cut off.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from keepfit.config.time_format import ISO, MONTHS, TimeFormat, time_format

if TYPE_CHECKING:
    import pyarrow as pa

_SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = -62_135_596_800 * _SECOND, 253_402_300_800 * _SECOND  # years 1 to 9999, which Python's datetime has
# From 2037 on Arrow knows no summer time (its zones end where the tables of the time zone data base do).
LAST_KNOWN = 2_114_380_800 * _SECOND
_SINCE_1970 = {"epoch_seconds": _SECOND, "epoch_milliseconds": 1000}


class Times(NamedTuple):
    """What n texts say by one format: microseconds in UTC, and where they fit.

    ``shaped`` are those that are written so, ``skipped`` those of them at which the clocks of the zone never stood.
    """

    at: "np.ndarray[Any, Any]"
    fits: "np.ndarray[Any, Any]"
    shaped: "np.ndarray[Any, Any]"
    skipped: "np.ndarray[Any, Any]"


def times(
    words: "pa.Array", formats: Sequence[str], zone: str, years_from: int | None
) -> "tuple[pa.Array, list[str | None] | None]":
    """The times that n texts (no nulls) say, null where one does not fit, and the n reasons, or None if all do.

    A text that two formats read as different moments is ambiguous, and refused.
    """
    import pyarrow as pa

    at_once = _iso_at_once(words, zone) if tuple(formats) == ("iso",) else None
    if at_once is not None:
        return at_once, None
    read = {name: _read(words, name, zone, years_from) for name in formats}
    at, found, twice = np.zeros(len(words), np.int64), np.zeros(len(words), bool), np.zeros(len(words), bool)
    for each in read.values():
        twice |= found & each.fits & (each.at != at)
        at = np.where(each.fits & ~found, each.at, at)
        found |= each.fits
    good = found & ~twice
    values = pa.array(at, pa.int64(), mask=~good).cast(pa.timestamp("us", tz="UTC"))
    reasons: list[str | None] = [None] * len(words)
    for index in np.flatnonzero(~good):
        reasons[index] = f"{quoted(words[int(index)].as_py())} {_why(read, int(index), zone)}"
    return values, reasons


def _why(read: "Mapping[str, Times]", index: int, zone: str) -> str:
    """What is wrong with a text that no format fits, or that two do."""
    fitting = [f"{shown_time(each.at[index])} by {name}" for name, each in read.items() if each.fits[index]]
    if fitting:
        return f"is ambiguous: {', '.join(fitting)}"
    if any(each.skipped[index] for each in read.values()):
        return f"does not exist in {zone}"
    if any(each.shaped[index] for each in read.values()):
        return "is no moment that a calendar and a clock have"
    if list(read) == ["iso"]:
        return "is not an ISO 8601 time"
    return f"is not a time as {' or '.join(read)} {'writes' if len(read) == 1 else 'write'} it"


def _iso_at_once(words: "pa.Array", zone: str) -> "pa.Array | None":
    """Texts that all have the usual form, all with an offset or all without; anything else is for the careful way."""
    import pyarrow as pa
    import pyarrow.compute as pc

    usual = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,6})?"
    instant = pa.timestamp("us", tz="UTC")
    try:
        if pc.all(pc.match_substring_regex(words, usual + "(?:Z|[+-][0-9]{2}:[0-9]{2})$")).as_py():
            at = words.cast(instant)
        elif pc.all(pc.match_substring_regex(words, usual + "$")).as_py():
            at = at_zone(words.cast(pa.timestamp("us")), zone)
        else:
            return None
    except pa.ArrowInvalid:  # no day of the calendar; a time that spring skips
        return None
    ends = pc.min_max(at.cast(pa.int64()))
    return at if ends["min"].as_py() >= _FIRST and ends["max"].as_py() < _LAST else None


def at_zone(clock: "pa.Array | pa.ChunkedArray", zone: str) -> "pa.Array | pa.ChunkedArray":
    """Wall-clock times of a zone as UTC.

    Raises
    ------
    pyarrow.ArrowInvalid
        One does not exist there, or is so late that Arrow does not know the zone.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    latest = pc.max(clock.cast(pa.int64())).as_py()
    if latest is not None and latest >= LAST_KNOWN and zone != "UTC":
        raise pa.ArrowInvalid("too late for Arrow")
    return pc.assume_timezone(clock, zone, ambiguous="earliest").cast(pa.timestamp("us", tz="UTC"))


def quoted(value: Any) -> str:
    """A value for a message, cut where it is long."""
    text = str(value)
    return f"'{text[:40]}…'" if len(text) > 40 else f"'{text}'"


def shown_time(at: int) -> str:
    """Microseconds since 1970 as a person reads them."""
    return (_EPOCH + timedelta(microseconds=int(at))).strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00") + " UTC"


def _read(words: "pa.Array", name: str, zone: str, years_from: int | None) -> Times:
    if name in _SINCE_1970:
        return _since_1970(words, _SINCE_1970[name])
    return _by_format(words, ISO if name == "iso" else _compiled(name), zone, years_from)


@lru_cache(maxsize=256)
def _compiled(text: str) -> TimeFormat:
    return time_format(text)


def _since_1970(words: "pa.Array", size: int) -> Times:
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pc.match_substring_regex(words, r"^-?[0-9]{1,14}$")
    numbers = pc.if_else(whole, words, "0").cast(pa.int64()).to_numpy(zero_copy_only=False) * size
    fits = whole.to_numpy(zero_copy_only=False)
    return _in_range(Times(numbers, fits, fits, np.zeros(len(words), bool)))


def _by_format(words: "pa.Array", form: TimeFormat, zone: str, years_from: int | None) -> Times:
    import pyarrow.compute as pc

    found = pc.extract_regex(words, form.pattern)
    shaped = found.is_valid().to_numpy(zero_copy_only=False)

    def number(code: str) -> "np.ndarray[Any, Any]":
        return _whole(found.field(code)) if code in form.codes else np.zeros(len(words), np.int64)

    day, dated = _days(form.codes, number, found, years_from)
    clock, timed = _clock(form.codes, number, found)
    local = day * (86_400 * _SECOND) + clock
    fits = shaped & dated & timed
    if "z" not in form.codes:
        return _in_range(_in_zone(local, fits, zone)._replace(shaped=shaped))
    offset, bare = _offsets(found.field("z"))
    naive = _in_zone(local, fits & bare, zone)
    fits = np.where(bare, naive.fits, fits & (np.abs(offset) < 86_400 * _SECOND))
    return _in_range(Times(np.where(bare, naive.at, local - offset), fits, shaped, naive.skipped))


def _whole(texts: "pa.Array") -> "np.ndarray[Any, Any]":
    import pyarrow as pa
    import pyarrow.compute as pc

    filled = pc.if_else(pc.equal(texts, ""), "0", texts)
    return np.array(filled.cast(pa.int64()).to_numpy(zero_copy_only=False))


def _days(
    codes: frozenset[str], number: "Callable[[str], np.ndarray[Any, Any]]", found: Any, years_from: int | None
) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    """Days since 1970 (n), and whether the calendar has such a day."""
    year = number("Y")
    if "y" in codes:
        start = years_from or 0
        year = start + (number("y") - start) % 100
    month = number("m") if "m" in codes else _months(found, codes)
    if "j" in codes:
        first = _first_day(year, np.ones_like(year))
        day, length = number("j"), _first_day(year + 1, np.ones_like(year)) - first
    else:
        inside = np.clip(month, 1, 12)
        first = _first_day(year, inside)
        day, length = number("d"), _first_day(year + inside // 12, inside % 12 + 1) - first
        length = np.where(month == inside, length, 0)
    return first + day - 1, (year >= 1) & (day >= 1) & (day <= length)


def _first_day(year: "np.ndarray[Any, Any]", month: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    return np.asarray(months.astype("datetime64[D]").astype(np.int64))


def _months(found: Any, codes: frozenset[str]) -> "np.ndarray[Any, Any]":
    """Number of a month that is written as a word; 0 where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    code = next((code for code in "bB" if code in codes), None)
    if code is None:
        return np.ones(len(found), np.int64)
    names = pa.array([month[:3] if code == "b" else month for month in MONTHS])
    at = pc.index_in(pc.ascii_lower(found.field(code)), names)
    return np.array(pc.fill_null(at, -1).to_numpy(zero_copy_only=False)).astype(np.int64) + 1


def _clock(
    codes: frozenset[str], number: "Callable[[str], np.ndarray[Any, Any]]", found: Any
) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    """Microseconds since midnight (n), and whether a clock has such a time."""
    import pyarrow.compute as pc

    hour, minute, second = number("H"), number("M"), number("S")
    fits = (hour <= 23) & (minute <= 59) & (second <= 59)
    if "I" in codes:
        twelve = number("I")
        afternoon = pc.equal(pc.ascii_lower(found.field("p")), "pm").to_numpy(zero_copy_only=False)
        hour, fits = twelve % 12 + 12 * afternoon, fits & (twelve >= 1) & (twelve <= 12)
    micros = np.zeros_like(hour)
    if "f" in codes:
        micros = _whole(pc.utf8_slice_codeunits(pc.utf8_rpad(found.field("f"), 6, "0"), 0, 6))
    return ((hour * 60 + minute) * 60 + second) * _SECOND + micros, fits


def _offsets(texts: "pa.Array") -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    """Microseconds by which a clock is ahead of UTC (n), and whether no offset is written."""
    import pyarrow.compute as pc

    digits = pc.replace_substring(pc.utf8_slice_codeunits(texts, 1), ":", "")
    digits = _whole(pc.utf8_rpad(digits, 4, "0"))
    sign = np.where(pc.starts_with(texts, "-").to_numpy(zero_copy_only=False), -1, 1)
    minutes = np.where(digits % 100 <= 59, digits // 100 * 60 + digits % 100, 24 * 60)
    return sign * minutes * 60 * _SECOND, pc.equal(texts, "").to_numpy(zero_copy_only=False)


def _in_zone(local: "np.ndarray[Any, Any]", fits: "np.ndarray[Any, Any]", zone: str) -> Times:
    """Wall-clock times of a zone as UTC; times that spring skips do not fit."""
    import pyarrow as pa
    import pyarrow.compute as pc

    inside = fits & (local >= _FIRST) & (local < _LAST)
    clock = pa.array(np.where(inside, local, 0)).cast(pa.timestamp("us"))
    at = pc.assume_timezone(clock, zone, ambiguous="earliest", nonexistent="earliest")
    stood = pc.equal(pc.local_timestamp(at), clock).to_numpy(zero_copy_only=False)
    micros = np.array(at.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy(zero_copy_only=False))
    stood = np.array(stood)
    for index in np.flatnonzero(inside & (local >= LAST_KNOWN)) if zone != "UTC" else ():
        micros[index], stood[index] = _one_in_zone(int(local[index]), zone)
    return Times(np.where(inside, micros, 0), inside & stood, fits, inside & ~stood)


def _one_in_zone(local: int, zone: str) -> tuple[int, bool]:
    """One wall-clock time as UTC, and whether it ever stood on a clock."""
    clock, there = (_EPOCH + timedelta(microseconds=local)).replace(tzinfo=None), ZoneInfo(zone)
    try:
        at = clock.replace(tzinfo=there).astimezone(UTC)
        return (at - _EPOCH) // timedelta(microseconds=1), at.astimezone(there).replace(tzinfo=None) == clock
    except OverflowError:  # the last hours of the year 9999
        return _LAST, True


def _in_range(read: Times) -> Times:
    return read._replace(fits=read.fits & (read.at >= _FIRST) & (read.at < _LAST))
