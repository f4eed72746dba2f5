"""What a person may do to the champion, with a name and a reason.

A person sees more than a verdict does, so by hand an undecided version may be promoted, and one that was judged against
an earlier champion too: the entry says whom it replaced and that the verdict was about another. What failed stays out.
"""

from collections.abc import Mapping
from datetime import datetime

from keepfit.errors import ConfigError, Problem, Refused
from keepfit.ledger import append, back_from, fold_of, head, who_and_why
from keepfit.records import Draft, Entry, Fold, Released, Seat, Verdict
from keepfit.registry import last_look, registration, see_that_whole
from keepfit.registry import verdict as read_verdict
from keepfit.release.words import blocked, is_stale, name_of, number_of
from keepfit.store import Store


def promote(store: Store, use_case: str, version: int, *, actor: str, reason: str, at: datetime) -> Released:
    """Make a registered version champion; ends the disabled state. Promoting the champion changes nothing.

    Of a version that was held for a person, a person has looked now: the entry says so, and its data are accepted.

    Raises
    ------
    ConfigError
        No such version; no actor or reason.
    Refused
        The version failed, or its risk is high.
    IntegrityError
        Its verdict or one of its files was altered.
    """
    who_and_why(actor, reason)
    given = registration(store, use_case, version)
    if given is None or given.version is None or given.verdict is None:
        raise _unknown(store, use_case, version)
    seat = given.version
    looked_at = _of_held(given, given.details, "held", "rows")

    def draft(newest: Entry | None) -> Draft | Released:
        fold, judged = fold_of(newest), last_look(store, newest, seat) or given
        verdict = read_verdict(store, use_case, str(judged.verdict))
        _see_that_it_may(use_case, given, verdict)
        if fold.champion == seat:
            return _already(seat)
        stale = {"judged_against": str(verdict.champion)} if is_stale(verdict, fold) else {}
        see_that_whole(store, use_case, seat)
        return Draft(
            action="promoted",
            actor=actor,
            reason=reason,
            at=at,
            as_of=given.as_of,
            version=seat,
            verdict=judged.verdict,
            outcome=judged.outcome,
            objects=_of_held(given, given.objects, "profile"),
            details={"by": "hand", "replaced": name_of(fold.champion), "anchor": "by hand", **stale, **looked_at},
        )

    return _answer(append(store, use_case, draft))


def rollback(
    store: Store, use_case: str, version: int | None = None, *, actor: str, reason: str, at: datetime
) -> Released:
    """Make an earlier champion champion again: ``version``, or the one before the present. Ends the disabled state.

    Without a number, whom to leave and whom to go back to is settled at the first look: if somebody else goes back at
    the same moment, the champion goes back once. Nor does a repeated request go further back (its first answer may
    have been lost): after a rollback, the same words of the same person change nothing, and other words need a number.

    Raises
    ------
    ConfigError
        No such version, or one that never was champion; nothing to go back to; no actor or reason.
    Refused
        Without a number: the newest move is a rollback already, or somebody else made a third version champion
        meanwhile.
    IntegrityError
        A file of the version to go back to was altered; the champion stays.
    """
    who_and_why(actor, reason)
    newest = head(store, use_case)
    first, move = fold_of(newest), _newest_move(store, newest)
    if version is None and move is not None and move.action == "rolled_back":
        return _rolled_back_already(use_case, first, move, actor, reason)
    seat = _former(store, use_case, version) if version is not None else _before(store, use_case, first)

    def draft(newest: Entry | None) -> Draft | Released:
        fold = fold_of(newest)
        if fold.champion == seat:
            return _already(seat)
        if version is None and fold.last_champion != first.last_champion:
            raise _moved(use_case, first, fold)
        see_that_whole(store, use_case, seat)
        details = {"by": "hand", "replaced": name_of(fold.champion)}
        return Draft(action="rolled_back", actor=actor, reason=reason, at=at, version=seat, details=details)

    return _answer(append(store, use_case, draft))


def disable(store: Store, use_case: str, *, actor: str, reason: str, at: datetime) -> Released:
    """Take the champion out of service, whoever it is; it stays the one to compare with. Twice is as once.

    Raises
    ------
    ConfigError
        There never was a champion; no actor or reason.
    """
    who_and_why(actor, reason)

    def draft(newest: Entry | None) -> Draft | Released:
        fold = fold_of(newest)
        if fold.disabled:
            return Released(released=False, champion=None, reason="disabled already; nothing changed")
        if fold.champion is None:
            raise _no_champion(store, use_case, "there is no champion to disable")
        details = {"by": "hand", "replaced": name_of(fold.champion)}
        return Draft(action="disabled", actor=actor, reason=reason, at=at, details=details)

    result = append(store, use_case, draft)
    if isinstance(result, Released):
        return result
    return Released(released=False, champion=None, reason=f"disabled; {result.details['replaced']} served until now")


def _of_held(given: Entry, parts: Mapping[str, str], *names: str) -> dict[str, str]:
    """What the fold needs to accept the data of a version that was held; nothing of one that was not."""
    return {name: parts[name] for name in names if name in parts} if given.details.get("held") else {}


def _answer(result: Entry | Released) -> Released:
    if isinstance(result, Released):
        return result
    what = f"{name_of(result.version)} is champion now, instead of {result.details['replaced']}"
    return Released(released=True, champion=number_of(result.version), reason=what)


def _already(seat: Seat) -> Released:
    return Released(released=True, champion=seat.number, reason=f"{name_of(seat)} is champion already; nothing changed")


def _see_that_it_may(use_case: str, given: Entry, verdict: Verdict) -> None:
    where = f"{name_of(given.version)} of {use_case}"
    if verdict.outcome not in {"pass", "not_enough_evidence"} or given.outcome == "fail":
        raise Refused(
            Problem(
                "a version that did not pass its gates cannot be promoted",
                where=where,
                expected="pass, or not enough evidence and a person who decides",
                found=blocked(verdict),
                did="left the champion as it is",
                do="promote another version (`keepfit show` lists them), or train again on better data",
            )
        )
    if given.details.get("risk") == "high":
        raise Refused(
            Problem(
                "a version whose risk is high needs an approval, and this build has none",
                where=where,
                expected="risk: low",
                found="risk: high",
                did="left the champion as it is",
            )
        )


def _former(store: Store, use_case: str, version: int) -> Seat:
    """The seat of a version that was champion once."""
    for entry in back_from(store, head(store, use_case)):
        if entry.version and entry.version.number == version and entry.action in {"promoted", "rolled_back"}:
            return entry.version
        if entry.version and entry.version.number == version:
            raise _no_champion(store, use_case, f"version {version} never was champion")
    raise _unknown(store, use_case, version)


def _before(store: Store, use_case: str, fold: Fold) -> Seat:
    if not fold.past:
        raise _no_champion(store, use_case, "there is no earlier champion to go back to")
    return fold.past[0]


def _newest_move(store: Store, newest: Entry | None) -> Entry | None:
    """The newest entry that says who serves, or None."""
    moves = {"promoted", "rolled_back", "disabled"}
    return next((entry for entry in back_from(store, newest) if entry.action in moves), None)


def _rolled_back_already(use_case: str, fold: Fold, move: Entry, actor: str, reason: str) -> Released:
    """The answer to a rollback without a number after a rollback.

    Raises
    ------
    Refused
        It is not the same request again.
    """
    now, instead = name_of(move.version), move.details.get("replaced", "another")
    further = f"keepfit rollback {use_case} {fold.past[0].number} --reason …" if fold.past else ""
    if (move.actor, move.reason) == (actor, reason):
        what = f"{now} is champion already, instead of {instead}, by this same request; nothing changed"
        done = f"{what}; to go further back: {further}" if further else what
        return Released(released=True, champion=number_of(fold.champion), reason=done)
    raise Refused(
        Problem(
            "the champion was rolled back already",
            where=f"entry {move.seq} of {use_case}",
            expected="the number of a version, to go back once more",
            found=f"{now} instead of {instead}, {move.at:%Y-%m-%d %H:%M} UTC, by {move.actor}: {move.reason}",
            did=f"left {now} as it is",
            do=further or f"there is no earlier champion; see `keepfit show {use_case}`",
        )
    )


def _unknown(store: Store, use_case: str, version: int) -> ConfigError:
    given = fold_of(head(store, use_case)).versions
    return ConfigError(
        Problem(
            f"{use_case} has no version {version}",
            where=store.address,
            expected=f"1 to {given}" if given else "a version, once a run has registered one",
            found=str(version),
            did="left the champion as it is",
            do=f"see `keepfit show {use_case}`",
        )
    )


def _no_champion(store: Store, use_case: str, what: str) -> ConfigError:
    fold = fold_of(head(store, use_case))
    known = sorted({seat.number for seat in (fold.last_champion, *fold.past) if seat})
    return ConfigError(
        Problem(
            what,
            where=f"{use_case} in {store.address}",
            expected="a version that is or was champion",
            found=", ".join(f"version {number}" for number in known) or "none so far",
            did="changed nothing",
            do=f"see `keepfit show {use_case}`",
        )
    )


def _moved(use_case: str, first: Fold, now: Fold) -> Refused:
    return Refused(
        Problem(
            "the champion changed while it was being rolled back",
            where=use_case,
            expected=name_of(first.last_champion),
            found=name_of(now.last_champion),
            did="left the new champion as it is",
            do=f"see `keepfit show {use_case}`, then roll back to a version by its number",
        )
    )
