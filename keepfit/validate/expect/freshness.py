"""``expect_freshness``."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from keepfit.profile import first_and_last
from keepfit.validate.expect.facts import NO_VALUE, Facts, Seen, seen


def expect_freshness(facts: Facts, arguments: Mapping[str, Any]) -> Seen:
    """Whether the newest time is not too old at ``as_of``."""
    newest = _newest(facts, arguments.get("column"))
    if newest is None:
        return seen(False, NO_VALUE)
    age = facts.moment.as_of - newest
    days, hours = divmod(int(age.total_seconds()) // 3600, 24)
    return seen(age <= arguments["at_most"], f"the newest is {newest:%Y-%m-%d %H:%M} UTC, {days} d {hours} h old")


def _newest(facts: Facts, column: str | None) -> datetime | None:
    if column is None:
        return facts.newest
    found = first_and_last(facts.profile.columns[column])
    return found[1] if found else None
