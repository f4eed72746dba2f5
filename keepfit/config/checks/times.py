"""Zones, spans and windows: what time must be there, and what fits into what."""

from collections.abc import Iterator
from datetime import timedelta
from math import ceil

from keepfit.config.document import Finding, Path
from keepfit.config.model import UseCase
from keepfit.config.suggest import did_you_mean
from keepfit.config.values import format_duration
from keepfit.records.monitoring import REMEMBERED


def timezone_exists(use_case: UseCase) -> Iterator[Finding]:
    """The zone is one of the IANA data base."""
    from zoneinfo import ZoneInfo, available_timezones

    name = use_case.data.timezone
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # unknown; a folder; not a name at all
        do = did_you_mean(name, available_timezones())
        yield Finding(("data", "timezone"), "no such time zone", "a name such as America/New_York or UTC", do=do)


def spans_need_an_event_time(use_case: UseCase) -> Iterator[Finding]:
    """What is said about time means nothing where rows have none."""
    data = use_case.data
    if data.event_time is not None:
        return
    said: dict[Path, bool] = {
        ("data", "label", "known_after"): data.label.known_after > timedelta(0),
        ("data", "history"): data.history is not None,
        ("data", "freshness"): data.freshness is not None,
        ("split", "by"): use_case.split.by == "time",
        ("split", "gap"): use_case.split.gap > timedelta(0),
    }
    for path in (path for path, is_said in said.items() if is_said):
        name = ".".join(map(str, path))
        what = f"`{name}` needs `data.event_time`, which is not there"
        yield Finding(
            path, what, "a column that says when a prediction would be asked for", do="write `data.event_time`"
        )


def windows_fit_the_history(use_case: UseCase) -> Iterator[Finding]:
    """The history holds the holdout, the wait for labels and something to learn from."""
    history, freshness = use_case.data.history, use_case.data.freshness
    if history is None:
        return
    if freshness is not None and freshness > history:
        what = "`data.freshness` is longer than `data.history`"
        found = f"freshness {format_duration(freshness)}, history {format_duration(history)}"
        yield Finding(
            ("data", "freshness"), what, "freshness at most history", found, "shorten one, or lengthen the other"
        )
    rule = use_case.split
    holdout, wait = rule.holdout, use_case.data.label.known_after + rule.gap
    taken = holdout + wait if isinstance(holdout, timedelta) else wait
    if taken >= history:
        gap = ", `split.gap`" if rule.gap else ""
        what = (
            f"`split.holdout`{gap} and `data.label.known_after` together leave nothing of `data.history` to learn from"
        )
        spans = {"holdout": holdout, "gap": rule.gap or None, "known_after": wait - rule.gap, "history": history}
        found = ", ".join(f"{name} {format_duration(d)}" for name, d in spans.items() if isinstance(d, timedelta))
        path = ("split", "holdout") if isinstance(holdout, timedelta) else ("data", "label", "known_after")
        yield Finding(path, what, "together shorter than history", found, "shorten them, or lengthen the history")


def watching_needs_an_event_time(use_case: UseCase) -> Iterator[Finding]:
    """Windows are stretches of time."""
    if use_case.data.event_time is not None:
        return
    by_calendar = use_case.retrain.model_fields_set <= {"schedule"}
    for section in sorted({"monitor", "retrain"} & use_case.model_fields_set):
        if section == "retrain" and by_calendar:
            continue
        what = f"`{section}` needs `data.event_time`, which is not there: without it there are no windows"
        yield Finding((section,), what, do="write `data.event_time`, or leave it out")


def windows_are_remembered(use_case: UseCase) -> Iterator[Finding]:
    """All windows that a decision looks back to are among those that the ledger remembers."""
    monitor, often = use_case.monitor, use_case.retrain.when
    needed = often.windows * ceil(monitor.window / monitor.every)
    if needed > REMEMBERED:
        what = "a decision would look further back than the ledger remembers windows"
        found = (
            f"{often.windows} windows of {format_duration(monitor.window)}, one every {format_duration(monitor.every)}"
        )
        yield Finding(
            ("retrain", "when"), what, f"at most {REMEMBERED} windows in all", found, "look less often, or at fewer"
        )
