"""Windows that are looked at again, because more of their labels may have come."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import UNSET

from keepfit.config.model import UseCase
from keepfit.ledger import watch_of
from keepfit.records import Case, Fold, Noted, Seat, Window

MOST = 4  # windows a run
GROWN = 0.1  # of a window's rows must have got a label since, or the last of them


def late(windows: Sequence[Noted], version: int, end: datetime, as_of: datetime, known_after: timedelta) -> list[Noted]:
    """Windows of a version, older than the one that ends at ``end``, whose labels were not all there: oldest first.

    Those come first whose labels should all be known by now, the newest before older ones; of the others the newest.
    """
    waiting = [each for each in windows if each.version == version and each.end < end and _waits(each)]
    due = [each for each in waiting if each.end + known_after <= as_of]
    early = [each for each in waiting if each.end + known_after > as_of]
    return sorted([*due, *early][:MOST], key=lambda each: each.end)


def late_of(fold: Fold, use_case: UseCase, as_of: datetime, end: datetime) -> list[Noted]:
    """The same, of the champion, by what the ledger remembers."""
    if fold.champion is None:
        return []
    known_after = use_case.data.label.known_after
    return late(watch_of(fold).windows, fold.champion.number, end, as_of, known_after)


def open_case(fold: Fold, champion: Seat) -> Case | None:
    """The champion before this one, while it is not known whether this one does better."""
    if fold.champion != champion or not fold.past:
        return None
    helped = watch_of(fold).helped
    known = next((each for each in (() if helped is UNSET else helped) if each.version == champion.number), None)
    return None if known is not None and known.closed else Case(replaced=fold.past[0], known=known)


def _waits(noted: Noted) -> bool:
    return noted.told is not UNSET and noted.told.labelled < noted.told.rows


def fuller(noted: Noted, window: Window) -> bool:
    """Whether so many labels have come that the window is worth another entry."""
    before = 0 if noted.told is UNSET else noted.told.labelled
    more = window.labelled - before
    return more > 0 and (more >= GROWN * window.span.rows or window.labelled == window.span.rows)
