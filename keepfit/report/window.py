"""A window of production in words: what moved, how good the model is, what was decided."""

from collections.abc import Iterator

from keepfit.monitor import lost_in_words
from keepfit.records import Estimate, Forecast, Monitored, Track, Window, WindowCheck
from keepfit.report.checked import groups_of, headline, metric_of, state
from keepfit.report.markdown import as_table, escaped
from keepfit.report.watched import track_in_words
from keepfit.report.wording import visible

_SOURCES = {"log": "rows served", "rows": "rows"}
_SHOWN = 8  # checks that passed
_MOST_LINES = 300  # of the table of checks
_MARKS = {"pass": "✓", "fail": "✗", "not_enough_evidence": "?", "skipped": "·", "unjudged": "·"}


def window_text(result: Monitored) -> str:
    """What ``keepfit monitor`` says to people."""
    window = result.window
    head = f"{result.use_case} as of {result.as_of:%Y-%m-%d %H:%M} UTC"
    if window is None:
        return f"\n{head}\n  {visible(result.reason)}"
    span = window.span
    lines = [
        "",
        head,
        f"  window {span.start:%Y-%m-%d} to {span.end:%Y-%m-%d}, {span.rows:,} {_SOURCES[window.source]}, "
        f"{window.labelled:,} with labels; "
        f"version {window.version.number}",
        "",
        *map(_line, _ordered(window.checks)),
        "",
        *_performance(window),
        *_estimates(result.track),
        *([f"  lost      {lost_in_words(result.lost)}"] if result.lost else []),
        *(f"  broken    {visible(each)}" for each in window.broken),
        *_late(result),
        *([f"  source    {visible(window.source_because)}"] if window.source_because else []),
        f"  decision  {visible(result.reason)}",
        *_pages(result),
    ]
    return "\n".join(lines)


def _estimates(track: Track | None) -> Iterator[str]:
    """How estimates have fared so far."""
    if track is not None:
        yield f"  estimates {track_in_words(track)}"


def _pages(result: Monitored) -> Iterator[str]:
    if result.page is not None:
        yield f"\npage      {visible(result.page, 300)}"
        yield f"over time {visible(result.overview or '', 300)}"


def _late(result: Monitored) -> Iterator[str]:
    """Earlier windows whose labels have come."""
    for each in result.late:
        if each.window is not None:
            span = each.window.span
            yield f"  labels    of {span.start:%Y-%m-%d} to {span.end:%Y-%m-%d} have come: {visible(each.reason)}"


def _ordered(checks: tuple[WindowCheck, ...]) -> list[WindowCheck]:
    """Alarms first, then what is not known, then the largest of what passed."""
    order = {"fail": 0, "not_enough_evidence": 1, "pass": 2, "skipped": 3, "unjudged": 4}
    ranked = sorted(checks, key=lambda each: (order[each.outcome], -(each.value or 0.0)))
    alarms = [each for each in ranked if each.outcome == "fail"]
    return [*alarms, *[each for each in ranked if each.outcome != "fail"][:_SHOWN]]


def _line(check: WindowCheck) -> str:
    what = f"{check.check} of {check.feature}" if check.feature else check.check
    beside = _beside(check)
    return f"  {_MARKS[check.outcome]} {visible(what):<38} {beside:<22} {visible(check.reason)}".rstrip()


def _beside(check: WindowCheck) -> str:
    if check.value is None:
        return ""
    return f"{check.value:.4g}" + ("" if check.threshold is None else f" / {check.threshold:.4g}")


def _performance(window: Window) -> Iterator[str]:
    for name, told in window.estimated.items():
        if told.value is not None:
            real = window.realised.get(name)
            yield f"  {name:<10} estimated {_forecast(told)}" + (f"; realised {_estimate(real)}" if real else "")
    if any(told.value is not None for told in window.estimated.values()) and not window.labelled:
        yield "  (estimates cannot see that labels follow the same inputs in another way; labels will tell)"


def _forecast(told: Forecast) -> str:
    known = told.low is not None and told.high is not None
    return f"{told.value:.4g}" + (f" ({told.low:.4g} to {told.high:.4g})" if known else "")


def _estimate(told: Estimate) -> str:
    if told.value is None:
        return "not known"
    known = told.low is not None and told.high is not None
    return f"{told.value:.4g}" + (f" ({told.low:.4g} to {told.high:.4g})" if known else "")


def window_markdown(window: Window) -> str:
    """The same for Prefect's pages: the state in a sentence, then every check in a table, alarms first."""
    span, metric = window.span, metric_of(window)
    head = f"**{span.start:%Y-%m-%d} to {span.end:%Y-%m-%d}** (UTC), version {window.version.number}"
    lines = [
        (
            f"{group.symbol} {group.word}",
            f"{each.check} of {each.feature}" if each.feature else each.check,
            ", ".join(filter(None, (each.value, each.limit))),
            "; ".join(filter(None, (each.effect, each.reason))),
        )
        for group in groups_of(window.checks)
        for each in group.rows
    ]
    shown = as_table(("outcome", "check", "value, limit", "difference, why"), lines[:_MOST_LINES])
    more = f"\n\nand {len(lines) - _MOST_LINES:,} more: see the page" if len(lines) > _MOST_LINES else ""
    return f"{head}\n\n{escaped(state(window, metric))}\n\n{shown}{more}\n"


def decision_markdown(seen: Monitored) -> str:
    """What was decided for Prefect's pages, with its reasons, how estimates fare, and where the pages are."""
    window = seen.window
    if window is None:
        return f"**Nothing was looked at**: {escaped(seen.reason)}\n"
    _, symbol, words = headline(window, seen.decision, seen.lost)
    facts = [
        ("decision", seen.reason),
        (
            "window",
            f"{window.span.start:%Y-%m-%d} to {window.span.end:%Y-%m-%d} (UTC), version {window.version.number}",
        ),
        *([("rows from", window.source_because)] if window.source_because else []),
        ("alarms", ", ".join(each.replace("_", " ") for each in window.alarms) or "none"),
        *(("looks broken", each) for each in window.broken),
        *([("estimates", track_in_words(seen.track))] if seen.track else []),
        *([("lost", lost_in_words(seen.lost))] if seen.lost else []),
        ("ledger entry", "none" if seen.entry is None else str(seen.entry)),
    ]
    return f"**{symbol} {words}**\n\n{as_table(('what', ''), facts)}\n"


def pages_markdown(page: str, overview: str) -> str:
    """Where the pages are."""
    return f"This window: {escaped(page)}\n\nOver time: {escaped(overview)}\n"
