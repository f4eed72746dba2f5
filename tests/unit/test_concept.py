"""Another concept: labels follow the same inputs otherwise. Labels tell, no estimate does; wrong labels are held."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from monitor_world import answers, columns, days_of, reference, seen
from msgspec.structs import replace

from keepfit.config.monitor import Monitor, Retrain
from keepfit.features import Levels
from keepfit.monitor import Answered, Answers, Rows, Seen, decide, look, reference_of, tallied
from keepfit.monitor.bins import bins_of
from keepfit.monitor.residuals import added, residuals_of, slope
from keepfit.records import Noted, canonical, parse
from keepfit.report.watching import NO_ESTIMATE_SEES

JUNE = datetime(2013, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def made():
    return reference()


@pytest.fixture
def week():
    return days_of(99, 7, rows=600)


def failed(found):
    return {(check.check, check.feature) for check in found.checks if check.outcome == "fail"}


def followed_by_shop(week):
    """As many rows of each day are positive, and the loss is what it was; but they are those of other shops."""
    draw, labels = np.random.default_rng(3), week["label"].copy()
    for day in range(7):
        for shop, takes_from in ((0, 2), (3, 4)):
            rich = np.flatnonzero((week["day"] == day) & (week["shop"] == shop) & (labels == 0))
            poor = np.flatnonzero((week["day"] == day) & (week["shop"] == takes_from) & (labels == 1))
            moved = min(len(rich), len(poor)) // 3
            labels[draw.permutation(rich)[:moved]] = 1
            labels[draw.permutation(poor)[:moved]] = 0
    return week | {"label": labels}


def test_labels_that_follow_one_column_otherwise_are_seen_by_its_name_and_by_no_estimate(made, week):
    usual, planted = (look(made, seen(made, table), "log_loss") for table in (week, followed_by_shop(week)))
    assert (usual.alarms, failed(usual)) == ((), set())
    assert planted.alarms == ("realised_performance",)  # no drift: inputs, answers and the share of labels are the same
    assert ("concept", "shop") in failed(planted)
    assert ("realised_performance", "log_loss") not in failed(planted)
    assert planted.estimated == usual.estimated
    assert planted.broken == ()
    told = next(check for check in planted.checks if (check.check, check.feature) == ("concept", "shop"))
    assert "a: +0.1" in told.reason
    assert "no estimate can see it" in NO_ESTIMATE_SEES


def test_another_concept_calls_for_a_retrain_in_its_second_week(made):
    windows, said = [], []
    for number in range(3):
        table = days_of(200 + number, 7, rows=600)
        found = look(made, seen(made, followed_by_shop(table)), "log_loss")
        end = JUNE + timedelta(days=7 * number)
        windows.insert(
            0,
            Noted(
                start=end - timedelta(days=7),
                end=end,
                version=1,
                window="",
                alarms=found.alarms,
                broken=bool(found.broken),
            ),
        )
        said.append(decide(windows, [], None, Retrain(), end).retrain)
    assert said == [False, True, True]


def test_labels_of_other_rows_are_seen_and_held_for_a_person(made, week):
    draw, labels = np.random.default_rng(4), week["label"].copy()
    for day in range(7):
        rows = np.flatnonzero(week["day"] == day)
        labels[rows] = labels[draw.permutation(rows)]
    found = look(made, seen(made, week | {"label": labels}), "log_loss")
    assert ("shortfall", "roc_auc") in failed(found)
    assert "drift" not in found.alarms
    assert "estimated_performance" not in found.alarms
    assert any("are they of other rows?" in why for why in found.broken)
    noted = [
        Noted(
            start=JUNE - timedelta(days=7 * back + 7),
            end=JUNE - timedelta(days=7 * back),
            version=1,
            window="",
            alarms=found.alarms,
            broken=True,
        )
        for back in range(2)
    ]
    decision = decide(noted, [], None, Retrain(), JUNE)
    assert not decision.retrain
    assert "a person must look" in decision.suppressed_by


def test_labels_that_follow_the_answers_the_other_way_round_are_another_concept_and_not_held(made, week):
    found = look(made, seen(made, week | {"label": 1 - week["label"]}), "log_loss")
    assert "realised_performance" in found.alarms
    assert found.broken == ()


def test_few_labels_are_not_taken_for_a_worse_week(made):
    alarmed = 0
    for seed in range(40):
        table = days_of(500 + seed, 7)
        some = np.random.default_rng(seed).random(len(table["day"])) < 0.06  # 50 of 840
        few = {name: values[some] for name, values in table.items()}
        alarmed += "realised_performance" in look(made, seen(made, few), "log_loss").alarms
    assert alarmed <= 2


def test_windows_of_weeks_that_differ_alarm_no_more_often_than_stated():
    """Weeks differ by themselves: where rows are taken for independent every third one alarms."""
    alarmed = independent = windows = 0
    for seed in range(20):
        draw = np.random.default_rng([11, seed])
        day = np.repeat(np.arange(7 * 29), 40)
        level, steep = draw.normal(0, 0.8, 29)[day // 7], draw.normal(1, 0.5, 29)[day // 7]
        value = draw.normal(size=day.size)
        label = (draw.random(day.size) < 1 / (1 + np.exp(0.8 - level - steep * value))).astype(int)
        chance = 1 / (1 + np.exp(0.8 - 0.8 * value))
        said = np.column_stack([1 - chance, chance])
        known = day < 7 * 26
        rows = Rows(day[known], {"value": value[known]}, label[known])
        before = Answered(rows.days, rows.labels, said[known], np.arange(known.sum()))
        made = reference_of("x", "binary", ("no", "yes"), rows, before, Monitor())
        loss = -np.log(said[np.arange(day.size), label])
        for first in (7 * 26, 7 * 27, 7 * 28):
            some = (day >= first) & (day < first + 7)
            part = Answers({"value": value[some]}, day[some], said[some], np.arange(some.sum()), label[some])
            given = Seen(tallied(made, [part]), some.sum(), 0, 0.01)
            alarmed += "realised_performance" in look(made, given, "log_loss").alarms
            bound = loss[known].mean() + 1.645 * loss[known].std() / np.sqrt(some.sum())
            independent += loss[some].mean() > bound
            windows += 1
    assert independent / windows > 0.2
    assert alarmed / windows <= 0.05 + 2.5 * np.sqrt(0.05 * 0.95 / windows)


def test_values_that_follow_an_input_otherwise_are_seen():
    draw, day = np.random.default_rng(8), np.repeat(np.arange(196), 60)
    value, other = draw.normal(size=(2, day.size))
    label = value + draw.normal(0, 0.3, 196)[day] + draw.normal(size=day.size)
    known = day < 189
    table = {"value": value, "other": other}
    before = {name: each[known] for name, each in table.items()}
    answered = Answered(day[known], label[known], value[known], np.arange(known.sum()))
    made = reference_of("x", "regression", (), Rows(day[known], before, label[known]), answered, Monitor())
    now = {name: each[~known] for name, each in table.items()}
    places = np.arange((~known).sum())

    def found(labels):
        part = Answers(now, day[~known], value[~known], places, labels)
        given = Seen(tallied(made, [part]), len(places), 0, 0.01)
        return look(made, given, "rmse")

    assert found(label[~known]).alarms == ()
    planted = found(label[~known] + 0.6 * now["other"])
    assert ("concept", "other") in failed(planted)
    assert "estimated_performance" not in planted.alarms


def test_residuals_of_parts_add_up_to_those_of_all(week):
    table = columns(week)
    bins = {name: bins_of(column) for name, column in table.items()}
    whole = residuals_of(bins, table, week["day"], week["label"], answers(week))
    cut = [slice(0, 1700), slice(1700, 1701), slice(1701, None)]
    parts = [
        residuals_of(
            bins,
            {n: Levels(c.codes[s], c.levels) if isinstance(c, Levels) else c[s] for n, c in table.items()},
            week["day"][s],
            week["label"][s],
            answers(week)[s],
        )
        for s in cut
    ]
    both = added(parts)
    assert both.days.tolist() == whole.days.tolist()
    for one, other in [
        (both.sums, whole.sums),
        (both.squares, whole.squares),
        (both.moments, whole.moments),
        (both.binned["shop"][1], whole.binned["shop"][1]),
        (both.binned["noise"][0], whole.binned["noise"][0]),
    ]:
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-9)
    assert slope(both) == pytest.approx(slope(whole))


def test_answers_that_are_no_number_are_not_evidence(made, week):
    said = answers(week)
    said[:, :] = np.nan
    part = Answers(columns(week), week["day"], said, np.arange(len(said)), week["label"])
    found = look(made, Seen(tallied(made, [part]), len(said), 0, 0.01), "log_loss")
    told = {check.outcome for check in found.checks if check.check in ("realised_performance", "shortfall", "concept")}
    assert told == {"not_enough_evidence"}


def test_a_reference_of_an_earlier_build_holds_metrics_beside_its_stretches(made, week):
    before = parse(canonical(replace(made, concept=None)), type(made))
    turned = week | {"label": 1 - week["label"]}
    assert "realised_performance" in look(before, seen(before, turned), "log_loss").alarms
    assert {c.check for c in look(before, seen(before, week), "log_loss").checks}.isdisjoint({"concept", "shortfall"})
