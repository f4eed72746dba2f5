"""Whether what was seen calls for a new model: pure, and with a memory that is handed in."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from keepfit.monitor.apart import disjoint
from keepfit.monitor.lost import again
from keepfit.monitor.track import track_of
from keepfit.records import Noted, RetrainDecision, Trigger

if TYPE_CHECKING:
    from keepfit.config.monitor import Often, Retrain


BROKEN = "the data look broken rather than drifted: a person must look before anything learns from them"


def decide(
    windows: Sequence[Noted],
    requests: Sequence[datetime],
    made_as_of: datetime | None,
    policy: "Retrain",
    as_of: datetime,
) -> RetrainDecision:
    """Whether to retrain.

    Parameters
    ----------
    windows
        Newest first; the first is the one that was just looked at. Those of other versions than its own do not count:
        a new model begins anew, which is also what keeps a retrain from asking for the next. But what earlier
        ones have lost (see `keepfit.monitor.lost`) may ask for one. Those whose data look broken raise no alarm and
        clear none.
    requests
        When retrains were asked for, newest first.
    made_as_of
        The moment of the newest version, released or not.
    as_of
        Now.

    Examples
    --------
    >>> from keepfit.config.monitor import Retrain
    >>> def seen(day, *alarms, broken=False): return Noted(
    ...     start=datetime(2013, 6, day, tzinfo=UTC), end=datetime(2013, 6, day + 7, tzinfo=UTC), version=1, window="…",
    ...     alarms=alarms, broken=broken)
    >>> june = [seen(15, "drift"), seen(8), seen(1, "drift")]
    >>> decide(june, [], None, Retrain(), datetime(2013, 6, 22, tzinfo=UTC)).because
    ('drift in 2 of 3 windows',)
    >>> decide(june[1:], [], None, Retrain(), datetime(2013, 6, 15, tzinfo=UTC))
    RetrainDecision(retrain=False, because=(), suppressed_by=None)
    """
    newest = windows[0]
    if newest.broken:
        return RetrainDecision(retrain=False, suppressed_by=BROKEN)
    apart = disjoint([each for each in windows if each.version == newest.version])
    alarmed = [trigger for trigger in policy.on if trigger in newest.alarms]
    doubted = _doubted(apart)
    counting = [trigger for trigger in alarmed if trigger not in doubted]
    because = tuple(_because(apart, each, policy.when) for each in counting if standing(apart, each, policy.when))
    due, lost = again(apart, policy.when) if "realised_performance" in policy.on else (False, "")
    because = (*because, lost) if due else because
    if not because:
        waiting = _waiting(alarmed, doubted, policy, len(apart))
        return RetrainDecision(retrain=False, suppressed_by="; ".join(filter(None, (waiting, lost))) or None)
    suppressed = _suppressed(newest, requests, made_as_of, policy, as_of)
    return RetrainDecision(retrain=suppressed is None, because=because, suppressed_by=suppressed)


def standing(apart: Sequence[Noted], trigger: Trigger, when: "Often") -> bool:
    """Whether an alarm stands: harder to raise than to keep (hysteresis).

    It is raised by ``count`` of ``windows`` that do not overlap, newest first, the newest of them included, and clears
    when as many as ``windows`` in a row were quiet. Until then one window that alarms is enough.

    >>> from keepfit.config.monitor import Often
    >>> june = datetime(2013, 6, 1, tzinfo=UTC)
    >>> def seen(*marks): return [Noted(
    ...     start=june, end=june, version=1, window="…", alarms=("drift",) * mark, broken=False) for mark in marks]
    >>> often = Often(count=2, windows=3)
    >>> standing(seen(1, 0, 0, 1, 1), "drift", often), standing(seen(1, 0, 0, 0, 1, 1), "drift", often)
    (True, False)
    """
    marks = [_sounds(each, trigger) for each in apart]
    raised, quiet = False, 0
    for place in reversed(range(len(marks))):
        if marks[place]:
            raised, quiet = raised or sum(marks[place : place + when.windows]) >= when.count, 0
        elif not apart[place].broken:
            quiet += 1
            raised = raised and quiet < when.windows
    return raised


def _sounds(window: Noted, trigger: Trigger) -> bool:
    return trigger in window.alarms and not window.broken


def _because(apart: Sequence[Noted], trigger: Trigger, when: "Often") -> str:
    lately = apart[: when.windows]
    count, name = sum(_sounds(each, trigger) for each in lately), trigger.replace("_", " ")
    told = f"{name} in {count} of {len(lately)} windows"
    return told if count >= when.count else f"{told}, an alarm that has not cleared"


def _doubted(apart: Sequence[Noted]) -> dict[Trigger, str]:
    """The triggers that do not count, and why: estimates that have been wrong."""
    track = track_of(apart)
    if track is None or track.trusted:
        return {}
    missed = f"{track.windows - track.hits} of {track.windows} windows came out outside its interval"
    return {"estimated_performance": f"estimated performance is not trusted: {missed}"}


def _waiting(alarmed: Sequence[Trigger], doubted: dict[Trigger, str], policy: "Retrain", windows: int) -> str | None:
    """Why an alarm alone is not enough; None where nothing that counts has alarmed.

    >>> from keepfit.config.monitor import Retrain
    >>> _waiting(["drift"], {}, Retrain(), 1), _waiting(["drift"], {}, Retrain(), 5)
    ('drift alarms, but not yet in 2 of 3 windows (1 so far)', 'drift alarms, but not yet in 2 of 3 windows')
    """
    names = ", ".join(each.replace("_", " ") for each in alarmed if each not in doubted)
    seen = min(windows, policy.when.windows)
    few = f" ({seen} so far)" if seen < policy.when.windows else ""
    yet = f"{names} alarms, but not yet in {policy.when.count} of {policy.when.windows} windows{few}"
    told = [*([yet] if names else []), *(doubted[each] for each in alarmed if each in doubted)]
    return "; ".join(told) or None


def _suppressed(
    newest: Noted, requests: Sequence[datetime], made_as_of: datetime | None, policy: "Retrain", as_of: datetime
) -> str | None:
    """What stands against a retrain that the alarms call for."""
    if requests and as_of - requests[0] < policy.cooldown:
        return f"cooldown until {_at(requests[0] + policy.cooldown)}: a retrain was asked for as of {_at(requests[0])}"
    lately = sum(as_of - each < policy.at_most.span for each in requests)
    if lately >= policy.at_most.count:
        return f"budget: {lately} retrains in {_long(policy.at_most.span)}"
    if made_as_of is not None and made_as_of >= newest.end:
        return f"already retrained: the newest version was made as of {_at(made_as_of)}, after this window"
    return None


def _at(moment: datetime) -> str:
    """A moment, which may be one that a run pretends it is: how long ago it was would say nothing then."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _long(span: timedelta) -> str:
    """A time in words.

    >>> _long(timedelta(days=3, hours=2)), _long(timedelta(hours=5))
    ('3 days', '5 hours')
    """
    return f"{span.days} days" if span.days else f"{span.seconds // 3600} hours"
