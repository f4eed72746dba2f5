"""Performance that alarmed in the time of an earlier champion, and has not come back since.

A new champion brings its own reference along. Where it was made from a time that was bad already, that time is what is
usual for it: its windows are quiet, and nobody would hear any more of what was lost. So what was usual before is
remembered until it is there again, and a retrain that helped, but not enough, may be followed by another.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import UNSET

from keepfit.config.metrics import METRICS
from keepfit.monitor.apart import disjoint, standing
from keepfit.monitor.track import LABELLED
from keepfit.records import Helped, Lost, Noted, Told

if TYPE_CHECKING:
    from keepfit.config.monitor import Often


def lost_of(earlier: Sequence[Noted], seen: Noted, when: "Often") -> Lost | None:
    """What was lost before the window ``seen`` and is not back with it; None: nothing.

    It begins with a new champion, where realised performance stood as an alarm of the one before, and ends with as many
    windows in a row within the old limit as clear an alarm, or with another metric that decides.

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
    >>> bad = [week(8, 1, 5.8, 1.1, "realised_performance"), week(1, 1, 5.9, 1.1, "realised_performance")]
    >>> lost_of(bad, week(15, 2, 4.9, 6.0), Often(count=2, windows=3)).limit
    1.1
    """
    own = [seen, *(each for each in earlier if each.version == seen.version)]
    known = own[1].lost if len(own) > 1 else _begun(earlier, when)
    if known is UNSET or known is None or seen.told is UNSET or seen.told.metric != known.metric:
        return None
    return None if _back(disjoint(own), known, when) else known


def _begun(earlier: Sequence[Noted], when: "Often") -> Lost | None:
    """What the version before has lost, or had not got back itself."""
    if not earlier:
        return None
    newest = earlier[0]
    if newest.lost is not UNSET:
        return newest.lost
    before = disjoint([each for each in earlier if each.version == newest.version])
    worse = [found for each in before[: when.windows] if (found := _worse(each)) is not None]
    return worse[-1] if worse and standing(before, "realised_performance", when) else None


def _worse(noted: Noted) -> Lost | None:
    """A window that alarmed because the metric that may trigger was beyond its limit."""
    told = _known(noted)
    if told is None or told.limit is UNSET or not _off(told, told.limit):
        return None
    if "realised_performance" not in noted.alarms:  # within the error of so few rows
        return None
    return Lost(version=noted.version, metric=told.metric, limit=told.limit, since=noted.end)


def again(apart: Sequence[Noted], helped: Helped | None, when: "Often") -> tuple[str | None, str | None]:
    """Why another retrain is called for by what has not come back, or why none is although it has not.

    Parameters
    ----------
    apart
        Windows of one version that do not overlap, newest first.
    helped
        What is known of the champion beside the one before.
    """
    newest = apart[0]
    lost = newest.lost
    if lost is UNSET or not _beyond(newest, lost):
        return None, None
    lately = [each for each in apart[: when.windows] if _known(each) is not None]
    count = sum(_beyond(each, lost) for each in lately)
    said = f"{lost_in_words(lost)}: in {count} of {len(lately)} windows"
    if count < when.count:
        return None, None
    if helped is None or not helped.closed:
        return None, f"{said}; whether version {newest.version} has helped is not known yet"
    if helped.outcome != "helped":
        more = "more of the same may not help: a person must look at labels, columns and `history`"
        return None, f"{said}; version {newest.version} has not helped, {more}"
    return f"{said}, though version {newest.version} has helped", None


def lost_in_words(lost: Lost) -> str:
    """What has not come back, in half a sentence.

    >>> from datetime import UTC, datetime
    >>> lost_in_words(Lost(version=2, metric="rmse", limit=1.093, since=datetime(2026, 11, 12, tzinfo=UTC)))
    'realised rmse is not back where it was with version 2 until 2026-11-12, at most 1.093'
    """
    side = "least" if _higher(lost.metric) else "most"
    where = f"with version {lost.version} until {lost.since:%Y-%m-%d}, at {side} {lost.limit:.4g}"
    return f"realised {lost.metric.replace('_', ' ')} is not back where it was {where}"


def _back(own: Sequence[Noted], lost: Lost, when: "Often") -> bool:
    known = [each for each in own if _known(each) is not None][: when.windows]
    return len(known) == when.windows and not any(_beyond(each, lost) for each in known)


def _known(noted: Noted) -> Told | None:
    """What is told of a window, where at least half of its labels are known."""
    told = noted.told
    return told if told is not UNSET and told.realised is not None and told.labelled >= LABELLED * told.rows else None


def _beyond(noted: Noted, lost: Lost) -> bool:
    told = _known(noted)
    return told is not None and _off(told, lost.limit)


def _off(told: Told, limit: float) -> bool:
    realised = told.realised or 0.0
    return realised < limit if _higher(told.metric) else realised > limit


def _higher(metric: str) -> bool:
    return metric in METRICS and METRICS[metric].higher_is_better
