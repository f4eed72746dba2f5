"""The release at the end of a run."""

from datetime import datetime
from typing import TYPE_CHECKING

from keepfit.errors import IntegrityError, Problem
from keepfit.judge import ended
from keepfit.ledger import append, back_from, entry_at, fold_of, rollout_of
from keepfit.records import Draft, Entry, Fold, Registered, Released, Seat, Verdict, digest_of
from keepfit.registry import OVERSPENT, see_that_whole
from keepfit.release.by_rollout import agreed, begins, in_words
from keepfit.release.words import anchor_of, blocked, is_stale, name_of, number_of
from keepfit.store import Store

if TYPE_CHECKING:
    from keepfit.config.model import UseCase


def release(
    store: Store,
    use_case: "UseCase",
    registered: Registered,
    verdict: Verdict,
    *,
    actor: str,
    at: datetime,
    held: tuple[str, ...] = (),
) -> Released:
    """Make the version champion if its verdict is a pass against the champion of this moment and its risk is low.

    A run that is repeated gets the answer of its first time, and the champion stays who it is by now. A version that is
    ``held``, or was when it was registered, waits for a person, whatever its verdict.

    Raises
    ------
    IntegrityError
        The verdict is not the one that was registered for this version, or a file of the version was altered.
    """
    seat = Seat(number=registered.number, digest=registered.digest)
    given = entry_at(store, use_case.name, registered.entry)
    _see_that_they_fit(given, registered, verdict)
    waiting = "; ".join(held) or given.details.get("held", "")
    overspent = given.details.get(OVERSPENT, "")

    def draft(head: Entry | None) -> Draft | Released:
        fold = fold_of(head)
        done = _done_before(store, head, registered, fold)
        if settled := done or _refusal(use_case, seat, verdict, fold, (waiting, overspent)):
            return settled
        see_that_whole(store, use_case.name, seat)
        if rollout := agreed(use_case, seat, registered.verdict, fold, at):
            return begins(rollout, fold, verdict, _why(verdict, fold), actor, at)
        return Draft(
            action="promoted",
            actor=actor,
            reason=_why(verdict, fold) + _directly(use_case, fold),
            at=at,
            as_of=verdict.as_of,
            version=seat,
            verdict=registered.verdict,
            outcome=verdict.outcome,
            details={"by": "verdict", "replaced": name_of(fold.last_champion), **anchor_of(verdict, fold)},
        )

    result = append(store, use_case.name, draft)
    if isinstance(result, Released):
        return result
    if result.action == "rollout_started":
        return _goes_on(result.fold, result, f"not released yet; `keepfit release {use_case.name}` decides")
    return Released(released=True, champion=seat.number, reason=result.reason)


def _goes_on(fold: Fold, begun: Entry, then: str) -> Released:
    number = begun.version.number if begun.version else None
    return Released(released=False, champion=number_of(fold.champion), reason=f"{begun.reason}; {then}", rollout=number)


def _directly(use_case: "UseCase", fold: Fold) -> str:
    """Why a version of a use case whose versions are rolled out is not."""
    if use_case.release.strategy == "direct" or fold.champion is not None:
        return ""
    return f"; directly, because no version serves that it could be a {use_case.release.strategy} beside"


def _refusal(use_case: "UseCase", seat: Seat, verdict: Verdict, fold: Fold, waits: tuple[str, str]) -> Released | None:
    """Why the champion stays, or None; it ``waits`` for a person, or for another look."""
    name, (held, overspent) = use_case.name, waits
    by_hand = f"look (`keepfit docs {name}`), then `keepfit promote {name} {seat.number} --reason …`"
    reasons = {
        blocked(verdict): verdict.outcome != "pass",
        f"held for a person: {held}; {by_hand}": bool(held),
        f"this look does not count: {overspent}": bool(overspent),
        "risk is high: a person must approve, and this build has no approvals": use_case.risk == "high",
        f"judged against another champion; by now it is {name_of(fold.last_champion)}": is_stale(verdict, fold),
    }
    reason = next((reason for reason, holds in reasons.items() if holds), None)
    if reason is None:
        return None
    return Released(released=False, champion=number_of(fold.champion), reason=f"{name_of(seat)} not released: {reason}")


def _done_before(store: Store, head: Entry | None, registered: Registered, fold: Fold) -> Released | None:
    """That the version was released or rolled out before, or None: this run came here already, or a person was faster.

    Then the champion moves no more, also if people have gone back since: a run that is repeated undoes nothing. Nor
    does a version that is on trial begin anew because it passed once more.
    """
    rollout = rollout_of(fold)
    if rollout is not None and rollout.challenger.digest == registered.digest:
        goes_on = f"{name_of(rollout.challenger)} not released yet: {in_words(rollout)}"
        return Released(
            released=False, champion=number_of(fold.champion), reason=goes_on, rollout=rollout.challenger.number
        )
    for entry in back_from(store, head):
        if entry.seq <= registered.entry:
            return None
        if entry.action == "promoted" and entry.verdict == registered.verdict:
            by = f"promoted by {entry.actor}: " if entry.details.get("by") == "hand" else ""
            since = "" if fold.champion == entry.version else f"; by now the champion is {name_of(fold.champion)}"
            return Released(released=True, champion=number_of(fold.champion), reason=f"{by}{entry.reason}{since}")
        if entry.action == "rollout_started" and entry.verdict == registered.verdict:
            over = f"{entry.reason}; that is over since; see `keepfit show`"
            return Released(released=False, champion=number_of(fold.champion), reason=over)
    return None


def _why(verdict: Verdict, fold: Fold) -> str:
    how = ended(verdict)
    against = f"against {name_of(fold.last_champion)}" if fold.last_champion else "as the first champion"
    return f"passed {how.count('pass')} of {len(how)} gates {against}"


def _see_that_they_fit(given: Entry, registered: Registered, verdict: Verdict) -> None:
    seat, judged = Seat(number=registered.number, digest=verdict.version), digest_of(verdict)
    if not (given.version == seat and given.verdict == judged == registered.verdict):
        raise IntegrityError(
            Problem(
                "a verdict is not the one that was registered",
                where=f"version {registered.number} of {given.use_case}",
                expected=f"verdict {registered.verdict}",
                found=f"verdict {digest_of(verdict)} about version {verdict.version}",
                did="left the champion as it is",
                do="run `keepfit verify`",
            )
        )
