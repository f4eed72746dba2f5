"""Moments and stretches of time in words; month names are ours, so a page does not depend on the machine's language."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from keepfit.report.numbers import count

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def aware(moment: datetime, zone: str) -> datetime:
    """The moment in a zone; without an offset it is UTC, as everything stored is."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(ZoneInfo(zone))


def day(moment: datetime, zone: str) -> str:
    """The date in a zone.

    >>> day(datetime(2013, 4, 1, 3, tzinfo=UTC), "America/New_York")
    '31 March 2013'
    """
    local = aware(moment, zone)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


def clock(moment: datetime, zone: str) -> str:
    """Date and time in a zone, seconds only where they are not zero.

    >>> clock(datetime(2013, 4, 1, 4, tzinfo=UTC), "America/New_York")
    '1 April 2013, 00:00'
    """
    local = aware(moment, zone)
    return f"{day(moment, zone)}, {local:%H:%M:%S}" if local.second else f"{day(moment, zone)}, {local:%H:%M}"


def both_zones(moment: datetime, zone: str) -> str:
    """A moment in the zone of the use case and in UTC.

    >>> both_zones(datetime(2013, 4, 1, 4, tzinfo=UTC), "America/New_York")
    '1 April 2013, 00:00 America/New_York (04:00 UTC)'
    >>> both_zones(datetime(2013, 4, 1, 3, tzinfo=UTC), "America/New_York")
    '31 March 2013, 23:00 America/New_York (1 April 2013, 03:00 UTC)'
    """
    if zone == "UTC":
        return f"{clock(moment, zone)} UTC"
    utc = clock(moment, "UTC")
    shown = utc.split(", ")[1] if day(moment, zone) == day(moment, "UTC") else utc
    return f"{clock(moment, zone)} {zone} ({shown} UTC)"


def period(first: datetime | None, last: datetime | None, zone: str) -> str:
    """From when to when, by day; empty where rows have no time.

    >>> period(datetime(2013, 1, 1, tzinfo=UTC), datetime(2013, 3, 1, tzinfo=UTC), "UTC")
    '1 January 2013 to 1 March 2013'
    """
    if first is None or last is None:
        return "" if last is None else f"up to {day(last, zone)}"
    start, end = day(first, zone), day(last, zone)
    return start if start == end else f"{start} to {end}"


def span(length: timedelta) -> str:
    """A length of time in words.

    >>> span(timedelta(days=14)), span(timedelta(hours=1))
    ('14 days', '1 hour')
    """
    seconds = int(length.total_seconds())
    for noun, scale in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds and seconds % scale == 0:
            return count(seconds // scale, noun)
    return count(seconds, "second")
