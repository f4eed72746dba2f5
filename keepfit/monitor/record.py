"""A window and what was decided about it, in the ledger."""

from datetime import datetime
from typing import NamedTuple

from msgspec import UNSET

from keepfit.config.model import UseCase
from keepfit.errors import IntegrityError, Problem
from keepfit.ledger import append, back_from, fold_of, watch_of
from keepfit.monitor.policy import decide
from keepfit.records import Draft, Entry, Fold, Noted, RetrainDecision, Window, canonical, digest_of
from keepfit.store import Store, put

WINDOW = "window"  # the role of the object of what was seen


class Decided(NamedTuple):
    """What was decided, and the number of the entry that says so."""

    decision: RetrainDecision
    entry: int


def note(store: Store, use_case: UseCase, window: Window, *, actor: str, at: datetime) -> Decided:
    """Decide, and write down what was seen and decided.

    It is decided by the history as it stands when the entry is written. The same window seen in the same way is not
    written twice: then the answer is that of the first time.
    """
    put(store, canonical(window))
    digest = digest_of(window)
    seen = Noted(
        start=window.span.start,
        end=window.span.end,
        version=window.version.number,
        window=digest,
        alarms=window.alarms,
        broken=bool(window.broken),
    )

    def draft(newest: Entry | None) -> Draft | Decided:
        fold = fold_of(newest)
        if any(each.window == digest for each in watch_of(fold).windows):
            return _first_time(store, newest, digest)
        decision = _decide(fold, seen, use_case, window.as_of)
        return Draft(
            action="monitored",
            actor=actor,
            reason=in_words(decision),
            at=at,
            as_of=window.as_of,
            version=window.version,
            objects={WINDOW: digest},
            noted=seen,
            retrain=decision,
        )

    found = append(store, use_case.name, draft)
    return found if isinstance(found, Decided) else Decided(_of(found), found.seq)


def in_words(decision: RetrainDecision) -> str:
    """A decision in a sentence.

    >>> in_words(RetrainDecision(retrain=False, because=("drift in 2 of 3 windows",), suppressed_by="cooldown"))
    'no retrain, although drift in 2 of 3 windows: cooldown'
    """
    because, why_not = ", ".join(decision.because), decision.suppressed_by
    if decision.retrain:
        return f"retrain: {because}"
    if because:
        return f"no retrain, although {because}: {why_not}"
    return f"no retrain: {why_not or 'nothing that counts has alarmed'}"


def _decide(fold: Fold, seen: Noted, use_case: UseCase, as_of: datetime) -> RetrainDecision:
    watch = watch_of(fold)
    earlier = [each for each in watch.windows if each.end < seen.end]
    newest = fold.newest_versions[0].as_of if fold.newest_versions else None
    requests = [each for each in watch.requests if each <= as_of]
    return decide([seen, *earlier], requests, newest, use_case.retrain, as_of)


def _first_time(store: Store, newest: Entry | None, digest: str) -> Decided:
    for entry in back_from(store, newest):
        if entry.objects.get(WINDOW) == digest:
            return Decided(_of(entry), entry.seq)
    raise IntegrityError(Problem("a window is remembered that no entry tells of", expected=f"an entry about {digest}"))


def _of(entry: Entry) -> RetrainDecision:
    if entry.retrain is UNSET:
        raise IntegrityError(Problem("an entry about a window says nothing of a decision", f"entry {entry.seq}"))
    return entry.retrain
