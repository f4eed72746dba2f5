"""Windows that are looked at again, because more of their labels may have come."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from msgspec import UNSET

from keepfit.config.model import UseCase
from keepfit.ledger import watch_of
from keepfit.records import Case, Fold, Noted, Seat, Window

MOST = 4  # windows a run
GROWN = 0.1  # of a window's rows must have got a label since, or the last of them


def late(
    windows: Sequence[Noted], versions: Collection[int], end: datetime, as_of: datetime, known_after: timedelta
) -> list[Noted]:
    """Windows of versions, older than the one that ends at ``end``, whose labels were not all there: oldest first.

    Those come first whose labels should all be known by now, the newest before older ones; of the others the newest.
    """
    waiting = [each for each in windows if each.version in versions and each.end < end and _waits(each)]
    due = [each for each in waiting if each.end + known_after <= as_of]
    early = [each for each in waiting if each.end + known_after > as_of]
    return sorted([*due, *early][:MOST], key=lambda each: each.end)


def late_of(fold: Fold, use_case: UseCase, as_of: datetime, end: datetime) -> list[tuple[Seat, Noted]]:
    """The same by what the ledger remembers, each with the version that answered then.

    Labels often come when the next version answers already: what became of the last windows of the one before, and of
    what was estimated of them, is filled in too.
    """
    if fold.champion is None:
        return []
    seats = {each.version: Seat(number=each.version, digest=each.digest) for each in fold.newest_versions}
    seats[fold.champion.number] = fold.champion
    chosen = late(watch_of(fold).windows, seats, end, as_of, use_case.data.label.known_after)
    return [(seats[each.version], each) for each in chosen]


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
