"""A window is the same however it is cut into parts, and kept in the memory of a part."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from monitor_world import columns, days_of, part, reference

from keepfit.config.monitor import Monitor
from keepfit.features import Levels
from keepfit.monitor import Answered, Answers, Rows, Seen, look, reference_of, tallied
from keepfit.monitor.performance import ESTIMABLE, estimated_value

ROWS = 7 * 120
CUTS = st.lists(st.integers(0, ROWS), max_size=6).map(lambda cuts: [0, *sorted(cuts), ROWS])


def binary():
    made, week = reference(), days_of(99, 7)
    return made, part(week)


def regression():
    table, week = days_of(1, 190), days_of(99, 7)
    answered = Answered(table["day"], table["size"], table["noise"] + table["size"], np.arange(len(table["day"])))
    rows = Rows(table["day"], columns(table), table["size"])
    made = reference_of("sizes", "regression", (), rows, answered, Monitor())
    known = np.arange(0, ROWS, 3)
    return made, Answers(columns(week), week["day"], week["size"] + week["noise"], known, week["size"][known])


@pytest.fixture(scope="module", params=["binary", "regression"])
def window(request):
    return binary() if request.param == "binary" else regression()


def cut(whole, first, end):
    """Rows of a window from one place to another."""
    some = {
        name: Levels(each.codes[first:end], each.levels) if isinstance(each, Levels) else each[first:end]
        for name, each in whole.columns.items()
    }
    inside = (whole.labelled >= first) & (whole.labelled < end)
    return Answers(
        some, whole.days[first:end], whole.answers[first:end], whole.labelled[inside] - first, whole.labels[inside]
    )


def in_parts(whole, cuts):
    return [cut(whole, *ends) for ends in pairwise(cuts)]


@settings(max_examples=15, deadline=None)
@given(cuts=CUTS, most=st.integers(1, 2 * ROWS))
def test_a_window_is_the_same_however_it_is_cut(window, cuts, most):
    made, whole = window
    one, many = tallied(made, [whole], most), tallied(made, in_parts(whole, cuts), most)
    assert [each.tolist() for each in one.counts] == [each.tolist() for each in many.counts]
    assert (one.drawn.days == many.drawn.days).all()
    assert (one.drawn.values == many.drawn.values).all()
    assert (one.rows, one.labelled) == (many.rows, many.labelled)
    for which in ("labels", "answers", "days"):
        assert (getattr(one.measured, which) == getattr(many.measured, which)).all()
    assert many.estimated == pytest.approx(one.estimated, rel=1e-12)
    looks = [look(made, Seen(rows, ROWS, 0, 0.01), "log_loss") for rows in (one, many)]
    assert looks[0].checks[0] == looks[1].checks[0]
    assert [(c.check, c.feature, c.outcome) for c in looks[0].checks] == [
        (c.check, c.feature, c.outcome) for c in looks[1].checks
    ]
    assert (looks[0].realised, looks[0].alarms) == (looks[1].realised, looks[1].alarms)


def test_parts_are_estimated_as_the_whole_is(window):
    made, whole = window
    found = tallied(made, in_parts(whole, [0, 1, 400, ROWS])).estimated
    wanted = {name: estimated_value(name, whole.answers, made.losses) for name in ESTIMABLE[made.task]}
    assert found == pytest.approx(wanted, rel=1e-12)


def test_of_many_rows_with_labels_some_are_measured_from_all_of_the_window():
    made, whole = binary()
    found = tallied(made, in_parts(whole, [0, 100, 500, ROWS]), 300)
    assert (found.labelled, len(found.measured.labels)) == (ROWS, 300)
    assert (np.diff(found.measured.days) >= 0).all()
    assert set(found.measured.days) == set(range(7))


@pytest.mark.parametrize("rows", [0, 1, 29])
def test_few_rows_say_nothing_and_break_nothing(rows):
    made, whole = binary()
    found = look(made, Seen(tallied(made, [cut(whole, 0, rows)]), rows, 0, 0.01), "log_loss")
    assert (found.realised, found.alarms) == ({}, ())
    assert {each.value for each in found.estimated.values()} == {None}
    assert {c.outcome for c in found.checks if c.check in {"drift", "multivariate", "unseen"}} == {
        "not_enough_evidence"
    }
    assert found.broken[0].startswith("volume")


def test_no_part_at_all_is_a_window_without_rows():
    made, _ = binary()
    found = look(made, Seen(tallied(made, []), 0, 0, 0.01), "log_loss")
    assert (found.alarms, found.realised) == ((), {})


def test_a_feature_that_is_missing_whole_is_not_enough_evidence_and_the_others_are_looked_at():
    made, whole = binary()
    some = {name: column for name, column in whole.columns.items() if name != "noise"}
    found = look(made, Seen(tallied(made, [whole._replace(columns=some)]), ROWS, 0, 0.01), "log_loss")
    told = {(c.check, c.feature): c.outcome for c in found.checks}
    assert (told["drift", "noise"], told["drift", "size"]) == ("not_enough_evidence", "pass")
    assert told["multivariate", None] == "not_enough_evidence"


def test_an_answer_that_is_no_number_leaves_the_estimate_open():
    made, whole = binary()
    answers = whole.answers.copy()
    answers[5] = np.nan
    parts = in_parts(whole._replace(answers=answers), [0, 200, ROWS])
    assert set(tallied(made, parts).estimated.values()) == {None}
