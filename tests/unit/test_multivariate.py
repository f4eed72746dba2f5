"""Several columns at once: what no column shows alone, the same by parts as at once, and versions of earlier builds."""

import numpy as np
import pytest
from msgspec.structs import replace

from keepfit.config.monitor import Monitor
from keepfit.features import Levels
from keepfit.monitor import Answered, Answers, Reference, Rows, Seen, look, reference_of, tallied
from keepfit.records import canonical, parse

ROWS = 100  # a day


def days_of(seed, count):
    """Three columns that look alike one by one: two hang together, the third by itself; their link moves by day."""
    draw = np.random.default_rng(seed)
    day = np.repeat(np.arange(count), ROWS)
    link = np.repeat(draw.normal(0.6, 0.05, count), ROWS)
    one, other, alone = draw.normal(size=(3, day.size)) + np.repeat(draw.normal(0, 0.1, count), ROWS)
    shop = Levels(draw.integers(0, 4, day.size).astype(np.int32), ("a", "b", "c", "d"))
    return day, {"one": one, "two": link * one + np.sqrt(1 - link**2) * other, "alone": alone, "shop": shop}


@pytest.fixture(scope="module")
def made():
    return reference(*days_of(1, 189))


def reference(day, columns):
    answered = Answered(day, columns["one"], columns["two"], np.arange(day.size))
    return reference_of("x", "regression", (), Rows(day, columns, columns["one"]), answered, Monitor())


def part(day, columns, answers=None):
    given = columns["two"] if answers is None else answers
    return Answers(columns, day, given, np.zeros(0, np.intp), np.zeros(0))


def seen(made, day, columns, answers=None):
    return Seen(tallied(made, [part(day, columns, answers)]), day.size, 0, 0.01)


def alarms(found):
    return {(check.check, check.feature) for check in found.checks if check.outcome == "fail"}


def test_columns_that_swapped_are_seen_though_each_looks_as_ever(made):
    day, columns = days_of(2, 7)
    assert alarms(look(made, seen(made, day, columns), "rmse")) == set()
    swapped = columns | {"two": columns["alone"], "alone": columns["two"]}
    given = seen(made, day, swapped, columns["two"])
    found = look(made, given, "rmse")
    assert alarms(found) == {("multivariate", None), ("link", None)}
    assert found.alarms == ("drift",)
    told = next(check for check in found.checks if check.check == "multivariate")
    assert told.effect > 0.6
    assert "one with alone" in told.reason
    gone = next(check for check in found.checks if check.check == "link")
    assert 0.7 < gone.effect < 1.2
    assert gone.reason.startswith("one says little of two any more") or gone.reason.startswith("two says little of one")
    assert any(why.startswith("link") for why in found.broken)


def test_many_rows_are_drawn_from_evenly_by_day(made):
    day, values = np.repeat(np.arange(7), 2000), np.arange(14000.0)
    columns = {"one": values, "two": values, "alone": values, "shop": Levels(np.zeros(14000, np.int32), ("a",))}
    assert np.bincount(tallied(made, [part(day, columns)]).drawn.days).tolist() == [286] * 7


def test_a_reference_carries_a_sample_with_scores_and_none_longer_than_ten_thousand(made):
    assert len(made.sample.when) == 10_000
    assert np.isfinite(made.sample.answers()).all()
    assert parse(canonical(made), Reference) == made


def test_a_reference_of_an_earlier_build_says_that_it_is_not_calibrated(made):
    signals = made.signals[:-1]
    usual = replace(made.usual, usual=made.usual.usual[:-1])
    before = parse(canonical(replace(made, sample=None, signals=signals, usual=usual)), Reference)
    day, columns = days_of(2, 7)
    told = next(c for c in look(before, seen(before, day, columns), "rmse").checks if c.check == "multivariate")
    assert (told.outcome, told.reason) == (
        "not_enough_evidence",
        "not calibrated: the reference was made by an earlier build",
    )
