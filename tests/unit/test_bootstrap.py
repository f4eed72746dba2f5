"""The bootstrap: the same law as resampling one by one, seeded, by stratum, and by cluster."""

import numpy as np
import pytest

from keepfit.evaluate.bootstrap import draws_of, medians, of_two_medians, percentile_bounds
from keepfit.evaluate.spread import Clusters


def test_the_median_of_a_draw_is_that_of_the_rows_it_takes():
    rng = np.random.default_rng(0)
    values = np.abs(rng.normal(size=300))
    units, counts = draws_of(Clusters.by_row(300), draws=50)
    assert (units == np.arange(300) % 300).all() or units.max() < 256
    found = medians(values, units, counts, 0.5)
    for draw in range(50):
        taken = np.repeat(values, counts[draw][units].astype(int))
        assert found[draw] == pytest.approx(np.median(taken), abs=0.05)


def test_it_spreads_as_scipy_s_does():
    from scipy.stats import bootstrap

    rng = np.random.default_rng(2)
    ours, theirs = np.abs(rng.normal(size=2000)), np.abs(1.2 * rng.normal(size=2000))
    low, high = of_two_medians(ours, theirs, Clusters.by_row(2000), 0.95, -1.0)
    other = bootstrap((ours, theirs), lambda a, b, axis: np.median(b, axis=axis) - np.median(a, axis=axis), paired=True,
                      n_resamples=1000, batch=100, confidence_level=0.9, method="percentile", rng=rng)  # fmt: skip
    width = other.confidence_interval.high - other.confidence_interval.low
    assert high - low == pytest.approx(width, rel=0.25)
    assert low == pytest.approx(other.confidence_interval.low, abs=0.2 * width)


def test_the_same_rows_have_the_same_bounds():
    values = np.random.default_rng(3).normal(size=(2, 500))
    first, second = (of_two_medians(*np.abs(values), Clusters.by_row(500), 0.95, 1.0) for _ in range(2))
    assert first == second


def test_whole_clusters_are_taken():
    days = np.repeat(np.arange(10), [50, 1, 20, 3, 7, 9, 30, 4, 6, 70])
    units, counts = draws_of(Clusters.by_day(days), draws=200)
    assert (units == days).all()
    assert (counts.sum(axis=1) == 10).all()
    assert np.unique(counts[:, 0]).size > 2


def test_every_class_keeps_its_rows():
    y = np.repeat([0, 1], [300, 7])
    units, counts = draws_of(Clusters.by_row(307), strata=y, draws=100)
    rare = np.unique(units[y == 1])
    assert rare.size == 7
    assert (counts[:, rare].sum(axis=1) == 7).all()
    assert not set(rare) & set(units[y == 0])


def test_few_clusters_go_farther_than_their_percentiles():
    replicates = np.random.default_rng(0).normal(size=100_000)
    few, many = (percentile_bounds(replicates, 0.0, clusters, 0.95) for clusters in (8, 10_000))
    assert many[1] == pytest.approx(1.645, abs=0.03)
    assert few[1] == pytest.approx(1.895 * np.sqrt(8 / 7), abs=0.05)


def test_days_widen_the_bounds():
    rng = np.random.default_rng(5)
    days = np.repeat(np.arange(20), 50)
    shift = rng.normal(size=20)[days]
    ours, theirs = np.abs(rng.normal(size=1000) + shift), np.abs(rng.normal(size=1000))
    by_day = of_two_medians(ours, theirs, Clusters.by_day(days), 0.95, 1.0)
    by_row = of_two_medians(ours, theirs, Clusters.by_row(1000), 0.95, 1.0)
    assert by_day[1] - by_day[0] > 1.5 * (by_row[1] - by_row[0])
