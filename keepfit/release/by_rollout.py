"""A rollout: begun by a verdict, ended by what was answered in it, or by whatever moves the champion."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from keepfit.ledger import append, fold_of, rollout_of
from keepfit.records import Draft, Entry, Fold, Released, Rollout, Seat, Verdict
from keepfit.registry import last_look, see_that_whole
from keepfit.registry import verdict as read_verdict
from keepfit.release.words import anchor_of, name_of, number_of
from keepfit.store import Store

if TYPE_CHECKING:
    from keepfit.config.model import UseCase


def agreed(use_case: "UseCase", seat: Seat, verdict: str, fold: Fold, at: datetime) -> Rollout | None:
    """What begins at ``at`` after a pass; None where the version is released directly.

    That is what the YAML says, or there is no champion in service that it could answer beside.
    """
    said = use_case.release
    if said.strategy == "direct" or fold.champion is None:
        return None
    return Rollout(
        challenger=seat,
        champion=fold.champion,
        verdict=verdict,
        strategy=said.strategy,
        share=1.0 if said.strategy == "shadow" else said.share,
        started=at,
        until=at + said.for_,
        at_least=said.at_least,
        errors_at_most=said.errors_at_most,
        slower_at_most=said.slower_at_most,
        scores_differ_at_most=said.scores_differ_at_most,
    )


def begins(rollout: Rollout, fold: Fold, verdict: Verdict, why: str, actor: str, at: datetime) -> Draft:
    """The entry that starts it; it takes the place of one that is open."""
    before = rollout_of(fold)
    superseded = {"superseded": name_of(before.challenger)} if before else {}
    instead = f", instead of that of {name_of(before.challenger)}" if before else ""
    return Draft(
        action="rollout_started",
        actor=actor,
        reason=f"{why}; {in_words(rollout)}{instead}",
        at=at,
        as_of=verdict.as_of,
        version=rollout.challenger,
        verdict=rollout.verdict,
        outcome=verdict.outcome,
        rollout=rollout,
        details={"by": "verdict", "beside": name_of(rollout.champion), **superseded},
    )


def in_words(rollout: Rollout) -> str:
    """What goes on.

    >>> from datetime import UTC
    >>> day = datetime(2013, 4, 1, 12, tzinfo=UTC)
    >>> in_words(Rollout(challenger=Seat(number=2, digest=""), champion=Seat(number=1, digest=""), verdict="",
    ...     strategy="canary", share=0.1, started=day, until=day, at_least=200, errors_at_most=0.01,
    ...     slower_at_most=2.0, scores_differ_at_most=0.3))
    'a canary beside version 1 for 10% of requests, until 2013-04-01 12:00 UTC at least and 200 predictions'
    """
    share = f" for {100 * rollout.share:.4g}% of requests" if rollout.strategy == "canary" else ""
    end = f"until {rollout.until:%Y-%m-%d %H:%M} UTC at least and {rollout.at_least:,} predictions"
    return f"a {rollout.strategy} beside {name_of(rollout.champion)}{share}, {end}"


def stop_rollout(
    store: Store,
    use_case: str,
    rollout: Rollout,
    *,
    actor: str,
    reason: str,
    at: datetime,
    as_of: datetime | None = None,
    numbers: Mapping[str, float] | None = None,
    by: Literal["server", "log", "hand"] = "server",
) -> Released:
    """End a rollout, and keep the champion; one that is over by now is left as it ended.

    Raises
    ------
    ConfigError
        No actor or no reason.
    InfrastructureError
        The ledger cannot be written.
    """

    def draft(newest: Entry | None) -> Draft | Released:
        fold = fold_of(newest)
        if rollout_of(fold) != rollout:
            return _over(rollout, fold)
        return Draft(
            action="rollout_stopped",
            actor=actor,
            reason=reason,
            at=at,
            as_of=as_of,
            version=rollout.challenger,
            verdict=rollout.verdict,
            metrics=dict(numbers or {}),
            details={"by": by, "beside": name_of(rollout.champion)},
        )

    result = append(store, use_case, draft)
    if isinstance(result, Released):
        return result
    stopped = f"the {rollout.strategy} of {name_of(rollout.challenger)} is stopped: {reason}"
    return Released(released=False, champion=number_of(rollout.champion), reason=stopped)


def end_rollout(
    store: Store,
    use_case: "UseCase",
    rollout: Rollout,
    *,
    actor: str,
    reason: str,
    at: datetime,
    as_of: datetime,
    numbers: Mapping[str, float],
) -> Released:
    """Make the challenger of a rollout champion, if it still is the one that was agreed on.

    Raises
    ------
    IntegrityError
        A file of the version, or the verdict that it rests on, was altered.
    """
    seat = rollout.challenger

    def draft(newest: Entry | None) -> Draft | Released:
        fold = fold_of(newest)
        if rollout_of(fold) != rollout or fold.champion != rollout.champion:
            return _over(rollout, fold)
        if refused := _refusal(store, use_case, newest, seat):
            return Released(released=False, champion=number_of(fold.champion), reason=refused, rollout=seat.number)
        see_that_whole(store, use_case.name, seat)
        verdict = read_verdict(store, use_case.name, rollout.verdict)
        return Draft(
            action="promoted",
            actor=actor,
            reason=reason,
            at=at,
            as_of=as_of,
            version=seat,
            verdict=rollout.verdict,
            outcome=verdict.outcome,
            metrics=dict(numbers),
            details={"by": "rollout", "replaced": name_of(fold.champion), **anchor_of(verdict, fold)},
        )

    result = append(store, use_case.name, draft)
    if isinstance(result, Released):
        return result
    what = f"{name_of(seat)} is champion now, instead of {name_of(rollout.champion)}: {reason}"
    return Released(released=True, champion=seat.number, reason=what)


def _refusal(store: Store, use_case: "UseCase", newest: Entry | None, seat: Seat) -> str:
    """What has come between since it began."""
    if use_case.risk == "high":
        return f"{name_of(seat)} not released: risk is high: a person must approve, and this build has no approvals"
    judged = last_look(store, newest, seat)
    if judged is None or judged.outcome != "pass":
        outcome = str(judged and judged.outcome).replace("_", " ")
        return f"{name_of(seat)} not released: it was judged again since: {outcome}"
    return ""


def _over(rollout: Rollout, fold: Fold) -> Released:
    serves = f"{name_of(fold.champion)} is champion" if fold.champion else "no version serves"
    what = f"the {rollout.strategy} of {name_of(rollout.challenger)} is over already; {serves}"
    return Released(released=fold.champion == rollout.challenger, champion=number_of(fold.champion), reason=what)
