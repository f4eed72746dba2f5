"""What became of estimates: how often performance came out inside their intervals, and how far off they were."""

from collections.abc import Sequence
from math import comb

from msgspec import UNSET

from keepfit.records import Noted, Told, Track

MISSES = 0.1  # that an interval with two bounds at 95 % has by chance
WRONG = 0.05  # how unlikely so many misses are, from which on estimates are not trusted
LABELLED = 0.5  # the share of labelled rows from which on a window says what came


def track_of(apart: Sequence[Noted]) -> Track | None:
    """The record of estimates over windows of one version that do not overlap; None before any of them has labels.

    Windows whose data look broken say nothing of estimates.

    Estimates are not trusted where misses are so many that intervals like theirs would have them 1 time in 20 at most
    (a one-sided binomial test): 2 of 2, 2 of 3, 3 of 8.

    >>> from datetime import UTC, datetime
    >>> june = datetime(2013, 6, 1, tzinfo=UTC)
    >>> def told(realised): return Told(
    ...     metric="log_loss", estimated=0.5, low=0.4, high=0.6, realised=realised, rows=9, labelled=9)
    >>> def seen(realised): return Noted(
    ...     start=june, end=june, version=1, window="…", alarms=(), broken=False, told=told(realised))
    >>> track_of([seen(0.55), seen(0.61)])
    Track(metric='log_loss', windows=2, hits=1, bias=0.08, trusted=True)
    >>> track_of([seen(0.7), seen(0.61), seen(None)]).trusted
    False
    """
    known = [told for each in apart if not each.broken and (told := each.told) is not UNSET and _says(told)]
    if not known:
        return None
    hits = sum(_inside(told) for told in known)
    off = [(told.realised or 0.0) - (told.estimated or 0.0) for told in known]
    return Track(
        metric=known[0].metric,
        windows=len(known),
        hits=hits,
        bias=round(sum(off) / len(off), 12),
        trusted=chance(len(known), len(known) - hits) > WRONG,
    )


def chance(windows: int, misses: int) -> float:
    """How likely so many misses or more are.

    >>> round(chance(3, 2), 3), round(chance(1, 1), 3), chance(4, 0)
    (0.028, 0.1, 1.0)
    """
    return sum(comb(windows, k) * MISSES**k * (1 - MISSES) ** (windows - k) for k in range(misses, windows + 1))


def _says(told: Told) -> bool:
    known = None not in (told.estimated, told.low, told.high, told.realised)
    return known and told.labelled >= LABELLED * told.rows


def _inside(told: Told) -> bool:
    low, high, realised = told.low or 0.0, told.high or 0.0, told.realised or 0.0
    return low <= realised <= high
