"""Windows with bad inputs: said to be broken by name, held for a person, and no evidence of anything else."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from batch_world import use_case, version
from monitor_world import CLASSES, answers, columns, days_of, part, reference, seen
from msgspec import structs

from keepfit.config import signature_of
from keepfit.config.monitor import Monitor, Retrain
from keepfit.features import Levels
from keepfit.monitor import Answered, Rows, Seen, Unusable, decide, look, reference_of, tallied, track_of
from keepfit.monitor.arrival import arrival_of
from keepfit.monitor.rows import usable
from keepfit.monitor.standstill import most_alike
from keepfit.monitor.watch import answers_of
from keepfit.records import Broken, Moment, Noted, Told, canonical
from keepfit.serving.log import DIGEST, SCORE, Label, Prediction, PredictionLog, served
from keepfit.store import Directory

JUNE = datetime(2013, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def made():
    return reference()


@pytest.fixture
def week():
    return days_of(99, 7)


def fails(found, check):
    return [each for each in found.checks if (each.check, each.outcome) == (check, "fail")]


def is_finite(found):
    """Whether all numbers that go into the ledger can be written, and are."""
    told = canonical({"checks": found.checks, "estimated": found.estimated, "realised": found.realised})
    assert not any(word in told for word in (b"NaN", b"Infinity"))
    numbers = [number for each in found.checks for number in (each.value, each.threshold, each.effect)]
    return all(number is None or math.isfinite(number) for number in numbers)


STILL = {
    "number": lambda week: week | {"noise": np.full(len(week["day"]), 0.25)},
    "number, or missing": lambda week: week | {"noise": np.where(week["day"] % 2, np.nan, 0.25)},
    "category": lambda week: week | {"shop": np.full(len(week["day"]), 2, np.int32)},
}


@pytest.mark.parametrize("name", STILL)
def test_a_column_that_stands_still_looks_broken(made, week, name):
    found = look(made, seen(made, STILL[name](week)), "log_loss")
    (check,) = fails(found, "constant")
    assert (check.feature, "every row has" in check.reason) == ("shop" if name == "category" else "noise", True)
    assert any(why.startswith(f"constant of {check.feature}") for why in found.broken)
    assert is_finite(found)


def test_a_flag_that_is_seldom_set_may_be_unset_for_a_week(week):
    table = days_of(1, 190)
    flag = (np.random.default_rng(1).random(len(table["day"])) < 0.05).astype(float)
    rows = Rows(table["day"], {"flag": flag, "size": table["size"]}, table["label"])
    answered = Answered(table["day"], table["label"], answers(table), np.arange(len(table["day"])))
    made = reference_of("shops", "binary", CLASSES, rows, answered, Monitor())
    unset = part(week)._replace(columns={"flag": np.zeros(len(week["day"])), "size": week["size"]})
    found = look(made, Seen(tallied(made, [unset]), len(week["day"]), 0, 0.01), "log_loss")
    assert fails(found, "constant") == []


def test_only_stretches_with_rows_say_what_most_rows_have_in_common():
    daily = np.array([[3, 0, 0], [60, 40, 50], [50, 50, 0]])
    assert most_alike(daily, 1) == 0.6
    assert most_alike(daily[:1], 1) == 1.0


def test_rows_that_repeat_look_broken_and_more_or_fewer_rows_do_not(made, week):
    first = {name: values[:20] for name, values in week.items()}
    again = {name: np.tile(values, 42) for name, values in first.items()}
    repeated = again | {"day": np.sort(np.tile(np.arange(7), 120))}
    found = look(made, seen(made, repeated), "log_loss")
    (check,) = fails(found, "copies")
    assert check.reason.startswith("20 different rows among 840")
    assert any(why.startswith("copies") for why in found.broken)
    third = {name: values[::3] for name, values in week.items()}
    twice = {name: np.repeat(values, 2) for name, values in week.items()}
    for table in (third, twice):
        assert fails(look(made, seen(made, table), "log_loss"), "copies") == []


def test_rows_of_few_columns_repeat_as_ever(week):
    table = days_of(1, 190)
    columns_of = {"shop": Levels(table["shop"], ("a", "b", "c", "d", "e", "f"))}
    answered = Answered(table["day"], table["label"], answers(table), np.arange(len(table["day"])))
    made = reference_of("x", "binary", CLASSES, Rows(table["day"], columns_of, table["label"]), answered, Monitor())
    assert made.distinct.rows == 5
    usual = part(week)._replace(columns={"shop": columns(week)["shop"]})
    assert fails(look(made, Seen(tallied(made, [usual]), 840, 0, 0.01), "log_loss"), "copies") == []


def test_a_reference_of_an_earlier_build_does_not_ask_for_copies(made, week):
    old = structs.replace(made, distinct=None)
    repeated = {name: np.tile(values[:20], 42) for name, values in week.items()} | {"day": np.repeat(np.arange(7), 120)}
    assert fails(look(old, seen(old, repeated), "log_loss"), "copies") == []


@pytest.mark.parametrize("field", ["labels", "answers"])
@pytest.mark.parametrize(("rows", "outcome"), [(0, None), (1, "pass"), (9, "fail")])
def test_values_that_are_none_are_told_and_look_broken_beyond_the_tolerance(made, week, field, rows, outcome):
    given = seen(made, week)._replace(**{field: Unusable(rows, 100, "perhaps" if rows else "")})
    found = look(made, given, "log_loss")
    name = {"labels": "label_values", "answers": "answers"}[field]
    told = [each for each in found.checks if each.check == name]
    assert [each.outcome for each in told] == ([outcome] if outcome else [])
    assert all(f"{rows} of 100" in each.reason and "such as perhaps" in each.reason for each in told)
    assert any(why.startswith(name) for why in found.broken) == (outcome == "fail")


def test_labels_of_a_class_that_the_model_does_not_know_are_left_out():
    label = pa.chunked_array([["true", None, "perhaps"], ["false", "1"]])
    places, codes, such = usable(label, ("false", "true"))
    assert (places.tolist(), codes.tolist(), such) == ([0, 3], [1, 0], "perhaps")
    places, values, such = usable(pa.chunked_array([[1.5, None, float("nan"), float("inf"), 1e200]]), ())
    assert (places.tolist(), values.tolist(), such) == ([0], [1.5], "nan")
    assert usable(pa.chunked_array([pa.nulls(2, pa.string())]), ("a", "b"))[2] == ""


NAN = float("nan")
LOGGED = [(0.25, 0.75), (NAN, NAN), (math.inf, -math.inf), (3.0, -2.0), (0.2, 0.2), (0.1, 0.2, 0.7), None]


def test_logged_answers_that_are_no_probabilities_are_counted_and_asked_again():
    given, digest = version(), "d" * 64
    table = pa.table(
        {
            "minutes": [1.0] * 8,
            "door": ["north"] * 8,
            SCORE: pa.array([*LOGGED, (0.5, 0.5)], pa.list_(pa.float64())),
            DIGEST: [*([digest] * 7), "other"],
        }
    )
    answers, bad, of = answers_of(given.scorer, given.classes, table, digest)
    assert answers[0].tolist() == [0.25, 0.75]
    assert (np.abs(answers[1:].sum(axis=1) - 1) < 1e-9).all()
    assert (bad, of) == (6, 7)


def test_a_label_that_is_no_number_is_told_where_numbers_are_wanted(tmp_path):
    store, end = Directory(tmp_path / "store"), JUNE + DAY
    log = PredictionLog(tmp_path / "log", store, "visits", "w", sync=False)
    asked = {"id": "v", "at": JUNE.isoformat(), "minutes": 3.0, "door": "north"}
    log.put(
        [Prediction(str(n), JUNE, "visits", 1, "d" * 64, "champion", asked, (1.0,), None, (), 1.0) for n in range(4)]
    )
    log.label([Label(value, JUNE, id=str(n)) for n, value in enumerate([2.5, "lots", True])])
    log.close()
    moment = Moment(as_of=end, started=end)
    (table,) = served(store, signature_of(use_case(tmp_path)), JUNE, end, moment, regression=True)
    found = dict(enumerate(table.column("back").to_pylist()))
    assert (found[0], math.isnan(found[1]), math.isnan(found[2]), found[3]) == (2.5, True, True, None)


@pytest.mark.parametrize(
    ("which", "far"), [*(("answers", far) for far in (1e60, np.inf, np.nan)), ("label", 1e30), ("label", 1e60)]
)
def test_numbers_without_end_are_written_down_as_not_known(which, far):
    table, late = days_of(1, 190), days_of(99, 7)
    answered = Answered(table["day"], table["size"], table["noise"] + table["size"], np.arange(len(table["day"])))
    rows = Rows(table["day"], columns(table), table["size"])
    made = reference_of("sizes", "regression", (), rows, answered, Monitor())
    given = part(late)._replace(answers=late["size"] + late["noise"], labels=late["size"].copy())
    (given.answers if which == "answers" else given.labels)[3] = far  # labels that are none do not come so far
    assert is_finite(look(made, Seen(tallied(made, [given]), 840, 0, 0.01), "rmse"))


def test_a_window_without_rows_says_where_they_may_be():
    empty = Seen(None, 0, 0, 0.01, elsewhere=("9 rows of the sources have no time that could be read",))
    volume = next(arrival_of(100.0, empty))
    assert volume.reason == "0 rows, 0 times the usual 100; 9 rows of the sources have no time that could be read"
    assert next(arrival_of(100.0, empty._replace(arrived=1))).reason.startswith("1 row, 0.01 times")
    assert next(arrival_of(0.0, empty)).outcome == "fail"


def test_broken_rules_are_told_with_their_column():
    broken = (Broken(rule="missing", column="door", rows=3, examples=("row 4",)),)
    (_, contract) = arrival_of(100.0, Seen(None, 100, 3, 0.01, broken))
    assert contract.reason == "3 of 100 rows break the contract: door: missing (3, such as row 4)"


def noted(day, *alarms, broken=False):
    end = JUNE + day * DAY
    return Noted(start=end - 7 * DAY, end=end, version=1, window="", alarms=alarms, broken=broken)


def decided(*windows):
    return decide(windows, [], None, Retrain(on=("drift",), when="2 of 3"), windows[0].end)


def test_a_window_that_looks_broken_is_held_whatever_alarmed():
    quiet, loud = decided(noted(21, broken=True)), decided(noted(21, "drift", broken=True), noted(14, "drift"))
    assert quiet == loud
    assert not quiet.retrain
    assert "a person must look" in quiet.suppressed_by


def test_what_alarmed_in_broken_data_is_no_reason_for_a_retrain_later():
    decision = decided(noted(21, "drift"), noted(14, "drift", broken=True), noted(7))
    assert not decision.retrain
    assert "not yet in 2 of 3" in decision.suppressed_by
    kept = decided(noted(21, "drift"), noted(14, "drift", broken=True), noted(7, "drift"))
    assert kept.because == ("drift in 2 of 3 windows",)


def test_broken_windows_say_nothing_of_estimates():
    told = Told(metric="log_loss", estimated=0.5, low=0.4, high=0.6, realised=0.9, rows=100, labelled=100)
    wrong = [structs.replace(noted(day, broken=day > 7), told=told) for day in (21, 14, 7)]
    assert (track_of(wrong).windows, track_of(wrong).trusted) == (1, True)
    assert track_of(wrong[:2]) is None


def test_broken_windows_do_not_clear_an_alarm():
    raised = [noted(28, "drift"), noted(21, "drift")]
    silent = [noted(49, broken=True), noted(42, broken=True), noted(35, broken=True)]
    assert decided(noted(56, "drift"), *silent, *raised).retrain
    sound = [structs.replace(each, broken=False) for each in silent]
    assert not decided(noted(56, "drift"), *sound, *raised).retrain
