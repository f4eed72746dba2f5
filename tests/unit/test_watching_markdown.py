"""What Prefect's pages show of watching, batches and rollouts: Markdown in which nothing from outside is markup."""

import base64
import re
import runpy
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from keepfit.records import Decision, Released, Rollout, Seat
from keepfit.report import (
    batch_markdown,
    decision_markdown,
    pages_markdown,
    released_markdown,
    rollout_markdown,
    window_markdown,
)
from keepfit.report.watching import performance_picture
from keepfit.score.batch import Batch, Reason
from tasks.artifacts import key_of

MADE = runpy.run_path(str(Path(__file__).with_name("watching_samples.py")))
SAMPLES, HOSTILE, monitored = MADE["SAMPLES"], MADE["HOSTILE"], MADE["monitored"]


def rows_of(text):
    """Lines of tables, cells parted by bars that are no escaped ones."""
    lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("| ---")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_every_check_of_a_window_is_a_row_alarms_first():
    window = SAMPLES["asked"]()[-1].window
    rows = rows_of(window_markdown(window))[1:]
    assert len(rows) == len(window.checks)
    assert rows[0][0] == "✗ alarmed"
    origin = next(row for row in rows if row[1] == "drift of origin")
    assert "at most 4.2" in origin[2]
    assert "EWR: 34.9% before, 12.0% now" in origin[3]


def test_the_decision_says_why_and_since_when_nothing_is_known():
    said = decision_markdown(monitored(SAMPLES["asked"]()))
    assert said.startswith("**! A retrain is asked for**")
    assert ["decision", "retrain: drift in 2 of 3 windows"] in rows_of(said)
    assert decision_markdown(monitored(SAMPLES["first"]())).startswith("**? Too early to tell**")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_no_markup_and_breaks_no_table(name):
    at = datetime(2013, 6, 1, tzinfo=UTC)
    seat = Seat(number=1, digest="0" * 64)
    batch = Batch(use_case="a", version=1, digest="0" * 64, files=1, rows=3, scored=1, refused=2, tolerated=0.5,
                  reasons=(Reason(reason=name, rows=2),), output=name, refused_file=name, warnings=(name,))  # fmt: skip
    rollout = Rollout(challenger=seat, champion=seat, verdict="", strategy="canary", share=0.1, started=at, until=at,
                      at_least=200, errors_at_most=0.01, slower_at_most=2.0, scores_differ_at_most=0.2)  # fmt: skip
    released = Released(released=False, champion=1, reason=name)
    decision = Decision(decided="stop", reason=name)
    texts = [
        window_markdown(SAMPLES["hostile"]()[-1].window),
        decision_markdown(monitored(SAMPLES["hostile"]())),
        batch_markdown(batch, 10, 20),
        rollout_markdown(rollout, {"errors": 0.5, "answers": 10.0}, decision, released),
        released_markdown(1, released),
        pages_markdown(name, name),
    ]
    for text in texts:
        assert "<" not in text
        assert "\u202e" not in text
        assert not re.search(r"https?://|www\.", text)
        assert not re.search(r"(?<!\\)`", text)
        tables = text.split("\n\n")
        for table in tables:
            widths = {len(row) for row in rows_of(table)}
            assert len(widths) <= 1, table


def test_the_picture_of_performance_is_one_file_with_its_legend():
    address = performance_picture("flight_delay", SAMPLES["forty"]())
    head, _, data = address.partition(",")
    assert head == "data:image/svg+xml;base64"
    drawn = base64.b64decode(data).decode()
    root = ET.fromstring(drawn)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    words = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"flight_delay: 40 windows", "estimated", "realised, with its bounds", "v3"} <= set(words)
    assert "log loss (lower is better), by end of window (UTC)" in words
    assert not re.search(r"<script|href|url\(|@import", drawn)
    assert performance_picture("flight_delay", []) is None


@pytest.mark.parametrize("use_case", ["a", "a_", "a__b", "flight_delay", "x" * 63])
def test_keys_are_what_prefect_takes(use_case):
    from prefect.client.schemas.actions import ArtifactCreate

    assert ArtifactCreate(key=key_of(use_case, "performance"), type="markdown", data="").key
