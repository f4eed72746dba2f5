"""``expect_rows_like_usual``."""

import math
from collections.abc import Mapping
from datetime import UTC
from statistics import median
from typing import Any, NamedTuple

from keepfit.profile import Profile, Times
from keepfit.profile.times import DAY
from keepfit.validate.expect.facts import NOTHING_TO_COMPARE, Facts, Seen, seen

WITHIN = 8.0  # so that ten times and a tenth are seen also where quarantine has taken a part
_WEEK = 7  # days


class Volume(NamedTuple):
    """Rows, a day or in all."""

    rows: float
    unit: str


def expect_rows(facts: Facts, arguments: Mapping[str, Any]) -> Seen:
    """Whether rows come as usual: by day where rows have a time, else in all; the usual is the median of what was."""
    within = arguments.get("within", WITHIN)
    if not facts.accepted:
        return Seen("skipped", NOTHING_TO_COMPARE)
    usual = median(_volume(each.profile, facts.event_time).rows for each in facts.accepted)
    if not usual:
        return seen(False, "the data that were accepted have no rows to compare with")
    volumes = _since(facts) or [_volume(facts.profile, facts.event_time)]
    now = max(volumes, key=lambda volume: abs(math.log(volume.rows / usual)) if volume.rows else math.inf)
    ratio = now.rows / usual
    often = f"{ratio:.3g} times" if ratio >= 1 else f"{ratio:.1%} of"
    return seen(
        1 / within < ratio < within,
        f"{now.rows:,.0f} rows{now.unit}, {often} the usual {usual:,.0f} (of {len(facts.accepted)} accepted)",
    )


def _volume(profile: Profile, event_time: str | None) -> Volume:
    times = _times(profile, event_time)
    if times is None:
        return Volume(profile.rows, "")
    return Volume(times.rows / (times.last // DAY - times.first // DAY + 1), " a day")


def _since(facts: Facts) -> list[Volume]:
    """Rows a day after the last day of the data accepted last, and in the newer half, quarter … of these days.

    The parts have a week at least, so that a Sunday is not held. Nothing where there is no such whole day.
    """
    before, now = (_times(profile, facts.event_time) for profile in (facts.accepted[0].profile, facts.profile))
    if before is None or now is None or now.days.level:
        return []
    begin = before.last // DAY + 1
    today = int(facts.moment.as_of.astimezone(UTC).timestamp()) * 1_000_000 // DAY  # not over yet
    end = min(now.last // DAY + 1, today)
    found, days = [], end - begin
    while days > 0:
        rows = _rows_of_days(now, end - days, end)
        found.append(Volume(rows / days, f" a day in the last {days} days" if days > 1 else " in the last day"))
        days = days // 2 if days >= 2 * _WEEK else 0
    return found


def _rows_of_days(times: Times, begin: int, end: int) -> int:
    return sum(rows for day, rows in zip(times.days.at, times.days.counts, strict=True) if begin <= day < end)


def _times(profile: Profile, name: str | None) -> Times | None:
    column = profile.columns.get(name) if name else None
    return column.times if column else None
