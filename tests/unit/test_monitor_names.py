"""Columns of a model that are called as its answers and its label are: two things, in records, pages and text."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from monitor_world import CLASSES, answers, days_of
from msgspec import structs

from keepfit.config.monitor import Monitor
from keepfit.features import Levels
from keepfit.monitor import Answered, Answers, Look, Rows, Seen, look, reference_of, tallied
from keepfit.records import Monitored, Noted, RetrainDecision, Seat, Span, Window, canonical, parse
from keepfit.report import window_text
from keepfit.report.watching import _heat_rows, render_watched, render_window

END = datetime(2013, 6, 8, tzinfo=UTC)
SHOPS = ("a", "b", "c", "d", "e", "f")


def columns(table):
    return {"label": table["noise"], "score": Levels(table["shop"], SHOPS), "size": table["size"]}


@pytest.fixture(scope="module")
def found():
    """A week in which the feature that is called label has moved, and nothing else."""
    table, week = days_of(1, 190), days_of(99, 7)
    answered = Answered(table["day"], table["label"], answers(table), np.arange(len(table["day"])))
    made = reference_of("x", "binary", CLASSES, Rows(table["day"], columns(table), table["label"]), answered, Monitor())
    week["noise"] = week["noise"] + 2.0
    given = Answers(columns(week), week["day"], answers(week), np.arange(len(week["day"])), week["label"])
    return look(made, Seen(tallied(made, [given]), len(week["day"]), 0, 0.01), "log_loss")


def window_of(checks):
    return Window(
        use_case="x",
        as_of=END,
        span=Span(start=END - timedelta(days=7), end=END, rows=840),
        version=Seat(number=1, digest="1" * 64),
        reference="",
        checks=checks,
        estimated={},
        realised={},
        labelled=840,
        alarms=("drift",),
        broken=(),
    )


def look_of(window):
    noted = Noted(start=window.span.start, end=window.span.end, version=1, window="", alarms=("drift",), broken=False)
    return Look(window, noted, RetrainDecision(retrain=False), "no", 1, window.as_of)


def heat(window):
    return {row.name: row.ratios[0] for row in _heat_rows([look_of(window)])}


def test_each_is_looked_at_by_itself(found):
    drift = {(check.kind, check.feature): check.outcome for check in found.checks if check.check == "drift"}
    assert drift["feature", "label"] == "fail"
    assert drift["label", "label"] == "pass"
    assert drift["feature", "score"] == "pass"
    assert [kind for kind, _ in drift].count("score") == 1


def test_each_has_a_row_and_a_name_of_its_own(found):
    window = window_of(found.checks)
    rows = heat(window)
    assert rows["label"] > 1 >= rows["the label"]
    assert {"score", "the label", "label", "size"} <= set(rows)
    seen = Monitored(use_case="x", as_of=window.as_of, window=window, decision=RetrainDecision(retrain=False))
    assert "drift of label " in window_text(seen)
    assert "the label" in render_window(seen)
    assert "the label" in render_watched("x", [look_of(window)])


def test_records_of_earlier_builds_still_parse_and_have_rows(found):
    old = [structs.replace(check, kind=None) for check in found.checks if check.kind != "feature"]
    text = canonical(window_of(tuple(old))).replace(b'"kind":null,', b"")
    assert b"kind" not in text
    rows = heat(parse(text, Window))
    assert "the label" in rows
    assert "label" not in rows
    features = tuple(structs.replace(check, kind=None) for check in found.checks if check.kind == "feature")
    assert "label" in heat(window_of(features))
