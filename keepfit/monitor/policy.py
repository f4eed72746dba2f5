"""Whether what was seen calls for a new model: pure, and with a memory that is handed in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from keepfit.records import Noted, RetrainDecision

if TYPE_CHECKING:
    from keepfit.config.monitor import Retrain


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
        a new model begins anew, which is also what keeps a retrain from asking for the next.
    requests
        When retrains were asked for, newest first.
    made_as_of
        The moment of the newest version, released or not.
    as_of
        Now.

    Examples
    --------
    >>> from datetime import UTC
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
    apart = disjoint([each for each in windows if each.version == newest.version])[: policy.when.windows]
    because = tuple(
        f"{trigger.replace('_', ' ')} in {count} of {len(apart)} windows"
        for trigger in policy.on
        if trigger in newest.alarms and (count := sum(trigger in each.alarms for each in apart)) >= policy.when.count
    )
    if not because:
        return RetrainDecision(retrain=False, suppressed_by=_waiting(newest, policy, len(apart)))
    suppressed = _suppressed(newest, requests, made_as_of, policy, as_of)
    return RetrainDecision(retrain=suppressed is None, because=because, suppressed_by=suppressed)


def disjoint(windows: Sequence[Noted]) -> list[Noted]:
    """The newest window, the newest that ends before it begins, and so on."""
    chosen: list[Noted] = []
    for each in windows:
        if not chosen or each.end <= chosen[-1].start:
            chosen.append(each)
    return chosen


def _waiting(newest: Noted, policy: "Retrain", windows: int) -> str | None:
    """Why an alarm alone is not enough; None where nothing that counts has alarmed."""
    counts = [trigger for trigger in policy.on if trigger in newest.alarms]
    if not counts:
        return None
    names = ", ".join(trigger.replace("_", " ") for trigger in counts)
    return f"{names} alarms, but not yet in {policy.when.count} of {policy.when.windows} windows ({windows} so far)"


def _suppressed(
    newest: Noted, requests: Sequence[datetime], made_as_of: datetime | None, policy: "Retrain", as_of: datetime
) -> str | None:
    """What stands against a retrain that the alarms call for."""
    if newest.broken:
        return "the data look broken rather than drifted: a person must look before anything learns from them"
    if requests and as_of - requests[0] < policy.cooldown:
        return f"cooldown: a retrain was asked for {_ago(as_of - requests[0])} ago"
    lately = sum(as_of - each < policy.at_most.span for each in requests)
    if lately >= policy.at_most.count:
        return f"budget: {lately} retrains in {_ago(policy.at_most.span)}"
    if made_as_of is not None and made_as_of >= newest.end:
        return f"already retrained: the newest version was made as of {made_as_of:%Y-%m-%d}, after this window"
    return None


def _ago(span: timedelta) -> str:
    """A time in words.

    >>> _ago(timedelta(days=3, hours=2)), _ago(timedelta(hours=5))
    ('3 days', '5 hours')
    """
    return f"{span.days} days" if span.days else f"{span.seconds // 3600} hours"
