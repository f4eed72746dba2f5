"""What the monitor says where data are odd: columns of one value, of texts only, of thousands of levels, few rows."""

import numpy as np
import pytest
from monitor_world import days_of as world
from monitor_world import part, reference, seen

from keepfit.config.monitor import Monitor
from keepfit.features import Levels
from keepfit.monitor import Answered, Answers, Rows, Seen, look, reference_of, tallied
from keepfit.monitor.bins import MOST_RARE, Bins
from keepfit.monitor.signals import _distance, _signal, _Told

DAYS, WEEK = np.repeat(np.arange(190), 60), np.repeat(np.arange(7), 60)


def made_of(columns, *, days=DAYS, labels=None, answers=None, classes=()):
    """The reference of a model that reads some columns; it knows values but for a standard deviation of one."""
    draw = np.random.default_rng(1)
    answers = draw.normal(size=days.size) if answers is None else answers
    labels = answers + draw.normal(size=days.size) if labels is None else labels
    answered = Answered(days, labels, answers, np.arange(days.size))
    task = {0: "regression", 2: "binary"}.get(len(classes), "multiclass")
    return reference_of("x", task, classes, Rows(days, columns, labels), answered, Monitor())


def looked(made, columns, *, days=WEEK, labels=None, answers=None):
    draw = np.random.default_rng(2)
    answers = draw.normal(size=days.size) if answers is None else answers
    labels = answers + draw.normal(size=days.size) if labels is None else labels
    rows = tallied(made, [Answers(columns, days, answers, np.arange(days.size), labels)])
    return look(made, Seen(rows, days.size, 0, 0.01), "rmse" if made.task == "regression" else "log_loss")


def alarms(found):
    return {(check.check, check.feature) for check in found.checks if check.outcome == "fail"}


def reason(found, check, feature=None):
    return next(each.reason for each in found.checks if (each.check, each.feature) == (check, feature))


def constant(draw, rows):
    return np.zeros(rows)


def flag(draw, rows):
    return (draw.random(rows) < 0.3).astype(float)


def capped(draw, rows):
    return np.minimum(draw.normal(9, 1, rows), 10.0)


@pytest.mark.parametrize(
    ("column", "largest", "told"), [(constant, 0.0, "above 0"), (flag, 1.0, "above 1"), (capped, 10.0, "above 10")]
)
def test_more_than_the_largest_value_that_many_rows_had_is_drift(column, largest, told):
    made = made_of({"a": column(np.random.default_rng(3), DAYS.size)})
    now = column(np.random.default_rng(4), WEEK.size)
    assert alarms(looked(made, {"a": now})) == set()
    assert alarms(looked(made, {"a": np.where(now == largest, largest * (1 + 1e-15), now)})) == set()
    found = looked(made, {"a": np.where(now == largest, 100.0, now)})
    assert ("drift", "a") in alarms(found)
    assert f"{told}: 0.0% before" in reason(found, "drift", "a")


def test_a_model_that_reads_texts_only_is_watched_by_its_answers_and_labels():
    made = made_of({})
    found = looked(made, {})
    assert alarms(found) == set()
    assert {check.check for check in found.checks}.isdisjoint({"multivariate", "link"})
    assert {check.outcome for check in found.checks if check.check == "drift"} == {"pass"}
    assert ("drift", "score") in alarms(looked(made, {}, answers=np.full(WEEK.size, 2.5)))


def test_a_column_that_is_called_score_is_not_taken_for_the_answers():
    draw = np.random.default_rng(5)
    chance = np.clip(0.3 + 0.1 * draw.normal(size=DAYS.size), 0.01, 0.99)
    labels = (draw.random(DAYS.size) < chance).astype(int)
    answers = np.column_stack([1 - chance, chance])
    made = made_of({"score": draw.normal(600, 50, DAYS.size)}, labels=labels, answers=answers, classes=("no", "yes"))
    assert [(each.kind, each.name) for each in made.columns] == [
        ("feature", "score"), ("score", "model score"), ("label", "label"),
    ]  # fmt: skip
    assert [max(each.rows) < 0.2 * sum(each.rows) for each in made.concept.relations] == [True, True]
    some = slice(0, WEEK.size)
    moved = looked(made, {"score": draw.normal(500, 50, WEEK.size)}, labels=labels[some], answers=answers[some])
    assert ("drift", "score") in alarms(moved)
    assert ("drift", "model score") not in alarms(moved)


def test_levels_too_many_to_be_known_by_name_are_not_called_unseen():
    draw, days = np.random.default_rng(6), np.repeat(np.arange(190), 500)
    levels = tuple(f"c{place}" for place in range(3 * MOST_RARE))

    def column(rows):
        return Levels(draw.integers(0, len(levels), rows).astype(np.int32), levels)

    made = made_of({"c": column(days.size)}, days=days)
    assert alarms(looked(made, {"c": column(7 * 500)}, days=np.repeat(np.arange(7), 500))) == set()


def test_new_levels_are_named_with_their_shares():
    made, week = reference(), world(99, 7)
    shop = np.where(np.arange(len(week["day"])) % 10 == 0, 6, week["shop"])
    shop = np.where(np.arange(len(week["day"])) % 20 == 1, 7, shop).astype(np.int32)
    levels = ("a", "b", "c", "d", "e", "f", "Soho\n", "A")  # an A is no a
    columns = part(week).columns | {"shop": Levels(shop, levels)}
    given = seen(made, week)._replace(rows=tallied(made, [part(week)._replace(columns=columns)]))
    told = reason(look(made, given, "log_loss"), "unseen", "shop")
    assert told == "0.0% before, 15.0% now: Soho\n (10.0%), A (5.0%)"


def test_missing_values_are_told_by_their_share_whatever_else_has_moved():
    made, week = reference(), world(99, 7)
    noise = np.where(np.arange(len(week["day"])) % 10 == 0, np.nan, week["noise"] + 2)
    found = look(made, seen(made, week | {"noise": noise}), "log_loss")
    assert reason(found, "missing", "noise") == "0.0% before, 10.0% now"


@pytest.mark.parametrize(("days", "stretches"), [(19 * 7, 19), (19 * 7 - 1, 18)])
def test_as_many_weeks_as_are_needed_are_enough(days, stretches):
    made = made_of({"a": np.random.default_rng(7).normal(size=days * 60)}, days=np.repeat(np.arange(days), 60))
    found = looked(made, {"a": np.random.default_rng(8).normal(size=WEEK.size)})
    assert made.usual.stretches == stretches
    told = {check.reason for check in found.checks if check.outcome == "not_enough_evidence"}
    assert told == (set() if stretches == 19 else {"not calibrated: 18 of 19 stretches"})


def test_a_row_with_a_date_far_off_changes_nothing_of_what_is_usual():
    days = DAYS + 15_000
    days[0] = -10_000
    column = np.random.default_rng(9).normal(size=days.size)
    assert made_of({"a": column}, days=days).rows == made_of({"a": column}).rows == 420


def test_a_handful_of_few_rows_that_are_missing_or_new_is_chance():
    """A fifth of the usual rows passes for a window: of 84 rows five that are missing are 6 %, where 2 % are usual."""
    draw = np.random.default_rng(10)
    number = Bins(kind="number", edges=(0.0,))
    level = Bins(kind="category", levels=("a",), rare=("b",))
    for signal, bins, before in (
        ("missing", number, np.array([39_200, 39_200, 1_600])),
        ("unseen", level, np.array([79_000, 1_000, 0, 0])),
    ):

        def told(rare, bins=bins, signal=signal, before=before):
            window = np.zeros(bins.count, np.int64)
            window[0], window[bins.missing if signal == "missing" else bins.unseen] = 84 - rare, rare
            return _distance(signal, bins, before, window, 0.02)[1]

        assert sum(told(rare) for rare in draw.binomial(84, 0.02, 2000)) <= 4
        assert not told(5)
        assert told(17)


def test_infinite_and_huge_numbers_lie_in_the_outermost_bins():
    column = np.random.default_rng(11).normal(size=DAYS.size)
    column[:3] = [np.inf, -np.inf, 1e308]
    made, now = made_of({"a": column}), np.random.default_rng(12).normal(size=WEEK.size)
    assert alarms(looked(made, {"a": now})) == set()
    found = looked(made, {"a": np.where(np.arange(WEEK.size) % 4 == 0, np.inf, now)})
    assert ("drift", "a") in alarms(found)


@pytest.mark.parametrize("value", [np.nan, 0.0, -1e300])
def test_a_column_that_is_empty_or_of_one_value_breaks_nothing(value):
    made = made_of({"a": np.full(DAYS.size, value)})
    assert alarms(looked(made, {"a": np.full(WEEK.size, value)})) == set()
    found = looked(made, {"a": np.random.default_rng(13).normal(size=WEEK.size)})
    assert {("drift", "a"), ("missing", "a")} & alarms(found)


def test_labels_of_one_value_or_below_zero_break_nothing():
    made = made_of({"a": DAYS % 3.0}, labels=np.full(DAYS.size, -5.0), answers=np.full(DAYS.size, -4.0))
    same = {"labels": np.full(WEEK.size, -5.0), "answers": np.full(WEEK.size, -4.0)}
    found = looked(made, {"a": WEEK % 3.0}, **same)
    assert (found.estimated["rmse"].value, found.realised["rmse"].value) == (1.0, 1.0)
    assert alarms(found) <= {("drift", "a")}


def test_labels_that_have_not_come_are_not_called_rows():
    made, week = reference(), world(99, 7)
    assert reason(look(made, seen(made, week, labelled=False), "log_loss"), "drift", "label") == "fewer than 30 labels"


@pytest.mark.parametrize("classes", [("no", "yes"), ("a", "b", "c")])
def test_a_window_in_which_a_class_never_comes_is_measured_in_what_can_be(classes):
    draw, kinds = np.random.default_rng(14), len(classes)
    chances = draw.dirichlet(np.full(kinds, 3.0), DAYS.size)
    labels = (draw.random(DAYS.size)[:, None] > chances.cumsum(axis=1)).sum(axis=1)
    made = made_of({"a": chances[:, 0].copy()}, labels=labels, answers=chances, classes=classes)
    some = slice(0, WEEK.size)
    usual = looked(made, {"a": chances[some, 0]}, labels=labels[some], answers=chances[some])
    assert alarms(usual) == set()
    without = np.where(labels[some] == kinds - 1, 0, labels[some])
    found = looked(made, {"a": chances[some, 0]}, labels=without, answers=chances[some])
    assert {("drift", "label"), ("realised_performance", "log_loss")} <= alarms(found)
    assert f"{classes[-1]}: " in reason(found, "drift", "label")
    if kinds == 2:
        auc = next(c for c in found.checks if (c.check, c.feature) == ("realised_performance", "roc_auc"))
        assert (auc.outcome, auc.reason) == ("not_enough_evidence", "no value")
    assert all(check.value is None or np.isfinite(check.value) for check in found.checks)


@pytest.mark.parametrize(("arrived", "well"), [(167, False), (168, True), (4200, True), (4201, False)])
def test_a_fifth_of_the_usual_rows_and_five_times_as_many_are_still_a_window(arrived, well):
    made, week = reference(), world(99, 7)  # 840 rows are usual
    found = look(made, seen(made, week, arrived=arrived), "log_loss")
    assert (("volume", None) not in alarms(found)) == well
    assert any(why.startswith("volume") for why in found.broken) != well


def test_what_chance_alone_brings_is_no_alarm_however_far_it_is():
    made = reference()
    told = _Told("drift", "size", 99.0, chance=False, effect=0.5)
    assert [_signal(made, told._replace(chance=sure), lambda: "why").outcome for sure in (False, True)] == [
        "pass",
        "fail",
    ]


def test_an_estimate_alarms_on_the_side_on_which_its_metric_is_worse():
    made, week = reference(), world(99, 7)
    hard = week | {"size": week["size"] * 0.1 + 0.8}  # all near the border
    for table, alarmed in ((week, False), (hard, True)):
        found = look(made, seen(made, table, labelled=False), "roc_auc")
        assert (("estimated_performance", "roc_auc") in alarms(found)) == alarmed
