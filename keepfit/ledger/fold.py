"""What one more entry does to the aliases: pure, so that ``verify`` can do all of it again.

Every entry carries the fold, so nothing in it may grow with the history: it holds the latest of each and cuts texts,
which are whole in their own entry.
"""

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepfit.errors import IntegrityError, Problem
from keepfit.ledger.spending import after_look
from keepfit.records import (
    Accepted,
    Draft,
    Entry,
    Fold,
    Helped,
    Noted,
    Outcome,
    Rollout,
    Seat,
    ShownEntry,
    ShownVersion,
    Spending,
    Watch,
)
from keepfit.records.monitoring import REMEMBERED

_PAST = 20  # champions to go back to without a number
_ACCEPTED = 12  # a year of months
_LINES = 20  # of versions and of entries that `keepfit show` finds in the newest entry
_REQUESTS = 100  # more than any budget allows
_HELPED = 12  # champions
_TEXT = 120  # characters of an actor or a reason in such a line
_ENDS = {"rollout_stopped", "promoted", "rolled_back", "disabled"}


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
    >>> [(line.seq, line.action) for line in two.newest_entries][:2]
    [(4, 'promoted'), (3, 'registered')]

    Raises
    ------
    IntegrityError
        The entry lacks what its action needs: a version, an object, a count of rows, what is rolled out.
    """
    seq = before.newest_entries[0].seq + 1 if before.newest_entries else 1
    line = shown_entry(seq, draft)
    line = replace(line, actor=_cut(line.actor), reason=_cut(line.reason))
    return replace(
        _moved(before, draft),
        accepted=_accepted(before, draft),
        newest_versions=_versions(before, draft),
        newest_entries=(line, *before.newest_entries)[:_LINES],
        spending=_spending(before, draft),
        watch=_watch(before, draft),
        rollout=_rollout(before, draft),
    )


def spending_of(fold: Fold) -> Spending | None:
    """What is spent, if anything ever was."""
    return None if fold.spending is UNSET else fold.spending


def watch_of(fold: Fold) -> Watch:
    """What is remembered of windows; nothing before the first."""
    return Watch() if fold.watch is UNSET else fold.watch


def rollout_of(fold: Fold) -> Rollout | None:
    """The challenger that answers beside the champion, if one does."""
    return None if fold.rollout is UNSET else fold.rollout


def shown_entry(seq: int, draft: Draft) -> ShownEntry:
    """An entry as a line."""
    return ShownEntry(
        seq=seq,
        at=draft.at,
        action=draft.action,
        version=draft.version.number if draft.version else None,
        actor=draft.actor,
        reason=draft.reason,
    )


def shown_version(draft: Draft) -> ShownVersion:
    """The version that an entry registers, as a line.

    Raises
    ------
    IntegrityError
        It names no version.
    """
    seat = _seat(draft)
    return ShownVersion(
        version=seat.number,
        digest=seat.digest,
        created=draft.at,
        as_of=draft.as_of,
        outcome=draft.outcome,
        metrics=draft.metrics,
        held=draft.details.get("held", ""),
        candidate=draft.details.get("candidate", ""),
    )


def looked_at(draft: Draft) -> bool:
    """Whether a person has promoted a version that was held."""
    return draft.action == "promoted" and bool(draft.details.get("held"))


def judged_again(line: ShownVersion, outcome: Outcome | None) -> ShownVersion:
    """The line of a version that was judged once more."""
    return replace(line, outcome=outcome)


def _spending(before: Fold, draft: Draft) -> Spending | UnsetType:
    """A promotion whose details say so fixes the anchor; a look spends."""
    spending = spending_of(before) or Spending()
    if draft.action == "promoted" and draft.details.get("anchor"):
        return replace(spending, anchor=_seat(draft))
    if draft.spent is UNSET:
        return before.spending
    if draft.as_of is None:
        raise IntegrityError(Problem("an entry that spends does not say as of when", expected="a moment"))
    return after_look(spending, draft.as_of, draft.spent, before.last_champion)


def _watch(before: Fold, draft: Draft) -> Watch | UnsetType:
    """Newest windows first; one that is seen again, by the same version, takes its own place."""
    if draft.action != "monitored":
        return before.watch
    noted, retrain, known = draft.noted, draft.retrain, watch_of(before)
    if noted is UNSET or retrain is UNSET or draft.as_of is None:
        raise IntegrityError(Problem("an entry about a window lacks it, or what was decided", expected="both"))
    others = (each for each in known.windows if (each.end, each.version) != (noted.end, noted.version))
    windows = sorted([noted, *others], key=lambda each: each.end, reverse=True)[:REMEMBERED]
    asked = sorted([draft.as_of, *known.requests] if retrain.retrain else known.requests, reverse=True)[:_REQUESTS]
    return Watch(windows=tuple(windows), requests=tuple(asked), helped=_helped(known, noted))


def _helped(known: Watch, noted: Noted) -> tuple[Helped, ...] | UnsetType:
    """Of every champion the first answer with an interval counts; until then, the newest."""
    before = () if known.helped is UNSET else known.helped
    told = noted.helped
    if told is UNSET or any(each.version == told.version and (each.closed or each.end >= told.end) for each in before):
        return known.helped
    return (told, *(each for each in before if each.version != told.version))[:_HELPED]


def _rollout(before: Fold, draft: Draft) -> Rollout | UnsetType:
    """One at a time: a new one takes the place of the one before, and whatever moves the champion ends it."""
    if draft.action == "rollout_started":
        if draft.rollout is UNSET or draft.rollout.challenger != draft.version:
            raise IntegrityError(Problem("an entry that starts a rollout does not say of what", expected="a rollout"))
        return draft.rollout
    if draft.action in _ENDS:
        return UNSET
    known = rollout_of(before)
    refuted = known and draft.action == "judged" and draft.outcome == "fail" and draft.version == known.challenger
    return UNSET if refuted else before.rollout


def _moved(before: Fold, draft: Draft) -> Fold:
    if draft.action == "replayed":
        return replace(before, replays=_object(draft, "rows"))
    if draft.action == "disabled":
        return replace(before, champion=None, disabled=True)
    seat = _seat(draft)
    if draft.action == "monitored":
        return before
    if draft.action in {"judged", "rollout_started", "rollout_stopped"}:
        refuted = draft.outcome == "fail" if draft.action == "judged" else draft.action == "rollout_stopped"
        return replace(before, challenger=None if refuted and before.challenger == seat else before.challenger)
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


def _versions(before: Fold, draft: Draft) -> tuple[ShownVersion, ...]:
    if looked_at(draft):
        number = _seat(draft).number
        return tuple(replace(each, held="") if each.version == number else each for each in before.newest_versions)
    if draft.action == "judged":
        number = _seat(draft).number
        lines = before.newest_versions
        return tuple(judged_again(each, draft.outcome) if each.version == number else each for each in lines)
    if draft.action != "registered":
        return before.newest_versions
    line = shown_version(draft)
    return (replace(line, held=_cut(line.held)), *before.newest_versions)[:_LINES]


def _accepted(before: Fold, draft: Draft) -> tuple[Accepted, ...]:
    """The latest data that nobody has to look at: not held when registered, or held and then promoted by a person.

    The same data (they have the same profile) count once, as of the moment when they were accepted first: so a run that
    is repeated finds before it what it found the first time.
    """
    held, profile = bool(draft.details.get("held")), draft.objects.get("profile")
    accepts = (draft.action == "registered" and not held) or looked_at(draft)
    if not accepts or profile is None or draft.as_of is None or profile in {one.profile for one in before.accepted}:
        return before.accepted
    new = Accepted(as_of=draft.as_of, rows=_rows(draft), profile=profile)
    return tuple(sorted([new, *before.accepted], key=lambda one: one.as_of, reverse=True))[:_ACCEPTED]


def _rows(draft: Draft) -> int:
    text = draft.details.get("rows", "")
    if not (text.isascii() and text.isdecimal()):
        raise IntegrityError(
            Problem("an entry with a profile of its data does not count their rows", expected="a number", found=text)
        )
    return int(text)


def _object(draft: Draft, role: str) -> str:
    if role not in draft.objects:
        raise IntegrityError(Problem(f"an entry that says {draft.action} names no {role}", expected="an object"))
    return draft.objects[role]


def _seat(draft: Draft) -> Seat:
    if draft.version is None:
        raise IntegrityError(Problem(f"an entry that says {draft.action} names no version", expected="a version"))
    return draft.version


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT else f"{text[: _TEXT - 1]}…"
