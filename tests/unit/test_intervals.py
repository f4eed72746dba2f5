"""Bounds: textbook values where they are known, caution where they are not, and coverage by simulation."""

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepfit.config.metrics import METRICS
from keepfit.evaluate.bounds import t_quantile
from keepfit.evaluate.intervals import compare, estimate
from keepfit.evaluate.metrics import measure
from keepfit.evaluate.scales import Scale
from keepfit.evaluate.score import Score, mean_score, share_score
from keepfit.evaluate.spread import Clusters, spread_of

SHARE = Scale(0, 1)


def right(correct, wrong):
    return mean_score(np.repeat([1.0, 0.0], [correct, wrong]))


def test_the_error_of_equal_clusters_is_the_cluster_robust_one():
    rng = np.random.default_rng(0)
    days = np.repeat(np.arange(20), 30)
    losses = rng.normal(size=600) + rng.normal(size=20)[days]
    spread = spread_of(mean_score(losses).influence, Clusters.by_day(days))
    means = losses.reshape(20, 30).mean(axis=1)
    assert spread.error == pytest.approx(means.std(ddof=1) / np.sqrt(20), rel=1e-12)
    assert spread.error > 3 * losses.std() / np.sqrt(600)


def test_rows_that_are_their_own_cluster_have_the_textbook_error():
    losses = np.random.default_rng(0).normal(size=100)
    spread = spread_of(mean_score(losses).influence, Clusters.by_row(100))
    assert spread.error == pytest.approx(losses.std(ddof=1) / 10, rel=1e-12)


def test_one_large_day_counts_for_little_more_than_one_day():
    rng = np.random.default_rng(3)
    days = np.repeat(np.arange(14), [2000] + [20] * 13)
    losses = rng.normal(size=days.size) * 0.1 + rng.normal(size=14)[days]
    even = Clusters.by_day(np.repeat(np.arange(14), 100))
    uneven = spread_of(mean_score(losses).influence, Clusters.by_day(days))
    assert uneven.degrees < 4
    assert spread_of(mean_score(rng.normal(size=1400)).influence, even).degrees > 10


@pytest.mark.parametrize(
    ("score", "clusters", "reason"),
    [
        (right(150, 50), Clusters.by_day(np.arange(200) % 5), "5 days are too few for an interval; 8 are needed"),
        (right(15, 5), Clusters.by_row(20), "20 rows are too few for an interval; 30 are needed"),
        (right(5, 1), Clusters.by_row(6), "6 rows are too few for an interval; 8 are needed"),
    ],
)
def test_too_little_gives_the_value_without_bounds_and_says_so(score, clusters, reason):
    found = estimate(score, clusters, 0.95, SHARE)
    assert found.value == score.value
    assert (found.low, found.high, found.missing, found.reason) == (None, None, "evidence", reason)


def test_many_rows_with_few_of_a_class_are_few():
    y = np.repeat([0, 1], [5000, 7])
    p = np.random.default_rng(0).random(y.size)
    probabilities = np.column_stack([1 - p, p])
    found = estimate(measure("roc_auc", y, probabilities), Clusters.by_row(y.size), 0.95, SHARE)
    assert found.reason == "only 7 rows hold the rarest class; 8 are needed for an interval"
    few_days = Clusters.by_day(np.r_[np.arange(5000) % 20, np.zeros(7, int)])
    assert "only 1 days" in estimate(measure("roc_auc", y, probabilities), few_days, 0.95, SHARE).reason


def test_a_value_that_is_missing_keeps_its_reason():
    found = estimate(measure("rmse", [1.0, 2.0], [np.nan, 1.0]), Clusters.by_row(2), 0.95)
    assert (found.value, found.low, found.missing) == (None, None, "broken")
    assert "not a finite number" in found.reason


@pytest.mark.parametrize(("count", "clusters"), [(100, None), (280, 14)])
def test_all_right_is_bounded_as_clopper_and_pearson_do(count, clusters):
    units = Clusters.by_row(count) if clusters is None else Clusters.by_day(np.arange(count) % clusters)
    found = estimate(right(count, 0), units, 0.95, SHARE)
    assert found.low == pytest.approx(0.05 ** (1 / (clusters or count)))
    assert found.high == 1.0
    none = estimate(right(0, count), units, 0.95, SHARE)
    assert (none.low, none.high) == (0.0, pytest.approx(1 - 0.05 ** (1 / (clusters or count))))


def test_a_perfect_ranking_knows_no_more_than_its_rarest_class():
    y = np.repeat([0, 1], [1000, 10])
    probabilities = np.column_stack([1 - y * 0.8, y * 0.8])
    found = estimate(measure("roc_auc", y, probabilities), Clusters.by_row(y.size), 0.95, SHARE)
    assert (found.value, found.low) == (1.0, pytest.approx(0.05**0.1))


def test_a_loss_that_never_varies_has_no_bound():
    found = estimate(mean_score(np.zeros(100)), Clusters.by_row(100), 0.95, Scale(0))
    assert (found.value, found.high, found.missing) == (0.0, None, "evidence")


def test_the_area_of_a_constant_is_known_exactly():
    y = np.arange(100) % 2
    found = estimate(measure("roc_auc", y, np.tile([0.5, 0.5], (100, 1))), Clusters.by_row(100), 0.95, SHARE)
    assert (found.value, found.low, found.high) == (0.5, 0.5, 0.5)


def some(seed=0, rows=400):
    rng = np.random.default_rng(seed)
    y = (rng.random(rows) < 0.4).astype(int)
    p = np.clip(0.3 + 0.25 * y + rng.normal(size=rows) * 0.15, 0.01, 0.99)
    return y, np.column_stack([1 - p, p])


@pytest.mark.parametrize("name", ["roc_auc", "log_loss", "accuracy", "brier", "average_precision"])
def test_identical_models_differ_by_exactly_nothing(name):
    y, p = some()
    score = measure(name, y, p)
    same = compare(score, score, Clusters.by_row(y.size), 0.95, METRICS[name], identical=True)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)


def test_equal_decisions_of_different_models_are_not_equal_beyond_doubt():
    y, p = some()
    surer = np.where(p > 0.5, 0.9, 0.1)
    one, other = measure("accuracy", y, p), measure("accuracy", y, surer)
    found = compare(one, other, Clusters.by_row(y.size), 0.95, METRICS["accuracy"])
    assert found.value == 0.0
    assert (found.low, found.high) == (pytest.approx(0.05 ** (1 / 400) - 1), pytest.approx(1 - 0.05 ** (1 / 400)))


@pytest.mark.parametrize("differ", [1, 2, 4])
def test_a_few_rows_that_differ_are_no_proof(differ):
    y, p = some()
    better = p.copy()
    wrong = np.flatnonzero(p.argmax(axis=1) != y)[:differ]
    better[wrong] = better[wrong, ::-1]
    found = compare(measure("accuracy", y, better), measure("accuracy", y, p), Clusters.by_row(400), 0.95,
                    METRICS["accuracy"])  # fmt: skip
    unseen = 1 - 0.05 ** (1 / 400)
    assert found.value == pytest.approx(differ / 400)
    assert found.low < found.value - unseen
    assert found.high > found.value + 0.98 * unseen


def test_skewed_losses_are_bounded_farther_out_on_their_long_side():
    losses = np.random.default_rng(0).gamma(0.3, size=100)
    found = estimate(mean_score(losses), Clusters.by_row(100), 0.95)
    plain = t_quantile(0.95, 99) * losses.std(ddof=1) / 10
    assert found.high - found.value > 1.15 * plain
    assert found.value - found.low < 1.1 * plain


@pytest.mark.parametrize("name", ["roc_auc", "log_loss"])
def test_improvement_is_positive_where_the_candidate_is_better(name):
    y, p = some()
    naive = np.tile([0.6, 0.4], (y.size, 1))
    clusters = Clusters.by_row(y.size)
    gain = compare(measure(name, y, p), measure(name, y, naive), clusters, 0.95, METRICS[name])
    loss = compare(measure(name, y, naive), measure(name, y, p), clusters, 0.95, METRICS[name])
    assert 0 < gain.low < gain.value < gain.high
    assert (loss.low, loss.value) == (pytest.approx(-gain.high), pytest.approx(-gain.value))


def test_pairing_sees_what_two_intervals_do_not():
    y, p = some(rows=2000)
    slightly = np.clip(p[:, 1] + 0.01 * (2 * y - 1), 0.001, 0.999)
    better = np.column_stack([1 - slightly, slightly])
    clusters = Clusters.by_row(y.size)
    one, other = measure("log_loss", y, better), measure("log_loss", y, p)
    apart = estimate(one, clusters, 0.95, Scale(0)), estimate(other, clusters, 0.95, Scale(0))
    assert apart[0].high > apart[1].low
    assert compare(one, other, clusters, 0.95, METRICS["log_loss"]).low > 0


def test_whose_answers_are_broken_decides_what_is_missing():
    y, p = some()
    broken = p.copy()
    broken[0] = np.nan
    good, bad = measure("brier", y, p), measure("brier", y, broken)
    clusters = Clusters.by_row(y.size)
    assert compare(bad, good, clusters, 0.95, METRICS["brier"]).missing == "broken"
    reference_broken = compare(good, bad, clusters, 0.95, METRICS["brier"])
    assert (reference_broken.missing, reference_broken.value) == ("evidence", None)
    assert reference_broken.reason.startswith("reference: 1 of 400 predictions")


finite_influence = st.lists(st.floats(-10, 10), min_size=30, max_size=60)


@given(finite_influence, st.floats(0.001, 0.999), st.sampled_from([SHARE, Scale(0), Scale(-inf, 1), Scale()]),
       st.integers(8, 30), st.floats(0.5, 0.999))  # fmt: skip
def test_bounds_stay_in_the_range_and_around_the_value(influence, value, scale, days, confidence):
    influence = np.array(influence) - np.mean(influence)
    clusters = Clusters.by_day(np.arange(influence.size) % days)
    found = estimate(Score(value, influence), clusters, confidence, scale)
    if found.low is not None:
        assert scale.low <= found.low <= found.high <= scale.high
        assert np.isfinite([found.low, found.high]).all()


@given(finite_influence, st.permutations(range(30)))
def test_the_order_of_rows_and_the_names_of_days_do_not_matter(influence, order):
    influence = np.array(influence[:30]) - np.mean(influence[:30])
    order, days = np.array(order), np.arange(30) % 10
    first = spread_of(influence, Clusters.by_day(days))
    second = spread_of(influence[order], Clusters.by_day(100 - days[order]))
    assert second.error == pytest.approx(first.error, rel=1e-9, abs=1e-12)


def test_more_confidence_is_never_narrower():
    y, p = some()
    score, clusters = measure("roc_auc", y, p), Clusters.by_day(np.arange(y.size) % 14)
    widths = [estimate(score, clusters, c, SHARE) for c in (0.6, 0.8, 0.9, 0.95, 0.99)]
    assert [w.low for w in widths] == sorted((w.low for w in widths), reverse=True)
    assert [w.high for w in widths] == sorted(w.high for w in widths)


def test_a_share_of_independent_rows_has_exact_bounds():
    from scipy.stats import binomtest

    for hits in (3, 20, 47):
        found = estimate(share_score(np.arange(50) < hits, np.ones(50, bool)), Clusters.by_row(50), 0.95, SHARE)
        exact = binomtest(hits, 50).proportion_ci(0.9, "exact")
        assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


def test_a_share_knows_only_the_rows_that_it_is_of():
    y = np.repeat([1, 0], [40, 4000])
    p = np.where(np.arange(y.size) % 4 == 0, 0.4, 0.6)
    found = estimate(measure("recall", y, np.column_stack([1 - p, p])), Clusters.by_row(y.size), 0.95, SHARE)
    assert found.value == 0.75
    assert found.low == pytest.approx(0.613, abs=0.002)  # 30 of 40, not of 4,040


def test_a_holdout_of_one_class_has_losses_and_no_bounds():
    p = np.full(100, 0.01) + np.linspace(0, 0.01, 100)
    found = estimate(measure("log_loss", np.zeros(100, int), np.column_stack([1 - p, p])), Clusters.by_row(100), 0.95)
    assert found.value is not None
    assert (found.high, found.reason) == (None, "needs both classes: class 0: 100 rows")


def crossed(days=20, entities=20, seed=0, by_day=1.0, by_entity=1.0):
    rng = np.random.default_rng(seed)
    day, entity = np.repeat(np.arange(days), entities), np.tile(np.arange(entities), days)
    losses = rng.normal(size=day.size) + by_day * rng.normal(size=days)[day]
    return losses + by_entity * rng.normal(size=entities)[entity], day, entity


def test_two_ways_add_up_and_neither_hides_the_other():
    losses, day, entity = crossed()
    both, by_day, by_entity = (
        spread_of(mean_score(losses).influence, clusters).error
        for clusters in (Clusters.of(400, day, entity), Clusters.of(400, day, None), Clusters.of(400, None, entity))
    )
    assert both > 1.1 * max(by_day, by_entity)
    cells = losses.std() / 20
    assert both**2 == pytest.approx(by_day**2 + by_entity**2 - cells**2, rel=0.02)
    alone, day, entity = crossed(by_entity=0.0)
    score = mean_score(alone).influence
    assert spread_of(score, Clusters.of(400, day, entity)).error >= spread_of(score, Clusters.by_day(day)).error


def test_entities_within_days_are_days():
    losses, day, _ = crossed()
    within = day * 5 + np.arange(400) % 5
    score = mean_score(losses).influence
    one, two = Clusters.by_day(day), Clusters.of(400, day, within)
    assert (two.count, two.word) == (20, "days")
    assert spread_of(score, two).error == pytest.approx(spread_of(score, one).error)


def test_bounds_of_two_ways_hold():
    held = 0
    for seed in range(300):
        losses, day, entity = crossed(seed=seed)
        held += estimate(mean_score(losses), Clusters.of(400, day, entity), 0.95).low <= 0
    assert held >= 0.92 * 300


def test_a_median_is_bounded_by_ordered_values():
    values = np.random.default_rng(1).gamma(1, size=400)
    score = measure("median_absolute_error", np.zeros(400), values)
    found = estimate(score, Clusters.by_row(400), 0.95, Scale(0))
    ordered = np.sort(values)
    assert found.low in ordered
    assert found.high in ordered
    assert np.searchsorted(ordered, [found.low, found.high]) == pytest.approx([183, 216], abs=3)


def test_calibration_errors_are_compared_with_caution():
    y, p = some(rows=4000)
    sure = np.column_stack([1 - (p[:, 1] > 0.5) * 0.98 - 0.01, (p[:, 1] > 0.5) * 0.98 + 0.01])
    mild, wrong = measure("calibration_error", y, p), measure("calibration_error", y, sure)
    clusters = Clusters.by_row(y.size)
    alone = [estimate(score, clusters, 0.95, SHARE) for score in (mild, wrong)]
    gain = compare(mild, wrong, clusters, 0.95, METRICS["calibration_error"])
    assert gain.low < alone[1].low - alone[0].high
    assert compare(mild, mild, clusters, 0.95, METRICS["calibration_error"]).low < 0


@pytest.mark.parametrize("name", ["median_absolute_error", "calibration_error", "log_loss", "f1"])
def test_a_look_that_may_spend_little_is_bounded_far_out(name):
    if name == "median_absolute_error":
        rng = np.random.default_rng(0)
        y, one, other = np.zeros(2000), rng.normal(size=2000), 1.3 * rng.normal(size=2000)
    else:
        y, one = some(rows=2000)
        other = np.column_stack([1 - one[:, 1] ** 2, one[:, 1] ** 2])
    first, second, clusters = measure(name, y, one), measure(name, y, other), Clusters.by_row(2000)
    widths = []
    for spend in (0.05, 1e-2, 1e-3, 1e-4, 1e-6):
        gain = compare(first, second, clusters, 1 - spend, METRICS[name])
        widths.append(gain.value - gain.low)
    assert widths == sorted(widths)
    assert widths[-1] > 1.5 * widths[0]
    assert len(set(widths)) == 5
