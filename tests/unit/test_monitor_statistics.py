"""What the monitor computes, beside the same by other means: every outcome counted, scipy, scikit-learn, simulation."""

from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import chdtri, ndtri
from scipy.stats import entropy, mannwhitneyu
from sklearn.metrics import accuracy_score, log_loss

from keepfit.features import Levels
from keepfit.monitor.bins import bins_of, by_day, rows_by_bin
from keepfit.monitor.concept import gap, standardised
from keepfit.monitor.drift import SMALL, beyond_chance, calibrated, stability_index
from keepfit.monitor.multivariate import (
    Part,
    _auc,
    apart,
    distance,
    of_stretches,
    sample_of,
    scores_of,
    space_of,
    values_of,
)
from keepfit.monitor.multivariate import beyond_chance as auc_beyond_chance
from keepfit.monitor.performance import Stretch, estimated_value, expected_auc, interval, losses_of, stretches_of
from keepfit.monitor.residuals import residuals_of, variance, within_days

ODD = st.floats() | st.sampled_from([0.0, -0.0, 1.0, 1.0 + 1e-12, np.inf, -np.inf, np.nan, 1e308, 5e-324])


@given(st.lists(ODD, min_size=1, max_size=60), st.lists(ODD, max_size=60), st.integers(1, 4))
def test_days_of_any_numbers_add_up_to_the_window_and_no_row_is_lost(reference, window, days):
    bins, column = bins_of(np.array(reference)), np.array(window, dtype=float)
    assert list(bins.edges) == sorted(set(bins.edges))
    assert np.isfinite(bins.edges).all()
    day = np.arange(column.size) % days
    daily = by_day(bins, column, day, days)
    assert daily.sum(axis=0).tolist() == rows_by_bin(bins, column).tolist()
    assert daily.sum(axis=1).tolist() == np.bincount(day, minlength=days)[:days].tolist()
    assert rows_by_bin(bins, column)[bins.missing] == np.isnan(column).sum()
    assert rows_by_bin(bins, np.array(reference))[bins.missing] == np.isnan(reference).sum()


def test_rows_of_days_outside_are_not_counted():
    column = np.zeros(5)
    counts = by_day(bins_of(column), column, np.array([-1, 0, 1, 2, 9]), 2)
    assert counts.sum(axis=1).tolist() == [1, 1]


def test_a_reference_that_never_moves_alarms_from_what_is_worth_it_only():
    usual = calibrated(np.zeros((2, 40)), 1, 0.05)
    assert (usual.threshold, usual.usual) == (1.0, (SMALL, SMALL))


@given(st.lists(st.sampled_from("abcdeF"), min_size=1, max_size=40), st.lists(st.sampled_from("abcdefg"), max_size=40))
def test_every_level_is_in_the_bin_of_its_name(reference, window):
    def column(values):
        levels = tuple(sorted(set(values)))
        return Levels(np.array([levels.index(value) for value in values], np.int32), levels)

    bins, counts = bins_of(column(reference)), None
    counts = rows_by_bin(bins, column(window))
    assert counts[bins.unseen] == sum(value not in reference for value in window)
    assert {name: counts[place] for place, name in enumerate(bins.levels)} == {
        name: window.count(name) for name in bins.levels
    }
    assert counts[bins.missing] == 0


def test_levels_that_few_rows_have_share_a_bin_and_are_not_unseen():
    rows = [5000, *[9] * 20]  # fewer than one of 500 each
    column = Levels(np.repeat(np.arange(21), rows).astype(np.int32), tuple(f"c{place:02}" for place in range(21)))
    bins = bins_of(column)
    assert (bins.levels, len(bins.rare)) == (("c00",), 20)
    assert rows_by_bin(bins, column).tolist() == [5000, 180, 0, 0]


def test_the_stability_index_is_the_divergence_both_ways_less_what_chance_adds():
    draw = np.random.default_rng(1)
    before, now = draw.integers(0, 50, (2, 12))
    before[3] = now[3] = 0  # a bin that nobody is in
    some = (before + now) > 0
    p, q = (each[some] + 0.5 for each in (before, now))
    wanted = entropy(p, q) + entropy(q, p) - (some.sum() - 1) * (1 / before.sum() + 1 / now.sum())
    assert float(stability_index(before, now)) == pytest.approx(wanted)


def test_independent_rows_are_no_distance_on_average_and_beyond_chance_once_in_a_thousand():
    draw, shares = np.random.default_rng(2), np.full(10, 0.1)
    found = [
        (stability_index(a, b), a, b)
        for a, b in zip(draw.multinomial(4000, shares, 4000), draw.multinomial(400, shares, 4000), strict=True)
    ]
    values = np.array([each for each, _, _ in found])
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(values.size)
    alarmed = sum(beyond_chance(float(value), 10, 4000.0, 400.0) for value in values)
    assert 0 < alarmed <= 4 + 3 * 2  # of 4000
    assert not beyond_chance(float("nan"), 10, 4000.0, 400.0)


@pytest.mark.parametrize("days", [19 * 7, 19 * 7 + 3, 30 * 7])
def test_overlapping_weeks_alarm_at_the_stated_rate_also_where_only_some_cuts_have_weeks_enough(days):
    draw, alarmed, windows = np.random.default_rng(9), 0, 800
    for _ in range(windows):
        daily = np.exp(0.8 * draw.normal(size=(4, days + 7)))
        sums = np.cumsum(np.pad(daily, ((0, 0), (1, 0))), axis=1)
        weeks = sums[:, 7:] - sums[:, :-7]
        usual = calibrated(weeks[:, : days - 6], 7, 0.05)
        alarmed += bool((weeks[:, -1] / usual.usual).max() > usual.threshold)
    assert 0.01 < alarmed / windows < 0.05 + 2.5 * np.sqrt(0.05 * 0.95 / windows)


def every_outcome(answers):
    """Labels (n,) that may come and how likely they are, where the model is right about its probabilities."""
    rows, classes = answers.shape
    for labels in product(range(classes), repeat=rows):
        yield np.array(labels), prod(answers[row, label] for row, label in enumerate(labels))


@pytest.mark.parametrize("classes", [2, 3])
def test_an_estimate_is_the_mean_over_every_outcome_by_its_chance(classes):
    answers = np.random.default_rng(3).dirichlet(np.ones(classes), 5)
    came = {
        "accuracy": lambda y: accuracy_score(y, answers.argmax(axis=1)),
        "log_loss": lambda y: log_loss(y, answers, labels=range(classes)),
        "brier": lambda y: ((answers - np.eye(classes)[y]) ** 2).sum(axis=1).mean() / (2 if classes == 2 else 1),
    }
    for name, of in came.items():
        wanted = sum(chance * of(labels) for labels, chance in every_outcome(answers))
        assert estimated_value(name, answers, None) == pytest.approx(wanted), name


@given(st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]), min_size=2, max_size=12))
def test_an_estimated_auc_counts_every_pair_by_its_chance(chances):
    p = np.sort(chances)
    wins = sum(a * (1 - b) * ((a > b) + 0.5 * (a == b)) for a in p for b in p)
    pairs = p.sum() * (1 - p).sum()
    wanted = None if pairs == 0 else pytest.approx(wins / pairs)
    assert expected_auc(p) == wanted


def test_an_estimated_auc_is_the_same_across_blocks(monkeypatch):
    p = np.sort(np.random.default_rng(4).integers(0, 9, 50) / 8)
    whole = expected_auc(p)
    monkeypatch.setattr("keepfit.monitor.performance._BLOCK", 4)
    assert expected_auc(p) == pytest.approx(whole)


@given(
    st.lists(st.sampled_from([0.0, 0.3, 0.95, 1.0, 7.0]) | st.floats(-9, 9), min_size=1, max_size=80), st.integers(0, 9)
)
def test_what_answers_cost_is_known_wherever_they_lie_and_adds_up_to_what_the_reference_cost(answers, seed):
    predictions = np.array(answers)
    labels = predictions + np.random.default_rng(seed).normal(3, 1, predictions.size).clip(1)
    losses = losses_of(labels, predictions)
    off = labels - predictions
    assert estimated_value("rmse", predictions, losses) == pytest.approx(np.sqrt((off**2).mean()))
    assert estimated_value("mae", predictions, losses) == pytest.approx(np.abs(off).mean())
    assert min(losses.squared) > 0.99  # no bin without rows, which would cost nothing
    for beyond in (-99.0, 0.5, 99.0):
        assert estimated_value("rmse", np.array([beyond]), losses) > 0.99


def test_answers_that_cost_more_in_one_place_cost_more_in_a_window_of_it():
    draw = np.random.default_rng(5)
    predictions = draw.uniform(0, 10, 20_000)
    losses = losses_of(predictions + draw.normal(0, 1 + (predictions > 5), predictions.size), predictions)
    low, high = (estimated_value("rmse", draw.uniform(start, start + 5, 5000), losses) for start in (0, 5))
    assert (low, high) == pytest.approx((1, 2), rel=0.05)


@settings(max_examples=30)
@given(st.integers(0, 99))
def test_bounds_of_an_estimate_are_the_largest_errors_of_so_many_weeks_and_values_that_there_are(seed):
    draw = np.random.default_rng(seed)
    off = draw.normal(0, 0.2, 39)
    weeks = [
        Stretch(first=7 * n, rows=99, realised={"accuracy": 0.7 + each}, estimated={"accuracy": 0.7})
        for n, each in enumerate(off)
    ]
    found = interval("accuracy", 0.7, weeks, 7, 0.95)
    second = np.sort(off)[[1, -2]]  # of 39 weeks one more exceeds the second with a chance of 1 in 20
    assert (found.low, found.high) == pytest.approx((max(0.7 + second[0], 0), min(0.7 + second[1], 1)))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_rows_are_told_apart_as_often_as_mann_and_whitney_count(reference, window):
    wanted = mannwhitneyu(window, reference).statistic / (len(window) * len(reference))
    assert _auc(np.array(reference, dtype=float), np.array(window, dtype=float)) == pytest.approx(wanted)


def test_a_classifier_tells_nothing_where_there_is_nothing_and_learns_from_other_days_than_it_is_asked_about():
    draw = np.random.default_rng(6)
    days = np.repeat(np.arange(60), 50)

    def told(level):
        """``level`` (60,) is what every day has of its own."""
        column = draw.normal(size=days.size) + level[days]
        bins = bins_of(column)
        sample = sample_of({"a": (bins, column)}, days, column, column[:, None])
        space, now = space_of(sample, (bins,)), np.repeat(np.arange(60, 66), 50)
        return apart(space, Part(sample.when, sample.matrix()), Part(now, draw.normal(size=(now.size, 1)))).auc

    still = [told(np.zeros(60)) for _ in range(60)]
    assert np.mean(still) == pytest.approx(0.5, abs=0.01)
    assert sum(auc_beyond_chance(auc, 3000, 300) for auc in still) <= 2


def test_residuals_of_independent_rows_are_beyond_chance_as_often_as_chi_squared_says():
    """Of three classes too: what they have too much together is nothing, so only two are free."""
    draw, alarmed, windows = np.random.default_rng(7), {2: 0, 3: 0}, 1500
    for classes in alarmed:
        column = draw.integers(0, 4, 20_000).astype(float)
        bins = {"a": bins_of(column)}
        answers = np.full((column.size, classes), 1 / classes)

        def cells(rows, bins=bins, classes=classes, answers=answers):
            labels = draw.integers(0, classes, rows)
            values = draw.integers(0, 4, rows).astype(float)
            found = residuals_of(bins, {"a": values}, np.zeros(rows, np.int64), labels, answers[:rows])
            return found, *(each.sum(axis=0) for each in within_days(found, "a"))

        whole, rows, sums = cells(20_000)
        spread = variance(whole)
        for _ in range(windows):
            _, now_rows, now_sums = cells(400)
            found = gap((rows, sums), (now_rows, now_sums), spread)
            alarmed[classes] += bool(found.chi > chdtri(found.degrees, 0.05))
    for classes, count in alarmed.items():
        assert count / windows == pytest.approx(0.05, abs=0.02), classes


def test_a_stretch_is_as_uncommon_whatever_the_size_of_the_metric():
    values = np.random.default_rng(8).normal(0, 1e-3, 60)
    small, large = standardised(values, 7), standardised(values + 1e7, 7)
    assert large == pytest.approx(small, abs=1e-4)
    assert np.isnan(standardised(np.full(60, np.nan), 7)).all()


def space_of_days(level, rows=40):
    """A reference of one column, ``level`` (d,) being what each day has of its own, as a sample and its space."""
    draw, days = np.random.default_rng(20), np.repeat(np.arange(level.size), rows)
    column = draw.normal(size=days.size) + level[days]
    bins = bins_of(column)
    sample = sample_of({"a": (bins, column)}, days, column, column[:, None])
    return Part(sample.when, sample.matrix()), space_of(sample, (bins,))


def test_what_each_day_has_of_its_own_is_not_learnt_by_heart():
    """Rows of a day are never on both sides: else every week of days that differ would be told apart."""
    draw, found = np.random.default_rng(21), []
    known, space = space_of_days(draw.normal(size=120))
    days = np.repeat(np.arange(200, 206), 40)
    for _ in range(60):
        now = draw.normal(size=6)[days - 200] + draw.normal(size=days.size)
        found.append(apart(space, known, Part(days, now[:, None])).auc)
    assert abs(np.mean(found) - 0.5) < 0.05  # 0.6 with rows of a day on both sides


def test_a_stretch_of_the_reference_is_asked_beside_its_other_days_only():
    known, space = space_of_days(np.random.default_rng(22).normal(size=30))
    told = of_stretches(space, known, known, 0, 30, 7)
    assert told.size == 24
    for start in (0, 11, 23):
        inside = (known.days >= start) & (known.days < start + 7)
        rest, stretch = (Part(known.days[which], known.values[which]) for which in (~inside, inside))
        assert told[start] == pytest.approx(distance(apart(space, rest, stretch).auc))


def test_a_missing_value_is_a_usual_one_and_equal_values_share_their_rank():
    column = np.repeat([1.0, 2.0, np.nan], [100, 100, 50])
    bins = bins_of(column)
    sample = sample_of({"a": (bins, column)}, np.arange(250) // 25, np.zeros(250), np.zeros((250, 1)))
    scores = scores_of(space_of(sample, (bins,)), np.array([[np.nan], [1.0], [1.5], [2.0], [9.0]]))[:, 0]
    assert scores == pytest.approx([0.0, ndtri(0.25), 0.0, ndtri(0.75), ndtri(1 - 0.5 / 200)])
    level = Levels(np.array([0, -1], np.int32), ("x",))
    assert np.isnan(values_of([(bins_of(level), level)], np.arange(2))[:, 0]).tolist() == [False, True]


def test_a_window_of_almost_one_kind_of_days_is_not_judged():
    known, space = space_of_days(np.zeros(60))
    days = np.array([100] * 60 + [101] * 5)
    assert np.isnan(apart(space, known, Part(days, np.zeros((65, 1)))).auc)


def test_where_the_reference_has_no_rows_residuals_say_nothing():
    none, moved = np.zeros((2, 1)), np.array([[0.0], [400.0]])
    found = gap((np.array([500.0, 0.0]), none), (np.array([500.0, 500.0]), moved), np.array([0.2]))
    assert (float(found.chi), float(found.degrees)) == (0.0, 1.0)
    assert float(found.share) < 0


def test_a_stretch_takes_in_all_rows_of_its_days_and_no_other():
    draw, days = np.random.default_rng(23), np.repeat(np.arange(5, 15), 40)
    answers = draw.normal(size=days.size)
    labels = answers + days  # each day costs what its number is
    found = stretches_of("regression", days, labels, answers, 7, losses_of(labels, answers))
    assert [(each.first, each.rows) for each in found] == [(first, 280) for first in (5, 6, 7, 8)]
    assert [each.realised["mae"] for each in found] == pytest.approx([8, 9, 10, 11])
