"""What a person reads when a run has ended: how it went, whom it waits for, what was noticed."""

from datetime import UTC, datetime

import pytest

from flows.commands import run_answer, run_text
from keepfit.records import Measured, Released, RowCount, RunResult, Verdict

HELD = "version 2 not released: held for a person: " + "expect_rows_like_usual failed; " * 9


def result(*warnings):
    as_of = datetime(2013, 5, 1, tzinfo=UTC)
    return RunResult(
        use_case="visits",
        as_of=as_of,
        snapshot="0" * 64,
        rows=RowCount(total=1200, kept=1100, quarantined=60, dropped=40),
        version=2,
        digest="1" * 64,
        verdict=Verdict(outcome="pass", version="1" * 64, champion=None, as_of=as_of, gates=()),
        released=Released(released=False, champion=1, reason=HELD),
        champion=1,
        report="page.html",
        measured=Measured(
            parity=None,
            parity_rows=9,
            bytes=1,
            p50_ms=0.3,
            p99_ms=0.6,
            over="http",
            engine="skops",
            note="1 answers are not numbers",
        ),
        warnings=warnings,
    )


@pytest.mark.parametrize("count", [0, 1, 10, 12])
def test_what_was_noticed_is_printed_as_far_as_it_fits(count):
    warnings = [f"data/{number}.csv: the unit of minutes looks changed\x1b[2J" for number in range(count)]
    said = run_text(result(*warnings))
    assert said.count("looks changed") == min(count, 10)
    assert ("\nwarnings\n" in said) == (count > 0)
    assert ("and 2 more: see the report" in said) == (count == 12)
    assert "\x1b" not in said
    assert run_answer(result(*warnings))["warnings"] == tuple(warnings)


def test_how_it_will_serve_is_told_and_that_there_is_no_parity():
    said = run_text(result())
    assert "served  skops over HTTP, parity none; a lone request 0.3 ms (99% within 0.6 ms)" in said
    assert run_answer(result())["measured"].over == "http"


def test_the_reason_fits_the_screen():
    assert max(map(len, run_text(result()).splitlines())) <= 100
