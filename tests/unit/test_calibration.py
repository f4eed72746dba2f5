"""Calibration: no error where there is none, the right one where there is, and slopes that statistics agree with."""

import numpy as np
import pytest

from keepfit.evaluate.answers import Answers
from keepfit.evaluate.calibration import bins_of, calibration_error, in_the_large, slope
from keepfit.evaluate.distance import of_bins
from keepfit.evaluate.intervals import estimate
from keepfit.evaluate.scales import Scale
from keepfit.evaluate.spread import Clusters


def answers(rows=2000, seed=0, trust=1.0, shift=0.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    y = (rng.random(rows) < 1 / (1 + np.exp(-x))).astype(int)
    p = 1 / (1 + np.exp(-(trust * x + shift)))
    return Answers.of(y, np.column_stack([1 - p, p]))


def test_right_probabilities_have_no_error_on_average_where_the_plain_one_has():
    debiased, plain = [], []
    for seed in range(200):
        given = answers(500, seed)
        group, p = bins_of(given.prediction[:, 1]), given.prediction[:, 1]
        count = np.bincount(group)
        gap = np.bincount(group, weights=given.y - p) / count
        plain.append(float((count / 500 * gap**2).sum()))
        debiased.append(calibration_error(given).value ** 2)
    assert np.mean(plain) > 0.003
    assert np.median(debiased) < 0.0005


def test_overconfidence_is_measured_in_probability():
    given = answers(200_000, trust=3.0)
    p = given.prediction[:, 1]
    truth = 1 / (1 + (1 / p - 1) ** (1 / 3))
    assert calibration_error(given).value == pytest.approx(np.sqrt(np.mean((p - truth) ** 2)), rel=0.03)


def test_bounds_hold_zero_where_there_is_no_error_and_do_not_where_there_is():
    right, wrong = calibration_error(answers()), calibration_error(answers(trust=3.0))
    units = Clusters.by_row(2000)
    assert of_bins(right.binned, units, 0.95)[0] == 0.0
    low, high = of_bins(wrong.binned, units, 0.95)
    assert 0.05 < low < wrong.value < high < 0.25


def test_days_make_it_less_sure():
    score, days = calibration_error(answers()), np.arange(2000) % 10
    shared = Answers.of(np.asarray(days < 5, int), answers().prediction)
    by_row = of_bins(calibration_error(shared).binned, Clusters.by_row(2000), 0.95)
    by_day = of_bins(calibration_error(shared).binned, Clusters.by_day(days), 0.95)
    assert by_day[1] - by_day[0] > 2 * (by_row[1] - by_row[0])
    assert estimate(score, Clusters.by_day(days % 5), 0.95, Scale(0, 1)).missing == "evidence"


def test_the_slope_is_that_of_logistic_regression():
    from sklearn.linear_model import LogisticRegression

    given = answers(trust=2.0, shift=0.3)
    odds = np.log(given.prediction[:, 1] / given.prediction[:, 0])[:, None]
    expected = LogisticRegression(C=np.inf, tol=1e-10).fit(odds, given.y).coef_[0, 0]
    assert slope(given).value == pytest.approx(expected, rel=1e-4)
    assert slope(given).value == pytest.approx(0.5, abs=0.06)
    assert in_the_large(given).value == pytest.approx((given.y - given.prediction[:, 1]).mean())


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_the_influence_of_the_slope_is_what_leaving_a_row_out_does(task):
    rng = np.random.default_rng(1)
    given = answers(300)
    if task == "regression":
        x = rng.normal(size=300)
        given = Answers.of(2 * x + rng.normal(size=300), x, regression=True)
        assert slope(given).value == pytest.approx(np.polyfit(given.prediction, given.y, 1)[0])
    score, rows = slope(given), np.arange(300)
    without = np.array([slope(given.take(rows != row)).value for row in rows])
    assert np.corrcoef(299 * (score.value - without), score.influence)[0, 1] > 0.998
    assert np.std(299 * (score.value - without)) == pytest.approx(np.std(score.influence), rel=0.05)


def test_a_slope_without_an_end_is_no_slope():
    y = np.repeat([0, 1], 50)
    p = np.where(y == 1, 0.8, 0.2) + np.linspace(0, 0.1, 100)
    assert "has no end" in slope(Answers.of(y, np.column_stack([1 - p, p]))).reason
    constant = Answers.of(y, np.tile([0.5, 0.5], (100, 1)))
    assert slope(constant).value is None


def test_more_classes_are_asked_about_the_one_they_bet_on():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(4), 20_000)
    y = (p.cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    assert calibration_error(Answers.of(y, p)).value < 0.012
    sure = p**3 / (p**3).sum(axis=1, keepdims=True)
    assert calibration_error(Answers.of(y, sure)).value > 0.1


@pytest.mark.parametrize("share", [0.2, 0.25, 0.3])
def test_answers_that_know_the_label_have_no_slope_and_break_nothing(share):
    y = (np.random.default_rng(1).random(25_315) < share).astype(np.int64)
    told = np.where(y[:, None] == np.arange(2), 0.99, 0.01)
    assert "told apart without error" in slope(Answers.of(y, told)).reason
