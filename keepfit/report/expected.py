"""What an expectation said, in the words of people: passed, failed, held, a warning."""

from collections.abc import Mapping
from dataclasses import dataclass

from keepfit.records import Expectation, Outcome

_WORDS = {"pass": "pass", "skipped": "skipped", "crashed": "crashed"}
_FAILS = {"stop": "fail", "hold": "held", "warn": "warning"}
_DOES = {"stop": "stops the run", "hold": "holds the release", "warn": "warns"}
_TONES: dict[str, tuple[Outcome, str]] = {
    "pass": ("pass", "✓"),
    "skipped": ("skipped", "–"),
    "held": ("not_enough_evidence", "?"),
    "warning": ("not_enough_evidence", "!"),
}


@dataclass(frozen=True, slots=True)
class ExpectationRow:
    """One expectation as a page says it; ``columns`` are names with the pages about them."""

    tone: Outcome
    symbol: str
    word: str
    name: str
    expected: str
    observed: str
    does: str
    columns: tuple[tuple[str, str], ...]


def expectation_row(told: Expectation, pages: Mapping[str, str]) -> ExpectationRow:
    """The row of an expectation; ``pages`` are paths by column.

    >>> told = Expectation(name="expect_x", severity="hold", outcome="fail", observed="1", expected="column=a")
    >>> row = expectation_row(told, {"a": "1.html", "b": "2.html"})
    >>> row.word, row.does, row.columns
    ('held', 'holds the release', (('a', '1.html'),))
    """
    word = _WORDS.get(told.outcome, _FAILS.get(told.severity, "fail"))
    tone, symbol = _TONES.get(word, ("fail", "✗"))
    return ExpectationRow(
        tone=tone,
        symbol=symbol,
        word=word,
        name=told.name,
        expected=told.expected,
        observed=told.observed,
        does=_DOES.get(told.severity, ""),
        columns=tuple((name, href) for name, href in pages.items() if _is_about(told, name)),
    )


def _is_about(told: Expectation, column: str) -> bool:
    """Whether an expectation names a column, by the text of its arguments."""
    parts = [part.partition("=") for part in told.expected.split("; ")]
    single = any(key.lower().startswith("column") and value == column for key, _, value in parts)
    return single or any(key.startswith("column") and repr(column) in value for key, _, value in parts)
