"""A window of production in words: what moved, how good the model is, what was decided."""

from collections.abc import Iterator
from textwrap import wrap

from keepfit.monitor import lost_in_words
from keepfit.records import Monitored, Track, Window
from keepfit.report.checked import bounded, groups_of, headline, metric_of, state, to_do
from keepfit.report.markdown import as_table, escaped
from keepfit.report.watched import track_in_words
from keepfit.report.wording import metric_word, visible

_SHOWN = {"not_enough_evidence": 3, "pass": 8}  # checks; of those that alarmed all are
_NAME = 70  # characters of a check and its column
_MOST_LINES = 300  # of the table of checks


def window_text(result: Monitored, width: int = 100) -> str:
    """What ``keepfit monitor`` says to people: what happened and what to do, then the numbers, alarms first."""
    window = result.window
    head = f"{result.use_case} as of {result.as_of:%Y-%m-%d %H:%M} UTC"
    if window is None:
        return f"\n{head}\n  {visible(result.reason)}"
    _, symbol, words = headline(window, result.decision, result.lost)
    said = [f"{symbol} {words}", state(window, metric_of(window)), to_do(window, result.decision, result.lost)]
    lines = [
        "",
        f"{head}, version {window.version.number}",
        *(line for each in said for line in _wrapped(each, width)),
        "",
        *_checks(window, width),
        "",
        *_performance(window),
        *_estimates(result.track),
        *(_wrapped(f"lost      {lost_in_words(result.lost)}", width) if result.lost else []),
        *(f"  broken    {visible(each)}" for each in window.broken),
        *_late(result),
        *([f"  source    {visible(window.source_because)}"] if window.source_because else []),
        f"  decision  {visible(result.reason)}",
        *_pages(result),
    ]
    return "\n".join(lines)


def _wrapped(words: str, width: int, indent: str = "  ") -> list[str]:
    return wrap(visible(words, 2000), width, initial_indent=indent, subsequent_indent=indent)


def _checks(window: Window, width: int) -> Iterator[str]:
    """Every alarm with its reason; of the others some, and how many more there are."""
    for group in groups_of(window.checks):
        shown = len(group.rows) if group.outcome == "fail" else _SHOWN.get(group.outcome, 0)
        for row in group.rows[:shown]:
            what = f"{row.check} of {row.feature}" if row.feature else row.check
            beside = ", ".join(filter(None, (row.value, row.limit)))
            if group.outcome == "fail":
                yield f"  {group.symbol} {visible(what, _NAME):<40} {beside}".rstrip()
                yield from _wrapped("; ".join(filter(None, (row.effect, row.reason))), width, " " * 6)
            else:
                yield f"  {group.symbol} {visible(what, _NAME):<40} {visible(beside or row.reason)}".rstrip()
        if len(group.rows) > shown:
            yield f"  {group.symbol} {len(group.rows) - shown:,} {'more ' if shown else ''}{group.word}"


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


def _performance(window: Window) -> Iterator[str]:
    """Each metric as it is estimated, and as it came."""
    for name, told in window.estimated.items():
        if told.value is not None:
            came = window.realised.get(name)
            real = f"; realised {bounded(came.value, came.low, came.high)}" if came else ""
            yield f"  {metric_word(name):<11} estimated {bounded(told.value, told.low, told.high)}{real}"
    if any(told.value is not None for told in window.estimated.values()) and not window.labelled:
        yield "  (estimates cannot see that labels follow the same inputs in another way; labels will tell)"


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
    next_step = to_do(window, seen.decision, seen.lost).removeprefix("To do: ")
    facts = [
        ("decision", seen.reason),
        *([("to do", next_step)] if next_step else []),
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
