"""A window and what was decided about it, in the ledger."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import UNSET, UnsetType, structs

from keepfit.config import default_metric
from keepfit.config.model import UseCase
from keepfit.errors import IntegrityError, Problem
from keepfit.evaluate import MIN_CLUSTERS
from keepfit.ledger import append, back_from, fold_of, head, watch_of
from keepfit.monitor.apart import disjoint
from keepfit.monitor.late import fuller
from keepfit.monitor.lost import lost_of
from keepfit.monitor.policy import decide
from keepfit.monitor.track import track_of
from keepfit.monitor.window import trigger_metric
from keepfit.records import (
    Draft,
    Entry,
    Fold,
    Helped,
    Lost,
    Noted,
    RetrainDecision,
    Told,
    Track,
    Trigger,
    Window,
    canonical,
    digest_of,
)
from keepfit.store import Store, put

WINDOW = "window"  # the role of the object of what was seen


class Decided(NamedTuple):
    """What was decided, and the number of the entry that says so (None: there was nothing to say).

    ``track`` says how estimates fared, ``lost`` what has not come back.
    """

    decision: RetrainDecision
    entry: int | None
    track: Track | None = None
    lost: Lost | None = None


def note(store: Store, use_case: UseCase, window: Window, *, actor: str, at: datetime, late: bool = False) -> Decided:
    """Decide, and write down what was seen and decided.

    It is decided by the history as it stands when the entry is written. A window that is seen as it was seen before
    (perhaps at a later moment) is not written twice: then the answer is that of the first time. A ``late`` look, at a
    window that was seen before, is written down if more labels have come, and decides by what these say only: realised
    performance, and drift of the label. By nothing where another version answers by now.
    """
    seen = noted(use_case, window)

    def draft(newest: Entry | None) -> Draft | Decided:
        fold = fold_of(newest)
        watch = watch_of(fold)
        before = next((each for each in watch.windows if _alike(each, seen, late=late)), None)
        if before is not None:
            return _first_time(store, newest, before.window)
        if late and not any(_same(each, seen) and fuller(each, window) for each in watch.windows):
            return Decided(RetrainDecision(retrain=False), None)
        put(store, canonical(window))
        earlier = [each for each in watch.windows if each.end < seen.end]
        told = structs.replace(seen, lost=lost_of(earlier, seen, use_case.retrain.when) or UNSET)
        decision = _decide(fold, [told, *earlier], use_case, window.as_of, late=late)
        return Draft(
            action="monitored",
            actor=actor,
            reason=_reason(decision, window),
            at=at,
            as_of=window.as_of,
            version=window.version,
            objects={WINDOW: seen.window},
            noted=told,
            retrain=decision,
        )

    found = append(store, use_case.name, draft)
    decided = found if isinstance(found, Decided) else Decided(_of(found), found.seq)
    known = [each for each in watch_of(fold_of(head(store, use_case.name))).windows if each.version == seen.version]
    lost = known[0].lost if known else UNSET
    return decided._replace(track=track_of(disjoint(known)), lost=None if lost is UNSET else lost)


def noted(use_case: UseCase, window: Window) -> Noted:
    """A window as the fold remembers it."""
    metric = trigger_metric(use_case.task, use_case.train.optimize or default_metric(use_case.task))
    guess, came = window.estimated.get(metric), window.realised.get(metric)
    return Noted(
        start=window.span.start,
        end=window.span.end,
        version=window.version.number,
        window=digest_of(window),
        alarms=window.alarms,
        broken=bool(window.broken),
        told=Told(
            metric=metric,
            estimated=_short(guess.value) if guess else None,
            low=_short(guess.low) if guess else None,
            high=_short(guess.high) if guess else None,
            realised=_short(came.value) if came else None,
            rows=window.span.rows,
            labelled=window.labelled,
            limit=_limit(window, metric),
        ),
        helped=window.helped or UNSET,
    )


def _limit(window: Window, metric: str) -> float | UnsetType:
    """From where on what came of a window is worse than usual."""
    found = (each.threshold for each in window.checks if (each.check, each.feature) == ("realised_performance", metric))
    limit = _short(next(found, None))
    return UNSET if limit is None else limit


def _short(value: float | None) -> float | None:
    """A number in six digits: every entry carries those of the newest windows.

    >>> _short(0.5998572323747073)
    0.599857
    """
    return None if value is None else float(f"{value:.6g}")


def _alike(one: Noted, seen: Noted, *, late: bool) -> bool:
    """Whether a window was seen like this before: by the very same look, or (not ``late``) with the same findings.

    The first look may have closed a case; those that follow find it closed. What is lost follows
    from the windows before.
    """
    if late or one.window == seen.window:
        return one.window == seen.window
    helped = one.helped if seen.helped is UNSET else seen.helped
    return one == structs.replace(seen, window=one.window, helped=helped, lost=one.lost)


def _same(one: Noted, other: Noted) -> bool:
    return (one.end, one.version) == (other.end, other.version)


def _reason(decision: RetrainDecision, window: Window) -> str:
    return "; ".join(filter(None, (helped_in_words(window.helped), in_words(decision))))


def helped_in_words(helped: Helped | None) -> str:
    """What a new champion is worth, in half a sentence.

    >>> helped_in_words(Helped(version=2, replaced=1, end=datetime(2013, 7, 1), rows=900, metric="log_loss",
    ...     difference=0.03, low=0.01, high=0.05, outcome="helped"))
    'version 2 does better than version 1 would have: log loss by 0.03 (0.01 to 0.05) on 900 rows'
    """
    if helped is None:
        return ""
    words = {
        "helped": "does better than version {} would have",
        "hurt": "does worse than version {} would have",
        "unclear": "may do as well as version {} would have",
    }[helped.outcome].format(helped.replaced)
    by = "not known" if helped.difference is None else f"by {helped.difference:.3g}"
    known = helped.low is not None and helped.high is not None
    bounds = f" ({helped.low:.3g} to {helped.high:.3g})" if known else ""
    metric = helped.metric.replace("_", " ")
    few = "" if helped.closed or helped.days is UNSET else f"; of {MIN_CLUSTERS} days that it takes, {len(helped.days)}"
    return f"version {helped.version} {words}: {metric} {by}{bounds} on {helped.rows:,} rows{few}"


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


def _decide(fold: Fold, windows: Sequence[Noted], use_case: UseCase, as_of: datetime, *, late: bool) -> RetrainDecision:
    watch, policy, seen = watch_of(fold), use_case.retrain, windows[0]
    newest = fold.newest_versions[0].as_of if fold.newest_versions else None
    requests = [each for each in watch.requests if each <= as_of]
    if late:
        if fold.champion is None or fold.champion.number != seen.version:
            return RetrainDecision(retrain=False, suppressed_by=f"version {seen.version} does not answer any more")
        if any(_says_more(each, seen) for each in watch.windows):
            return RetrainDecision(retrain=False, suppressed_by="labels of a newer window are known too")
        told = ("realised_performance", *_brought(watch.windows, seen))
        policy = policy.model_copy(update={"on": tuple(each for each in policy.on if each in told)})
    return decide(windows, requests, newest, policy, as_of)


def _brought(windows: Sequence[Noted], seen: Noted) -> tuple[Trigger, ...]:
    """Drift where labels brought it: it was not there when the window was looked at before, and decided on."""
    before = next(each for each in windows if _same(each, seen))
    return ("drift",) if "drift" in seen.alarms and "drift" not in before.alarms else ()


def _says_more(each: Noted, seen: Noted) -> bool:
    """Whether what came of a newer window of the same version is known."""
    newer = each.end > seen.end and each.version == seen.version
    return newer and each.told is not UNSET and each.told.realised is not None


def _first_time(store: Store, newest: Entry | None, digest: str) -> Decided:
    for entry in back_from(store, newest):
        if entry.objects.get(WINDOW) == digest:
            return Decided(_of(entry), entry.seq)
    raise IntegrityError(Problem("a window is remembered that no entry tells of", expected=f"an entry about {digest}"))


def _of(entry: Entry) -> RetrainDecision:
    if entry.retrain is UNSET:
        raise IntegrityError(Problem("an entry about a window says nothing of a decision", f"entry {entry.seq}"))
    return entry.retrain
