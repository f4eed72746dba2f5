"""Windows that do not overlap, and whether an alarm stands over them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from keepfit.records import Noted, Trigger

if TYPE_CHECKING:
    from keepfit.config.monitor import Often


def disjoint(windows: Sequence[Noted]) -> list[Noted]:
    """The newest window, the newest that ends before it begins, and so on."""
    chosen: list[Noted] = []
    for each in windows:
        if not chosen or each.end <= chosen[-1].start:
            chosen.append(each)
    return chosen


def standing(apart: Sequence[Noted], trigger: Trigger, when: "Often") -> bool:
    """Whether an alarm stands: harder to raise than to keep (hysteresis).

    It is raised by ``count`` of ``windows`` that do not overlap, newest first, the newest of them included, and clears
    when as many as ``windows`` in a row were quiet. Until then one window that alarms is enough.

    >>> from datetime import UTC, datetime
    >>> from keepfit.config.monitor import Often
    >>> june = datetime(2013, 6, 1, tzinfo=UTC)
    >>> def seen(*marks): return [Noted(
    ...     start=june, end=june, version=1, window="…", alarms=("drift",) * mark, broken=False) for mark in marks]
    >>> often = Often(count=2, windows=3)
    >>> standing(seen(1, 0, 0, 1, 1), "drift", often), standing(seen(1, 0, 0, 0, 1, 1), "drift", often)
    (True, False)
    """
    marks = [trigger in each.alarms for each in apart]
    raised, quiet = False, 0
    for place in reversed(range(len(marks))):
        if marks[place]:
            raised, quiet = raised or sum(marks[place : place + when.windows]) >= when.count, 0
        else:
            quiet += 1
            raised = raised and quiet < when.windows
    return raised
