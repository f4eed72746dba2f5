"""Times by declared formats: what Python's own strptime reads, without its leniency."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from keepfit.config.time_format import time_format
from keepfit.data.times import times

FORMATS = (
    "%Y-%m-%d %H:%M:%S.%f",
    "%d.%m.%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%Y%m%d%H%M%S",
    "%d %b %Y",
    "%B %d, %Y %H:%M",
    "%Y-%j %H",
    "%d/%m/%y",
    "%Y-%m-%dT%H:%M:%S%z",
    "am %d.%m.%Y um %H Uhr",
    "100%% %Y-%m-%d",
)


def read(text, *formats, zone="UTC", years_from=None):
    values, reasons = times(pa.array([text]), formats, zone, years_from)
    return (reasons and reasons[0]) or values[0].as_py()


@settings(deadline=None)
@given(st.datetimes(datetime(1970, 1, 1), datetime(2069, 12, 31)), st.sampled_from(FORMATS[:-1]))
def test_a_time_that_was_written_by_a_format_is_read_by_it(moment, format_):
    text = moment.replace(tzinfo=UTC).strftime(format_)
    expected = datetime.strptime(text, format_)
    expected = expected.astimezone(UTC) if expected.tzinfo else expected.replace(tzinfo=UTC)
    if "%y" in format_:
        expected = expected.replace(year=1970 + (expected.year - 1970) % 100)
    assert read(text, format_, years_from=1970 if "%y" in format_ else None) == expected


@settings(deadline=None)
@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), st.sampled_from(["Europe/Berlin", "America/New_York"]))
@example(datetime(2013, 3, 31, 2, 30), "Europe/Berlin")
@example(datetime(2013, 10, 27, 2, 30), "Europe/Berlin")
@example(datetime(2050, 7, 1), "Europe/Berlin")
@example(datetime(2050, 3, 27, 2, 30), "Europe/Berlin")
def test_a_wall_clock_is_read_in_its_zone_or_never_stood_so(moment, zone):
    moment = moment.replace(second=0, microsecond=0)
    aware = moment.replace(tzinfo=ZoneInfo(zone))
    # Before standard time, offsets have seconds: there the data bases may differ.
    assume(aware.utcoffset() % timedelta(minutes=1) == timedelta(0))
    found = read(moment.strftime("%Y-%m-%d %H:%M"), "%Y-%m-%d %H:%M", zone=zone)
    if aware.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != moment:
        assert "does not exist in" in found
    else:
        assert found == aware.astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "formats", "expected"),
    [
        ("1.7.2013 9:05", ["%d.%m.%Y %H:%M"], datetime(2013, 7, 1, 9, 5, tzinfo=UTC)),
        ("13/02/2013", ["%d/%m/%Y", "%m/%d/%Y"], datetime(2013, 2, 13, tzinfo=UTC)),
        ("02/02/2013", ["%d/%m/%Y", "%m/%d/%Y"], datetime(2013, 2, 2, tzinfo=UTC)),
        ("01/02/2013", ["%d/%m/%Y", "%m/%d/%Y"], "ambiguous: 2013-02-01 00:00 UTC by %d/%m/%Y, 2013-01-02 00:00 UTC"),
        ("31.02.2013", ["%d.%m.%Y"], "no moment that a calendar"),
        ("2013-366", ["%Y-%j"], "no moment that a calendar"),
        ("2012-366", ["%Y-%j"], datetime(2012, 12, 31, tzinfo=UTC)),
        ("12:00 AM 01.01.2013", ["%I:%M %p %d.%m.%Y"], datetime(2013, 1, 1, 0, 0, tzinfo=UTC)),
        ("13:00 PM 01.01.2013", ["%I:%M %p %d.%m.%Y"], "no moment that a calendar"),
        ("2013-07-01 ", ["%Y-%m-%d"], "is not a time as %Y-%m-%d writes it"),
        ("２013-07-01", ["%Y-%m-%d"], "is not a time"),
        ("x2013-07-01", ["%Y-%m-%d", "%d.%m.%Y"], "is not a time as %Y-%m-%d or %d.%m.%Y write it"),
        ("2013-07-01T10:00:00-02:30", ["%Y-%m-%dT%H:%M:%S%z"], datetime(2013, 7, 1, 12, 30, tzinfo=UTC)),
        ("2013-07-01T10:00:00z", ["%Y-%m-%dT%H:%M:%S%z"], datetime(2013, 7, 1, 10, tzinfo=UTC)),
        ("1372672800", ["epoch_seconds"], datetime(2013, 7, 1, 10, tzinfo=UTC)),
        ("1372672800000", ["epoch_milliseconds"], datetime(2013, 7, 1, 10, tzinfo=UTC)),
        ("1372672800.5", ["epoch_seconds"], "is not a time as epoch_seconds writes it"),
        ("99999999999999", ["epoch_seconds"], "no moment that"),
    ],
)
def test_formats(text, formats, expected):
    assert str(expected).removesuffix("+00:00") in str(read(text, *formats))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("%Y-%m-%dT%H:%M:%SZ", "a plain Z would be passed over"),
        ("%d.%m", "one year"),
        ("%Y-%m-%d %M", "`%H` is missing"),
        ("%Y-%m-%d %I:%M", "%I together with %p"),
        ("%Y-%m-%d %Q", "`%Q` is no code"),
        ("%Y-%m-%d %Y", "`%Y` stands twice"),
        ("%Y-%m-%d %", "`%` is no code"),
        ("2013-%m-%d", "one year"),
        ("%Y-%m-%d 00", "a digit outside a code"),
        ("iso8601", "did you mean `iso`?"),
        ("%c", "`%c` is no code"),
    ],
)
def test_a_format_that_says_no_whole_moment_is_refused(text, wrong):
    with pytest.raises(ValueError, match=re.escape(wrong)):
        time_format(text)
