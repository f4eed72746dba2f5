"""A rollout, looked at: what the log says of it, and what is written down about it."""

from datetime import datetime

import msgspec
from prefect import task
from prefect.cache_policies import NO_CACHE

from keepfit import registry, report
from keepfit import release as releasing
from keepfit.config import UseCase
from keepfit.records import Beheld, Decision, Released, Rollout
from keepfit.rollout import figures
from keepfit.serving.log.compared import compared
from keepfit.store import Store
from tasks.artifacts import markdown
from tasks.watching import told


class Review(msgspec.Struct, frozen=True):
    """Whose rollout is looked at, by whom, as of when and when really."""

    use_case: UseCase
    store: Store
    rollout: Rollout
    as_of: datetime
    started: datetime
    actor: str


@task(name="behold", persist_result=False, cache_policy=NO_CACHE)
def behold(it: Review) -> Beheld:
    """Read what all servers have logged since it began, and the labels that are known."""
    with told("behold") as tell:
        name, rollout = it.use_case.name, it.rollout
        champion, challenger = (
            registry.manifest(it.store, name, seat.digest) for seat in (rollout.champion, rollout.challenger)
        )
        classes = (champion.classes, challenger.classes)
        seen = compared(it.store, name, rollout, classes, as_of=it.as_of, key=challenger.key)
        tell(f"{seen.answers:,} predictions beside {seen.champion_answers:,} of the champion")
    return seen


@task(name="settle", persist_result=False, cache_policy=NO_CACHE)
def settle(it: Review, seen: Beheld, decision: Decision) -> Released:
    """Promote or stop, each with an entry of the ledger; where it is undecided, nothing is written."""
    with told("settle") as tell:
        released = _settled(it, seen, decision)
        shown = report.rollout_markdown(it.rollout, figures(seen), decision, released)
        markdown(it.use_case.name, "rollout", shown)
        tell(decision.decided)
    return released


def _settled(it: Review, seen: Beheld, decision: Decision) -> Released:
    who = {"actor": it.actor, "reason": decision.reason}
    if decision.decided == "promote":
        return releasing.end_rollout(
            it.store, it.use_case, it.rollout, **who, at=it.started, as_of=it.as_of, numbers=figures(seen)
        )
    if decision.decided == "stop":
        return releasing.stop_rollout(
            it.store,
            it.use_case.name,
            it.rollout,
            **who,
            at=it.started,
            as_of=it.as_of,
            numbers=figures(seen),
            by="log",
        )
    waits = f"the {it.rollout.strategy} of version {it.rollout.challenger.number} is undecided: {decision.reason}"
    return Released(
        released=False, champion=it.rollout.champion.number, reason=waits, rollout=it.rollout.challenger.number
    )
