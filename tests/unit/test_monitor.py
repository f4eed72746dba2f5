"""What the monitor says of windows: quiet where nothing happens, by name where something does, and what follows."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from monitor_world import CLASSES, columns, days_of, part, reference, seen
from msgspec import structs

from keepfit.config.monitor import Monitor, Retrain
from keepfit.features import Levels
from keepfit.monitor import Answered, Rows, decide, late, look, reference_of, tallied
from keepfit.monitor.bins import bins_of, by_day
from keepfit.monitor.drift import calibrated, of_stretches
from keepfit.monitor.reference import Reference
from keepfit.records import Noted, Told, canonical, parse

JUNE = datetime(2013, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def made():
    return reference()


@pytest.fixture
def week():
    return days_of(99, 7)


def alarms(found):
    return {(check.check, check.feature) for check in found.checks if check.outcome == "fail"}


def test_a_week_like_the_others_alarms_of_nothing(made, week):
    found = look(made, seen(made, week), "log_loss")
    assert (alarms(found), found.alarms, found.broken) == (set(), (), ())
    assert made.usual.threshold is not None
    assert found.estimated["roc_auc"].low < found.realised["roc_auc"].value < found.estimated["roc_auc"].high


def test_a_reference_is_the_same_after_the_store(made, week):
    again = parse(canonical(made), Reference)
    assert again == made
    assert look(again, seen(again, week), "log_loss") == look(made, seen(made, week), "log_loss")


def test_windows_in_which_nothing_changed_alarm_no_more_often_than_stated():
    alarmed, windows = 0, 0
    for seed in range(60):
        table = days_of(seed, 210, rows=40)
        counts = [by_day(bins_of(column), column, table["day"], 210) for column in columns(table).values()]
        for start in (189, 196, 203):
            usual = calibrated(np.array([of_stretches(each[:189], 7)[0] for each in counts]), 7, 0.05)
            window = [of_stretches(np.vstack([each[:189], each[start : start + 7]]), 7)[0][-1] for each in counts]
            alarmed += max(np.array(window) / usual.usual) > usual.threshold
            windows += 1
    assert alarmed / windows < 0.05 + 2.5 * np.sqrt(0.05 * 0.95 / windows)
    assert alarmed  # else the threshold would be too far away to be of use


def test_uncommon_windows_that_are_as_uncommon_as_ever_alarm_at_the_stated_rate():
    draw, windows = np.random.default_rng(7), 4000
    alarmed = 0
    for _ in range(windows):
        distances = np.exp(
            1.5 * draw.normal(size=(4, 40))
        )  # of 39 stretches and one more; now and then one is far away
        usual = calibrated(distances[:, :39], 1, 0.05)
        alarmed += bool((distances[:, 39] / usual.usual).max() > usual.threshold)
    assert 0.03 < alarmed / windows < 0.05 + 2.5 * np.sqrt(0.05 * 0.95 / windows)


def changed(week, name):
    draw, rows = np.random.default_rng(5), len(week["day"])
    table = dict(week)
    if name == "mean":
        table["noise"] = table["noise"] + 0.4
    elif name == "variance":
        table["noise"] = table["noise"] * 1.6
    elif name == "missing":
        table["noise"] = np.where(draw.random(rows) < 0.1, np.nan, table["noise"])
    elif name == "category":
        table["shop"] = np.where(draw.random(rows) < 0.08, 5, table["shop"]).astype(np.int32)
    elif name == "swapped":
        table["noise"], table["size"] = table["size"] + 0.8, table["noise"]
    elif name == "unit":
        table["noise"] = table["noise"] * 2.54
    elif name == "label":
        table["label"] = np.where(draw.random(rows) < 0.35, 1, table["label"])
    return table


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mean", ("drift", "noise")),
        ("variance", ("drift", "noise")),
        ("missing", ("missing", "noise")),
        ("category", ("unseen", "shop")),
        ("swapped", ("drift", "noise")),
        ("unit", ("drift", "noise")),
        ("label", ("drift", "label")),
    ],
)
def test_a_planted_change_is_told_by_name(made, week, name, told):
    found = look(made, seen(made, changed(week, name)), "log_loss")
    assert told in alarms(found)
    assert "drift" in found.alarms
    assert next(check for check in found.checks if (check.check, check.feature) == told).reason


def test_another_concept_is_seen_by_labels_and_by_no_estimate(made, week):
    turned = week | {"label": (np.random.default_rng(3).random(len(week["day"])) < 1 - week["chance"]).astype(int)}
    found = look(made, seen(made, turned), "log_loss")
    assert "realised_performance" in found.alarms
    assert "estimated_performance" not in found.alarms
    unlabelled = look(made, seen(made, turned, labelled=False), "log_loss")
    assert (unlabelled.alarms, unlabelled.realised) == ((), {})


def test_a_harder_week_is_seen_without_labels():
    made = reference(asked=Monitor(false_alarms=0.05))
    table = days_of(98, 7)
    table["size"] = table["size"] * 0.1 + 0.8  # all near the border
    found = look(made, seen(made, table, labelled=False), "log_loss")
    assert "estimated_performance" in found.alarms


def test_a_short_reference_informs_and_never_alarms(week):
    short = reference(count=60)
    assert short.usual.threshold is None
    found = look(short, seen(short, changed(week, "unit")), "log_loss")
    assert (found.alarms, alarms(found)) == ((), set())
    assert any("not calibrated: 8 of 19 stretches" in check.reason for check in found.checks)


@pytest.mark.parametrize(
    ("name", "table", "more"),
    [
        ("volume", lambda week: {k: v[:30] for k, v in week.items()}, {}),
        ("contract", lambda week: week, {"refused": 200}),
        ("missing", lambda week: week | {"noise": np.full(len(week["day"]), np.nan)}, {}),
        ("unseen", lambda week: week | {"shop": np.full(len(week["day"]), 5, np.int32)}, {}),
    ],
)
def test_data_that_look_broken_are_said_to_be(made, week, name, table, more):
    found = look(made, seen(made, table(week), **more), "log_loss")
    assert any(why.startswith(name) for why in found.broken)


@pytest.mark.parametrize(("hours", "stale"), [(23, False), (25, True), (None, True)])
def test_old_data_are_a_finding_and_look_broken(made, week, hours, stale):
    age = None if hours is None else timedelta(hours=hours)
    found = look(made, seen(made, week)._replace(age=age, age_at_most=timedelta(days=1)), "log_loss")
    assert (("freshness", None) in alarms(found)) == stale == any(why.startswith("freshness") for why in found.broken)


def test_a_metric_that_cannot_be_estimated_has_one_that_stands_in_for_it(made, week):
    turned = week | {"label": (np.random.default_rng(3).random(len(week["day"])) < 1 - week["chance"]).astype(int)}
    assert "realised_performance" in look(made, seen(made, turned), "f1").alarms


def test_no_rows_at_all_is_a_finding(made, week):
    found = look(made, seen(made, {name: values[:0] for name, values in week.items()}), "log_loss")
    assert found.broken[0].startswith("volume")
    assert {check.outcome for check in found.checks if check.check == "drift"} == {"not_enough_evidence"}


def test_levels_are_unseen_as_often_as_the_reference_had_new_ones():
    draw, days = np.random.default_rng(2), np.repeat(np.arange(190), 100)
    codes = draw.integers(0, 4000, days.size).astype(np.int32)  # so many levels that every week has new ones
    column = Levels(codes, tuple(f"c{code}" for code in range(5000)))
    label = draw.integers(0, 2, days.size)
    chance = np.full((days.size, 2), 0.5)
    made = reference_of(
        "x", "binary", CLASSES, Rows(days, {"c": column}, label), Answered(days, label, chance), Monitor()
    )
    fresh = Levels(draw.integers(0, 4000, 700).astype(np.int32), column.levels)
    table = days_of(1, 7, 100)
    given = seen(made, table)._replace(rows=tallied(made, [part(table)._replace(columns={"c": fresh})]))
    assert ("unseen", "c") not in alarms(look(made, given, "log_loss"))
    other = Levels(draw.integers(4000, 5000, 700).astype(np.int32), column.levels)
    given = given._replace(rows=tallied(made, [part(table)._replace(columns={"c": other})]))
    assert ("unseen", "c") in alarms(look(made, given, "log_loss"))


def noted(day, *alarms, version=1, broken=False):
    end = JUNE + timedelta(days=day)
    return Noted(start=end - timedelta(days=7), end=end, version=version, window="", alarms=alarms, broken=broken)


DRIFT = "drift"


def test_overlapping_windows_count_once():
    daily = [noted(day, DRIFT) for day in (21, 20, 19, 18)]
    assert not decide(daily, [], None, Retrain(), JUNE + timedelta(days=21)).retrain
    assert decide([*daily, noted(14, DRIFT)], [], None, Retrain(), JUNE + timedelta(days=21)).retrain


@pytest.mark.parametrize(
    ("windows", "more", "why"),
    [
        ([noted(21), noted(14, DRIFT), noted(7, DRIFT)], {}, None),
        ([noted(21, DRIFT), noted(14), noted(7)], {}, "not yet in 2 of 3"),
        ([noted(21, DRIFT), noted(14, DRIFT, version=2)], {}, "not yet in 2 of 3"),
        ([noted(21, DRIFT, broken=True), noted(14, DRIFT)], {}, "broken rather than drifted"),
        (
            [noted(21, DRIFT), noted(14, DRIFT)],
            {"requests": [JUNE + timedelta(days=18)]},
            "cooldown until 2013-06-26 00:00 UTC: a retrain was asked for as of 2013-06-19 00:00 UTC",
        ),
        ([noted(21, DRIFT), noted(14, DRIFT)], {"requests": [JUNE, JUNE - timedelta(days=1)]}, "budget: 2 retrains"),
        ([noted(21, DRIFT), noted(14, DRIFT)], {"made": JUNE + timedelta(days=21)}, "already retrained"),
        ([noted(21, DRIFT), noted(14, DRIFT)], {"on": ("realised_performance",)}, None),
    ],
)
def test_what_stands_against_a_retrain_is_said(windows, more, why):
    policy = Retrain(on=more.get("on", (DRIFT,)), when="2 of 3", at_most="2 per 30d")
    decision = decide(windows, more.get("requests", []), more.get("made"), policy, JUNE + timedelta(days=21))
    assert not decision.retrain
    assert decision.suppressed_by is None if why is None else why in decision.suppressed_by


def told(day, *alarms, realised=None, **more):
    given = Told(
        metric="log_loss",
        estimated=0.5,
        low=0.4,
        high=0.6,
        realised=realised,
        rows=100,
        labelled=100 if realised else 0,
    )
    return structs.replace(noted(day, *alarms, **more), told=given)


def test_an_alarm_is_harder_to_raise_than_to_keep():
    policy, now = Retrain(on=(DRIFT,), when="2 of 3"), JUNE + timedelta(days=70)
    kept = [noted(70, DRIFT), noted(63), noted(56), noted(49, DRIFT), noted(42, DRIFT)]
    assert decide(kept, [], None, policy, now).because == ("drift in 1 of 3 windows, an alarm that has not cleared",)
    cleared = [noted(70, DRIFT), noted(63), noted(56), noted(49), noted(42, DRIFT), noted(35, DRIFT)]
    assert not decide(cleared, [], None, policy, now).retrain


def test_estimates_that_were_wrong_do_not_trigger():
    estimated = "estimated_performance"
    policy, now = Retrain(on=(estimated,), when="2 of 3"), JUNE + timedelta(days=21)
    right = [told(21, estimated), told(14, estimated, realised=0.55), told(7, realised=0.5)]
    assert decide(right, [], None, policy, now).retrain
    wrong = [told(21, estimated), told(14, estimated, realised=0.35), told(7, realised=0.39)]
    decision = decide(wrong, [], None, policy, now)
    assert not decision.retrain
    assert "not trusted: 2 of 2 windows came out outside" in decision.suppressed_by
    other = [told(21, DRIFT), told(14, DRIFT, realised=0.35), told(7, realised=0.39)]
    assert decide(other, [], None, Retrain(), now).retrain


def test_estimates_that_have_come_right_again_trigger_again():
    estimated = "estimated_performance"
    policy, now = Retrain(on=(estimated,), when="2 of 3"), JUNE + timedelta(days=42)
    wrong = [told(14, realised=0.35), told(7, realised=0.39)]
    decisions = []
    for right in range(4):  # windows that came out inside their intervals since
        since = [told(42, estimated), *(told(35 - 7 * back, estimated, realised=0.5) for back in range(right))]
        decisions.append(decide([*since, *wrong], [], None, policy, now))
    assert [each.retrain for each in decisions] == [False, False, True, True]
    assert "not trusted: 2 of 3 windows" in decisions[1].suppressed_by


@given(
    marks=st.lists(st.tuples(st.sampled_from(["", DRIFT, "realised_performance"]), st.booleans()), max_size=40),
    count=st.integers(1, 3),
    more=st.integers(0, 2),
    cooldown=st.integers(1, 20),
    most=st.integers(1, 3),
    span=st.integers(1, 40),
)
def test_no_history_brings_a_retrain_that_the_policy_forbids(marks, count, more, cooldown, most, span):
    policy = Retrain(when=f"{count} of {count + more}", cooldown=f"{cooldown}d", at_most=f"{most} per {span}d")
    windows, requests, made = [], [], None
    for day, (alarm, broken) in enumerate(marks, 7):
        now = JUNE + timedelta(days=day)
        windows.insert(0, noted(day, *([alarm] if alarm else []), broken=broken))
        decision = decide(windows, requests, made, policy, now)
        assert decide(windows, requests, made, policy, now) == decision
        if not decision.retrain:
            continue
        assert not broken
        assert alarm
        assert not requests or now - requests[0] >= timedelta(days=cooldown)
        requests.insert(0, now)
        assert sum(now - each < timedelta(days=span) for each in requests) <= most
        assert not decide(windows, requests, made, policy, now).retrain
        made = now if day % 2 else None


def test_windows_wait_for_their_labels_and_are_looked_at_again_when_they_have_come():
    waiting = [told(day) for day in (28, 21, 14)]
    chosen = late([*waiting, told(7, realised=0.5)], {1}, JUNE + timedelta(days=28), JUNE, timedelta(days=1))
    assert [each.end for each in chosen] == [each.end for each in (waiting[2], waiting[1])]


def test_windows_of_an_earlier_version_wait_for_their_labels_too_the_newest_that_are_due_first():
    earlier = [told(day) for day in (35, 28, 21, 14)]
    since = [told(day, version=2) for day in (49, 42)]
    now, known_after = JUNE + timedelta(days=49), timedelta(days=14)
    chosen = late([*since, *earlier], {1, 2}, now, now, known_after)
    assert [(each.end - JUNE).days for each in chosen] == [14, 21, 28, 35]
    assert [(each.end - JUNE).days for each in late([*since, *earlier], {2}, now, now, known_after)] == [42]


def test_a_retrain_says_why():
    windows = [noted(21, DRIFT, "realised_performance"), noted(14, DRIFT), noted(7, "realised_performance")]
    decision = decide(windows, [], JUNE, Retrain(), JUNE + timedelta(days=21))
    assert (decision.retrain, decision.suppressed_by) == (True, None)
    assert decision.because == ("realised performance in 2 of 3 windows", "drift in 2 of 3 windows")
