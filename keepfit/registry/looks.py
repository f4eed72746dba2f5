"""A version that is registered already, judged once more."""

from collections.abc import Mapping
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING

from keepfit.errors import IntegrityError, Problem
from keepfit.ledger import append, back_from, head
from keepfit.records import Draft, Entry, Evaluated, Registered, Seat, Verdict, canonical, digest_of, parse
from keepfit.registry.positions import position
from keepfit.registry.spending import spent_by
from keepfit.registry.versions import registration, verdict_key
from keepfit.store import Store, get, publish

if TYPE_CHECKING:
    from keepfit.config.model import UseCase

EVALUATED = "evaluated"  # the object of the figures that a verdict was made of
SNAPSHOT = "snapshot"  # in the details of an entry that judges: the rows that were at hand


def look(
    store: Store,
    use_case: "UseCase",
    seat: Seat,
    verdict: Verdict,
    *,
    run: str,
    actor: str,
    reason: str,
    at: datetime,
    objects: Mapping[str, str],
    details: Mapping[str, str],
) -> Registered:
    """Write down that a version was judged again; the same run gets the same entry again, and spends once.

    ``objects`` by role must be in the store.

    Raises
    ------
    IntegrityError
        The verdict is about another version.
    """
    if verdict.version != seat.digest:
        what = "a verdict is about another version than the one that was judged again"
        raise IntegrityError(Problem(what, f"version {seat.number}", seat.digest, verdict.version, "wrote nothing"))
    stood = position(store, use_case, run, verdict.as_of)
    given = registration(store, use_case.name, seat.number)
    held = {name: text for name, text in (given.details if given else {}).items() if name == "held"}
    digest = digest_of(verdict)
    publish(store, verdict_key(use_case.name, digest), canonical(verdict))

    def draft(newest: Entry | None) -> Draft | Registered:
        if known := _made_by(store, run, newest, since=stood.seq):
            return known
        spent, overspent = spent_by(use_case, stood, verdict, newest)
        return Draft(
            action="judged",
            actor=actor,
            reason=reason,
            at=at,
            as_of=verdict.as_of,
            version=seat,
            verdict=digest,
            outcome=verdict.outcome,
            run=run,
            objects=dict(objects),
            details={**details, **held, **overspent},
            spent=spent,
        )

    entry = append(store, use_case.name, draft)
    return entry if isinstance(entry, Registered) else _registered(entry, seat, digest)


def last_look(store: Store, newest: Entry | None, seat: Seat) -> Entry | None:
    """The last entry up to ``newest`` that judged the version: the one that registered it, or a later one."""
    told = (entry for entry in back_from(store, newest) if entry.action in {"registered", "judged"})
    return next((entry for entry in told if entry.version == seat), None)


def last_evaluated(store: Store, use_case: str) -> tuple[int, Evaluated] | None:
    """The newest version that was measured, by its number, and its figures."""
    told = (entry for entry in back_from(store, head(store, use_case)) if EVALUATED in entry.objects)
    entry = next(told, None)
    if entry is None or entry.version is None:
        return None
    return entry.version.number, parse(get(store, entry.objects[EVALUATED]), Evaluated)


def _made_by(store: Store, run: str, newest: Entry | None, since: int) -> Registered | None:
    later = takewhile(lambda entry: entry.seq > since, back_from(store, newest))
    known = next((entry for entry in later if entry.action == "judged" and entry.run == run), None)
    return _registered(known, known.version, known.verdict) if known and known.version and known.verdict else None


def _registered(entry: Entry, seat: Seat, verdict: str) -> Registered:
    return Registered(number=seat.number, digest=seat.digest, verdict=verdict, entry=entry.seq)
