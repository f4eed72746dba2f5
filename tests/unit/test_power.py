"""How many rows would decide."""

import numpy as np
import pytest

from keepfit.evaluate.intervals import estimate
from keepfit.evaluate.power import rows_needed
from keepfit.evaluate.score import mean_score
from keepfit.evaluate.spread import Clusters
from keepfit.records import Estimate


def found(value=0.7, low=0.66, high=0.74, rows=2800, clusters=28):
    return Estimate(value=value, low=low, high=high, rows=rows, clusters=clusters)


def test_as_many_rows_decide_four_times_in_five():
    rng = np.random.default_rng(0)
    first = estimate(mean_score(rng.normal(size=100) + 0.15 - 0.15), Clusters.by_row(100), 0.95)
    # the first look, moved to where the truth is: its width alone is what is asked
    seen = found(0.15, 0.15 - (first.value - first.low), 0.15 + (first.high - first.value), 100, 100)
    needed = rows_needed(seen, 0.0, 0.95)
    assert 200 < needed.rows < 400
    decided = [
        estimate(mean_score(rng.normal(size=needed.rows) + 0.15), Clusters.by_row(needed.rows), 0.95).low > 0
        for _ in range(400)
    ]
    assert np.mean(decided) == pytest.approx(0.8, abs=0.08)


def test_nearer_thresholds_more_power_and_more_confidence_need_more():
    near, far = rows_needed(found(), 0.69, 0.95), rows_needed(found(), 0.6, 0.95)
    assert near.clusters > 50 * far.clusters / 10 > far.clusters
    assert rows_needed(found(), 0.6, 0.95, power=0.95).clusters > far.clusters
    assert near.rows == pytest.approx(100 * near.clusters)


def test_where_nothing_would_decide_nothing_is_said():
    assert rows_needed(found(), 0.7, 0.95) is None
    assert rows_needed(found(low=None, high=None), 0.6, 0.95) is None
    assert rows_needed(found(value=None, low=None, high=None), 0.6, 0.95) is None


def test_a_threshold_above_is_met_by_the_upper_bound():
    skewed = found(low=0.69, high=0.80)
    assert rows_needed(skewed, 0.75, 0.95).clusters > rows_needed(skewed, 0.65, 0.95).clusters


def test_one_day_says_nothing_about_how_many_would_decide():
    assert rows_needed(Estimate(value=0.7, low=0.6, high=0.8, rows=500, clusters=1), 0.65, 0.95) is None
