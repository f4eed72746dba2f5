"""Markdown for Prefect and lines for a terminal: aligned, narrow enough, and safe whatever names hold."""

import re
import runpy
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keepfit.records import Shown, ShownEntry, ShownVersion, sha256
from keepfit.report import data_markdown, key_metrics, metrics_markdown, show_text, verdict_markdown, verdict_text

samples = runpy.run_path(str(Path(__file__).with_name("report_samples.py")))
SAMPLES, HOSTILE = samples["SAMPLES"], samples["HOSTILE"]


def a_year(**changes):
    outcomes = ("pass", "fail", "not_enough_evidence")
    versions = tuple(
        ShownVersion(
            version=n,
            digest=sha256(str(n).encode()),
            created=datetime(2014, 1, 1, tzinfo=UTC),
            as_of=datetime(2013, n, 1, tzinfo=UTC),
            outcome=outcomes[n % 3],
            metrics={"log_loss": 0.4 + n / 1000, "roc_auc": 0.6 + n / 999},
        )
        for n in range(12, 0, -1)
    )
    entries = tuple(
        ShownEntry(
            seq=n,
            at=datetime(2014, 1, 1, 9, n, tzinfo=UTC),
            action="registered",
            version=n,
            actor="ada",
            reason=HOSTILE,
        )
        for n in range(12, 0, -1)
    )
    said = {
        "use_case": "flight_delay",
        "store": "/data/.keepfit",
        "champion": 9,
        "challenger": 12,
        "previous": 6,
        "disabled": False,
        "versions": versions,
        "ledger": entries,
    } | changes
    return Shown(**said)


def unprintable(text):
    return [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c not in "\n\u200d"]


def test_a_year_of_versions_fits_one_screen_a_line_each():
    lines = show_text(a_year(), width=100).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 100
    rows = [line for line in lines if re.match(r" ?\d+ .*2013-\d\d-01", line)]
    assert [int(row.split()[0]) for row in rows] == list(range(12, 0, -1))
    assert len({row.index("2013-") for row in rows}) == 1
    assert [row.split()[0] for row in rows if row.split()[1] == "champion"] == ["9"]
    assert [row.split()[0] for row in rows if row.split()[1] == "challenger"] == ["12"]


def test_show_says_what_serves_and_where_a_rollback_goes():
    assert (
        show_text(a_year()).splitlines()[0] == "flight_delay: champion is version 9, challenger 12, previous champion 6"
    )
    assert "disabled: no version serves" in show_text(a_year(champion=None, disabled=True))
    assert show_text(a_year(versions=(), ledger=())) == "flight_delay: no version yet in /data/.keepfit"


def test_what_is_not_listed_is_counted():
    text = show_text(a_year(versions_in_all=5_012, entries_in_all=12), entries=12)
    assert text.count("--all") == 1
    assert "\nand 5,000 earlier: --all\n\nnewest entries" in text
    assert show_text(a_year(versions_in_all=12, entries_in_all=10_006)).endswith("\nand 10,000 earlier: --all")


def test_a_version_that_is_held_says_so():
    from msgspec.structs import replace

    held = replace(a_year().versions[0], held="ten times the usual rows")
    lines = show_text(a_year(versions=(held, *a_year().versions[1:]))).splitlines()
    assert ["pass, held" in line for line in lines if "2013-" in line] == [True] + [False] * 11
    assert " ".join(line.strip() for line in lines[1:3]) == (
        "version 12 is held for a person: ten times the usual rows; look (`keepfit docs flight_delay`), "
        "then `keepfit promote flight_delay 12 --reason …`"
    )


def test_a_version_says_which_candidate_won():
    from msgspec.structs import replace

    won = a_year(versions=(replace(a_year().versions[0], candidate="hist_gradient_boosting"), a_year().versions[1]))
    assert [line.split()[-2] for line in show_text(won).splitlines()[2:5]] == [
        "candidate",
        "hist_gradient_boosting",
        "-",
    ]


def test_rows_that_were_put_back_before_the_first_version_are_history_too():
    entry = ShownEntry(
        seq=1,
        at=datetime(2014, 1, 1, 9, 5, tzinfo=UTC),
        action="replayed",
        version=None,
        actor="ada",
        reason="the doors were swapped",
    )
    text = show_text(a_year(versions=(), ledger=(entry,), champion=None, challenger=None, previous=None))
    assert text.startswith("flight_delay: no champion yet\n\nno version yet: keepfit run flight_delay\n\nnewest")
    assert re.search(r"1  2014-01-01 09:05  replayed  ada  the doors were swapped", text)


def test_months_are_told_in_the_zone_that_is_asked_for():
    assert "2013-11-30 19:00" in show_text(a_year(), zone="America/New_York")


@pytest.mark.parametrize("name", SAMPLES)
def test_a_terminal_is_never_given_orders(name):
    records = SAMPLES[name]()
    for text in (
        verdict_text(records.verdict),
        show_text(a_year(store=HOSTILE)),
        show_text(a_year(versions=(), store=HOSTILE)),
    ):
        assert not unprintable(text)


def test_every_gate_has_an_aligned_line_and_what_did_not_pass_says_why():
    verdict = SAMPLES["failing"]().verdict
    lines = verdict_text(verdict).splitlines()
    assert lines[0] == "FAIL: 2 of 5 gates failed"
    starts = [line for line in lines[1:] if re.match(r"  (pass|fail|not enough evidence)\b", line)]
    assert [line.split("  ")[1].strip() for line in starts] == [g.outcome.replace("_", " ") for g in verdict.gates]
    assert (
        len(
            {
                line.index(name)
                for line, name in zip(starts, ("ROC", "Log loss", "Log loss", "Brier", "Exported"), strict=True)
            }
        )
        == 1
    )
    assert "more than the margin of 0.01" in re.sub(r"\s+", " ", verdict_text(verdict))
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("name", SAMPLES)
def test_markdown_tables_keep_their_columns(name):
    records = SAMPLES[name]()
    for text in (
        data_markdown(records.extracted, records.validated),
        metrics_markdown(records.evaluated, key_metrics(records.use_case), records.trained.classes),
        verdict_markdown(records.verdict),
    ):
        assert not unprintable(text)
        assert "<script" not in text
        for table in re.findall(r"(?:^\|.*\n?)+", text, flags=re.MULTILINE):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.strip().splitlines()}) == 1


def test_markdown_says_the_same_as_the_page():
    passing = SAMPLES["passing"]()
    assert "**108,420 rows in = 104,655 kept + 212 quarantined + 3,553 dropped**" in data_markdown(
        passing.extracted, passing.validated
    )
    assert re.search(
        r"\| ROC AUC \| 0\.860 \| 0\.935 \| \+0\.07\d+ \(0\.0\d+ to 0\.0\d+\) \| better \|",
        metrics_markdown(passing.evaluated),
    )
    assert verdict_markdown(SAMPLES["failing"]().verdict).startswith("**✗ fail**: 2 of 5 gates failed")


def test_markdown_shows_groups_and_what_they_mean():
    records = SAMPLES["grouped"]()
    text = metrics_markdown(records.evaluated, ["roc_auc"])
    assert "Of 3 groups of origin, 1 is clearly worse than the model over all rows" in text
    assert re.search(
        r"\| LGA \| 4,254 \| 0\.499 \(.*\) \| .* \| worse than the whole, worse than the champion \|", text
    )
    assert re.search(r"\| HA \| 20 \| .* \| too small to tell \|", text)
    assert "group" not in metrics_markdown(SAMPLES["passing"]().evaluated)


def test_markdown_shows_classes_by_their_labels_and_counts_those_it_leaves_out():
    from msgspec.structs import replace

    records = SAMPLES["multiclass"]()
    text = metrics_markdown(records.evaluated, classes=tuple("abcdefghij"))
    assert re.search(r"\| i \| 59 \| 0\.946 \(.*\) \| 0\.898 ", text)
    assert "class 8" in metrics_markdown(records.evaluated)
    many = replace(records.evaluated, by_class=records.evaluated.by_class * 20)
    assert "and 170 more" in metrics_markdown(many)
    assert "precision | recall" not in metrics_markdown(SAMPLES["first"]().evaluated)


def test_many_files_are_summed_up_in_markdown():
    from msgspec.structs import replace

    base = SAMPLES["passing"]()
    many = replace(base.extracted, sources=base.extracted.sources * 100)
    text = data_markdown(many, base.validated)
    assert len(text) < 20_000
    assert "flights | 400 files" in text
