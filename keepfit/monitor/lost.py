"""Performance that alarmed in the time of an earlier champion, and has not come back since.

A new champion brings its own reference along. Where that was made from a time that was bad already, bad is usual for
it: its windows are quiet, and nobody would hear any more of what was lost. So the limit of the version that alarmed is
remembered until windows are within it again, and until then it can call for another retrain.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import UNSET

from keepfit.config.metrics import METRICS
from keepfit.monitor.apart import disjoint
from keepfit.monitor.track import LABELLED
from keepfit.records import Lost, Noted, Told, Window

if TYPE_CHECKING:
    from keepfit.config.monitor import Often


def lost_of(earlier: Sequence[Noted], seen: Noted, when: "Often") -> Lost | None:
    """What was lost before the window ``seen`` and is not back with it; None: nothing.

    It begins with a new champion, where realised performance alarmed in one of the last windows of the version before,
    as many as the policy looks at. It ends when as many in a row were within the old limit, or another metric decides.

    Parameters
    ----------
    earlier
        Windows that ended before, newest first, of all versions.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from keepfit.config.monitor import Often
    >>> def week(day, version, realised, limit, *alarms): return Noted(
    ...     start=datetime(2013, 6, day, tzinfo=UTC), end=datetime(2013, 6, day + 7, tzinfo=UTC), version=version,
    ...     window="…", alarms=alarms, broken=False, told=Told(metric="rmse", estimated=None, low=None, high=None,
    ...     realised=realised, rows=9, labelled=9, limit=limit))
    >>> bad = [week(8, 1, 5.8, 1.1, "realised_performance"), week(1, 1, 1.0, 1.1)]
    >>> lost_of(bad, week(15, 2, 4.9, 6.0), Often(count=2, windows=3)).limit
    1.1
    """
    own = [seen, *(each for each in earlier if each.version == seen.version)]
    known = _begun([each for each in earlier if each.version != seen.version], when)
    if known is None and len(own) > 1 and own[1].lost is not UNSET:
        known = own[1].lost  # by now the version before is forgotten
    if known is None or seen.told is UNSET or seen.told.metric != known.metric:
        return None
    return None if _back(disjoint(own), known, when) else known


def _begun(others: Sequence[Noted], when: "Often") -> Lost | None:
    """What the version before had not got back itself, or has lost."""
    if not others:
        return None
    newest = others[0]
    if newest.lost is not UNSET:
        return newest.lost
    before = disjoint([each for each in others if each.version == newest.version])
    return next(filter(None, map(_worse, reversed(before[: when.windows]))), None)


def _worse(noted: Noted) -> Lost | None:
    """A window that alarmed because the metric that may trigger was beyond its limit."""
    told = _known(noted)
    if told is None or told.limit is UNSET or not _off(told, told.limit):
        return None
    if "realised_performance" not in noted.alarms:  # within the error of so few rows
        return None
    return Lost(version=noted.version, metric=told.metric, limit=told.limit, since=noted.end)


def again(apart: Sequence[Noted], when: "Often") -> tuple[bool, str]:
    """Whether what has not come back calls for another retrain, and what is to be said of it ("": it is back).

    Parameters
    ----------
    apart
        Windows of one version that do not overlap, newest first.
    """
    lost = apart[0].lost
    if lost is UNSET or not _beyond(apart[0], lost):
        return False, ""
    lately = [each for each in apart[: when.windows] if _known(each) is not None]
    count = sum(_beyond(each, lost) for each in lately)
    return count >= when.count, f"{lost_in_words(lost)}: beyond it in {count} of {len(lately)} windows"


def lost_in_words(lost: Lost) -> str:
    """What has not come back, in half a sentence.

    >>> from datetime import UTC, datetime
    >>> lost_in_words(Lost(version=2, metric="rmse", limit=1.093, since=datetime(2026, 11, 12, tzinfo=UTC)))
    'realised rmse is not back for good at most 1.093, where it was until version 2 alarmed of the window to 2026-11-12'
    """
    side = "least" if _higher(lost.metric) else "most"
    where = f"where it was until version {lost.version} alarmed of the window to {lost.since:%Y-%m-%d}"
    return f"realised {lost.metric.replace('_', ' ')} is not back for good at {side} {lost.limit:.4g}, {where}"


def still_lost(lost: Lost | None, window: Window) -> bool:
    """Whether what came of this window, known of half of its rows at least, is beyond what was usual before."""
    if lost is None or window.broken or window.labelled < LABELLED * window.span.rows:
        return False
    came = window.realised.get(lost.metric)
    return came is not None and came.value is not None and _far(lost.metric, came.value, lost.limit)


def _back(own: Sequence[Noted], lost: Lost, when: "Often") -> bool:
    """Whether ever so many windows in a row were within the limit."""
    return any(run >= when.windows for run in _runs(own, lost))


def _runs(own: Sequence[Noted], lost: Lost) -> Iterator[int]:
    """After each window whose labels are known, how many in a row were within the limit."""
    run = 0
    for each in reversed(own):
        if _known(each) is not None:
            run = 0 if _beyond(each, lost) else run + 1
            yield run


def _known(noted: Noted) -> Told | None:
    """What is told of a window, where at least half of its labels are known and its data do not look broken."""
    told = noted.told
    if noted.broken or told is UNSET or told.realised is None or told.labelled < LABELLED * told.rows:
        return None
    return told


def _beyond(noted: Noted, lost: Lost) -> bool:
    told = _known(noted)
    return told is not None and _off(told, lost.limit)


def _off(told: Told, limit: float) -> bool:
    return told.realised is not None and _far(told.metric, told.realised, limit)


def _far(metric: str, value: float, limit: float) -> bool:
    return value < limit if _higher(metric) else value > limit


def _higher(metric: str) -> bool:
    return metric in METRICS and METRICS[metric].higher_is_better
