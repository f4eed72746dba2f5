"""What one more entry does to the aliases: pure, so that ``verify`` can do all of it again."""

from msgspec.structs import replace

from keepfit.errors import IntegrityError, Problem
from keepfit.records import Draft, Entry, Fold, Seat

_PAST = 20  # entries carry the fold, so it must not grow with the history; rolling back further takes a number


def fold_of(head: Entry | None) -> Fold:
    """The fold after the newest entry; the empty one before the first."""
    return head.fold if head else Fold()


def fold_after(before: Fold, draft: Draft) -> Fold:
    """The fold after one more entry. Whether that entry is allowed is for who drafts it to say.

    >>> from datetime import UTC, datetime
    >>> def entry(action, number): return Draft(
    ...     action=action, actor="ada", reason="…", at=datetime(2013, 4, 1, tzinfo=UTC), outcome="pass",
    ...     version=Seat(number=number, digest=f"d{number}"))
    >>> one = fold_after(fold_after(Fold(), entry("registered", 1)), entry("promoted", 1))
    >>> one.champion.number, one.challenger, one.past
    (1, None, ())
    >>> two = fold_after(fold_after(one, entry("registered", 2)), entry("promoted", 2))
    >>> two.champion.number, [seat.number for seat in two.past]
    (2, [1])

    Raises
    ------
    IntegrityError
        The entry names no version although its action needs one.
    """
    if draft.action == "replayed":
        return replace(before, replays=draft.objects["rows"])
    if draft.action == "disabled":
        return replace(before, champion=None, disabled=True)
    seat = _seat(draft)
    if draft.action == "registered":
        waiting = draft.outcome in {"pass", "not_enough_evidence"}
        return replace(before, versions=before.versions + 1, challenger=seat if waiting else before.challenger)
    return replace(
        before,
        champion=seat,
        last_champion=seat,
        past=_back_to(before, seat) if draft.action == "rolled_back" else _on_top(before, seat),
        challenger=None if before.challenger == seat else before.challenger,
        disabled=False,
    )


def _on_top(before: Fold, seat: Seat) -> tuple[Seat, ...]:
    left = (before.champion,) if before.champion else ()
    return tuple(former for former in (*left, *before.past) if former != seat)[:_PAST]


def _back_to(before: Fold, seat: Seat) -> tuple[Seat, ...]:
    if seat in before.past:
        return before.past[before.past.index(seat) + 1 :]
    return _on_top(before, seat)


def _seat(draft: Draft) -> Seat:
    if draft.version is None:
        raise IntegrityError(Problem(f"an entry that says {draft.action} names no version", expected="a version"))
    return draft.version
