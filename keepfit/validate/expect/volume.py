"""``expect_rows_like_usual``."""

from collections.abc import Mapping
from datetime import UTC
from statistics import median
from typing import Any, NamedTuple

from keepfit.profile import ColumnProfile, Profile
from keepfit.profile.times import DAY
from keepfit.validate.expect.facts import NOTHING_TO_COMPARE, Facts, Seen, seen

WITHIN = 8.0  # so that ten times and a tenth are seen also where quarantine has taken a part


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
    now = _since(facts) or _volume(facts.profile, facts.event_time)
    ratio = now.rows / usual if usual else float("nan")
    often = f"{ratio:.3g} times" if ratio >= 1 else f"{ratio:.1%} of"
    return seen(
        1 / within < ratio < within,
        f"{now.rows:,.0f} rows{now.unit}, {often} the usual {usual:,.0f} (of {len(facts.accepted)} accepted)",
    )


def _volume(profile: Profile, event_time: str | None) -> Volume:
    column = profile.columns.get(event_time) if event_time else None
    if column is None or column.times is None:
        return Volume(profile.rows, "")
    days = column.times.last // DAY - column.times.first // DAY + 1
    return Volume(column.times.rows / days, " a day")


def _since(facts: Facts) -> Volume | None:
    """Rows a day after the last day of the data accepted last; None where there is no such whole day."""
    before, now = (_column(profile, facts.event_time) for profile in (facts.accepted[0].profile, facts.profile))
    if before is None or before.times is None or now is None or now.times is None or now.times.days.level:
        return None
    begin = before.times.last // DAY + 1
    today = int(facts.moment.as_of.astimezone(UTC).timestamp()) * 1_000_000 // DAY  # not over yet
    end = min(now.times.last // DAY + 1, today)
    if end <= begin:
        return None
    rows = sum(count for day, count in zip(now.times.days.at, now.times.days.counts, strict=True) if begin <= day < end)
    return Volume(rows / (end - begin), " a day since then")


def _column(profile: Profile, name: str | None) -> ColumnProfile | None:
    return profile.columns.get(name) if name else None
