"""A replayed year as a table for people, and where it stands in the docs."""

from collections.abc import Sequence
from pathlib import Path

from replayed_flights import LABELLED, Week, Year

from keepfit.monitor import Look, helped_in_words
from keepfit.records import ShownVersion
from tests.benchmarks.holdouts import put_between_marks, table

HEAD = ("week up to", "flights", "late", "version", "log loss estimated", "realised", "alarms", "decision")


def rows_of(
    looks: Sequence[Look], weeks: Sequence[Week], versions: Sequence[ShownVersion], year: Year
) -> list[tuple[str, ...]]:
    """One row for every window: what was known of it in the end, and what was done."""
    by_end = {week.end: week for week in weeks}
    return [_row(look, by_end.get(look.decided), versions, year) for look in looks]


def _row(look: Look, decided: Week | None, versions: Sequence[ShownVersion], year: Year) -> tuple[str, ...]:
    window, told = look.window, look.noted.told
    labels = [flight[LABELLED] for flight in year.of(window.span.end) if flight[LABELLED] is not None]
    came = window.realised.get(told.metric)
    return (
        f"{window.span.end:%Y-%m-%d}",
        f"{window.span.rows:,}",
        f"{sum(labels) / len(labels):.2f}",
        str(window.version.number),
        _number(told.estimated),
        _number(came.value if came else None),
        ", ".join(each.replace("_", " ") for each in look.noted.alarms) or "none",
        "; ".join(filter(None, (_decision(look), *_followed(look, decided, versions)))),
    )


def _decision(look: Look) -> str:
    if look.decision.retrain:
        return f"**retrain**: {', '.join(look.decision.because)}"
    return f"no: {look.decision.suppressed_by}" if look.decision.suppressed_by else "no"


def _followed(look: Look, decided: Week | None, versions: Sequence[ShownVersion]) -> list[str]:
    found = [helped_in_words(look.window.helped)] if look.window.helped else []
    if not look.decision.retrain or decided is None:
        return found
    (made,) = [each for each in versions if each.as_of == decided.end]
    released = "released" if decided.version == made.version else "not released"
    return [*found, f"version {made.version}, {made.outcome.replace('_', ' ')}, {released}"]


def _number(value: float | None) -> str:
    return "not known" if value is None else f"{value:.3f}"


def write_table(path: Path, rows: Sequence[tuple[str, ...]]) -> None:
    """Put the table into a page of the docs."""
    put_between_marks(path, "replay", table(HEAD, rows))
