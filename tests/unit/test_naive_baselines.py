"""Baselines: learnt from training alone, answering with what was known at the time of each row."""

from datetime import timedelta

import numpy as np
import pytest

from keepfit.records import canonical, parse
from keepfit.score import Dated, Naive, baselines, naive_of

DAY = np.timedelta64(1, "D")
START = np.datetime64("2024-01-01T12:00", "us")  # a Monday


def daily(values, first=0, **changes):
    values = np.asarray(values)
    return Dated(values, START + (first + np.arange(values.size)) * DAY, **changes)


def test_undated_rows_have_the_plain_one_only():
    assert naive_of(Dated(np.array([1.0, 3.0]), None), 0) == Naive(values=(2.0,))
    found = baselines(naive_of(Dated(np.array([0, 1, 1]), None), 2), Dated(np.zeros(4, int), None))
    assert list(found) == ["class shares"]
    assert found["class shares"] == pytest.approx(np.tile([1 / 3, 2 / 3], (4, 1)))


def test_a_version_of_an_earlier_build_is_read():
    old = parse(b'{"values":[0.25,0.75]}', Naive)
    assert list(baselines(old, daily([0, 1]))) == ["class shares"]
    new = naive_of(daily(np.arange(40.0)), 0)
    assert parse(canonical(new), Naive) == new


def test_the_last_label_follows_a_walk_and_only_what_was_known():
    walk = np.cumsum(np.random.default_rng(0).normal(size=300))
    naive = naive_of(daily(walk[:200]), 0)
    assert naive.last_weight > 0.95
    found = baselines(naive, daily(walk[200:], first=200))["last label"]
    centre = walk[:200].mean()
    before = np.append(walk[199], walk[200:-1])
    assert found == pytest.approx(centre + naive.last_weight * (before - centre))
    late = baselines(naive, daily(walk[200:], first=200, known_after=timedelta(days=3)))["last label"]
    assert late[4:] == pytest.approx(centre + naive.last_weight * (walk[200:-4] - centre))
    assert (late[:4] == late[0]).all()  # nothing of the holdout was known yet: the newest of training


def test_a_label_of_a_later_row_changes_no_earlier_answer():
    rng = np.random.default_rng(1)
    labels = (np.cumsum(rng.normal(size=200)) > 0).astype(int)
    naive = naive_of(daily(labels[:100]), 2)
    other = labels.copy()
    other[180:] = 1 - other[180:]
    one, two = (baselines(naive, daily(each[100:], first=100)) for each in (labels, other))
    assert set(one) == {"class shares", "last label", "last season"}
    for name, answer in one.items():
        assert answer[:81] == pytest.approx(two[name][:81])
        assert answer.sum(axis=1) == pytest.approx(1)
        assert (answer > 0).all()


def test_labels_that_say_nothing_about_the_next_are_no_baseline():
    labels = np.arange(100) % 2
    assert naive_of(daily(labels), 2).last_weight == 0.0
    assert "last label" not in baselines(naive_of(daily(labels), 2), daily(labels))


def test_the_same_entity_knows_better():
    rng = np.random.default_rng(2)
    entity = rng.integers(0, 20, 1000)
    level = rng.normal(size=20) * 5
    labels = level[entity] + rng.normal(size=1000)
    times = START + np.arange(1000) * DAY
    naive = naive_of(Dated(labels[:500], times[:500], entities=entity[:500]), 0)
    found = baselines(naive, Dated(labels[500:], times[500:], entities=entity[500:]))
    error = {name: np.abs(answer - labels[500:])[200:].mean() for name, answer in found.items()}
    assert error["last label of the entity"] < 0.5 * min(error["mean"], error.get("last label", 9))


def test_last_season_is_the_same_hour_of_the_newest_week():
    hours = START + np.arange(24 * 21) * np.timedelta64(1, "h")
    labels = np.arange(24 * 21.0)
    naive = naive_of(Dated(labels, hours), 0)
    later = Dated(np.zeros(24), START + 21 * DAY + np.arange(24) * np.timedelta64(1, "h"))
    assert baselines(naive, later)["last season"] == pytest.approx(np.arange(24 * 14, 24 * 15.0))
    assert naive_of(Dated(labels[: 24 * 10], hours[: 24 * 10]), 0).season == ()


def test_last_year_is_the_same_weekday_52_weeks_before():
    values = np.cos(np.arange(364 + 30) / 364 * 2 * np.pi) * 10 + np.arange(364 + 30) % 7
    naive = naive_of(daily(values[:364]), 0)
    found = baselines(naive, daily(values[364:], first=364))
    assert found["last year"] == pytest.approx(values[:30])
    assert parse(canonical(naive), Naive) == naive
    assert naive_of(daily(values[:363]), 0).year == ()
    assert "last year" not in baselines(naive_of(daily(values[:363]), 0), daily(values[364:], first=364))


def test_last_year_is_the_newest_one_and_comes_from_training_alone():
    values = np.arange(800.0)
    naive = naive_of(daily(values[:770]), 0)
    one = baselines(naive, daily(values[770:], first=770))["last year"]
    assert one == pytest.approx(values[770 - 364 : 800 - 364])
    other = baselines(naive, daily(np.zeros(30), first=770))["last year"]
    assert (one == other).all()


def test_a_day_of_last_year_gives_no_class_the_chance_nought():
    naive = naive_of(daily((np.arange(400) % 100 < 10).astype(int)), 2)
    found = baselines(naive, daily(np.zeros(20, int), first=464))["last year"]  # 100 to 119 of training
    assert found.sum(axis=1) == pytest.approx(1)
    assert found[:10, 1] == pytest.approx(1.5 / 6)  # one row, and five of the overall tenth
    assert found[10:, 1] == pytest.approx(0.5 / 6)


def test_an_hour_without_rows_has_the_overall_answer_and_no_class_has_no_chance():
    naive = naive_of(daily(np.repeat([0, 1], 20)), 2)
    cells = np.array(naive.season)
    assert cells.shape == (168, 2)
    assert cells[0] == pytest.approx([0.5, 0.5])
    assert (cells > 0).all()
    assert cells[12, 1] > 0.5


def test_times_are_local():
    hours = np.datetime64("2024-01-01T00:00", "us") + np.arange(24 * 21) * np.timedelta64(1, "h")
    labels = (np.arange(24 * 21) % 24).astype(float)
    utc, york = (
        np.array(naive_of(Dated(labels, hours, zone=zone), 0).season)[:, 0] for zone in ("UTC", "America/New_York")
    )
    assert york[:20] == pytest.approx((utc[:20] + 5) % 24)


def test_a_label_that_the_model_does_not_know_is_the_average():
    naive = naive_of(daily(np.repeat([0, 1], 50)), 2)
    found = baselines(naive, daily([-1, -1, 0], first=100))
    assert found["last label"][1:] == pytest.approx(np.tile([0.5, 0.5], (2, 1)))


def test_an_entity_that_was_never_seen_has_the_average_and_not_another_s_label():
    naive = Naive(values=(10.0,), entity_weight=1.0, newest=(7.0,))
    rows = Dated(np.array([1.0, 2.0, 3.0, 4.0]), START + np.arange(4) * DAY, entities=np.array([0, 1, 0, 1]))
    assert baselines(naive, rows)["last label of the entity"].tolist() == [10.0, 10.0, 1.0, 2.0]
