"""Data docs: what the expectations of one validation said, and what every column holds, as pages that link each other.

Not Great Expectations' own data docs: those load fifteen scripts and style sheets from eight hosts and an image that
counts visits, know neither our expectations nor severities, and hold no column that nobody asked about.
"""

from collections import Counter
from dataclasses import dataclass

from keepfit.profile import (
    ColumnProfile,
    Profile,
    distinct,
    distinct_error,
    first_and_last,
    mean,
    quantile,
    quantile_error,
    share_missing,
    top,
    variance,
)
from keepfit.records import Outcome, Quarantined
from keepfit.report.expected import ExpectationRow, expectation_row
from keepfit.report.html import environment
from keepfit.report.moments import both_zones, clock
from keepfit.report.numbers import count, number, percent
from keepfit.report.shapes import shape_of

_TOP = 12
_QUANTILES = (
    (0.01, "1 % are below"),
    (0.25, "25 % are below"),
    (0.5, "Median"),
    (0.75, "75 % are below"),
    (0.99, "99 % are below"),
)


@dataclass(frozen=True, slots=True)
class Docs:
    """What the pages are made of; ``version`` is the one that was made of these rows, None while there is none."""

    use_case: str
    description: str
    zone: str
    record: Quarantined
    profile: Profile | None
    version: int | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnPage:
    """One column: where its page lies, what it holds, what was expected of it."""

    name: str
    href: str
    kind: str
    missing: str
    distinct: str
    facts: tuple[tuple[str, str], ...]
    tops: tuple[tuple[str, str, str], ...]
    shape: str
    expectations: tuple[ExpectationRow, ...]


def render_docs(docs: Docs) -> dict[str, str]:
    """The pages by their path: ``index.html``, and one below ``columns/`` for every column of the profile."""
    profile = docs.profile or Profile(rows=0, columns={})
    pages = {name: f"columns/{at}.html" for at, name in enumerate(sorted(profile.columns), 1)}
    rows = tuple(expectation_row(each, pages) for each in docs.record.expectations)
    columns = [_column(name, profile.columns[name], pages[name], rows, docs.zone) for name in sorted(profile.columns)]
    made = environment()
    said = {"docs": docs, "banner": _banner(rows, docs.record.failed), "facts": _facts(docs)}
    index = made.get_template("docs_index.html.j2").render(rows=rows, columns=columns, **said)
    template = made.get_template("docs_column.html.j2")
    return {"index.html": index, **{each.href: template.render(column=each, **said) for each in columns}}


def _banner(rows: tuple[ExpectationRow, ...], stopped: str) -> tuple[Outcome, str, str]:
    """Tone, symbol and words of the whole."""
    found = Counter(row.word for row in rows)
    order = ("fail", "crashed", "held", "warning", "pass", "skipped")
    past = {"fail": "failed", "pass": "passed"}
    words = ", ".join(f"{found[word]} {past.get(word, word)}" for word in order if found[word]) or "no expectations"
    if stopped or found["fail"] or found["crashed"]:
        return "fail", "✗", words
    return ("not_enough_evidence", "?", words) if found["held"] or found["warning"] else ("pass", "✓", words)


def _facts(docs: Docs) -> tuple[tuple[str, str], ...]:
    rows = docs.record.rows
    return (
        ("As of", both_zones(docs.record.as_of, docs.zone)),
        ("Validation", str(docs.record.number)),
        ("Version", "none" if docs.version is None else str(docs.version)),
        ("Rows kept", f"{rows.kept:,} of {rows.total:,}"),
    )


def _column(name: str, column: ColumnProfile, href: str, rows: tuple[ExpectationRow, ...], zone: str) -> ColumnPage:
    there = max(column.rows - column.nulls, 1)
    return ColumnPage(
        name=name,
        href=href,
        kind=column.kind,
        missing=percent(share_missing(column)) if column.rows else "–",
        distinct=_distinct(column),
        facts=tuple(_column_facts(column, zone)),
        tops=tuple((value, f"{rows_:,}", percent(rows_ / there)) for value, rows_ in top(column, _TOP)),
        shape=shape_of(name, column),
        expectations=tuple(row for row in rows if any(about == name for about, _ in row.columns)),
    )


def _distinct(column: ColumnProfile) -> str:
    error = distinct_error(column)
    return f"about {distinct(column):,} (±{percent(error)})" if error else f"{distinct(column):,}"


def _column_facts(column: ColumnProfile, zone: str) -> list[tuple[str, str]]:
    facts = [("Rows", f"{column.rows:,}"), ("Missing", f"{column.nulls:,}"), ("Distinct values", _distinct(column))]
    if column.numbers:
        error = quantile_error(column)
        facts += [("Lowest", number(quantile(column, 0))), ("Highest", number(quantile(column, 1)))]
        facts += [(word, number(quantile(column, q))) for q, word in _QUANTILES]
        facts += [("Mean", number(mean(column))), ("Standard deviation", number(variance(column) ** 0.5))]
        facts += [("Error of quantiles", f"at most {percent(error)} of the number" if error else "none")]
        infinite = column.numbers.infinity + column.numbers.minus_infinity
        facts += [("Infinite", count(infinite, "row"))] if infinite else []
    if column.texts:
        facts += [("Length", f"{column.texts.shortest:,} to {column.texts.longest:,} characters")]
    if found := first_and_last(column):
        facts += [("First", f"{clock(found[0], zone)} {zone}"), ("Last", f"{clock(found[1], zone)} {zone}")]
    return facts
