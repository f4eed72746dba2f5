"""Metrics equal scikit-learn's, and their influence is what leaving a row out does."""

import numpy as np
import pytest
from sklearn import metrics as sk

from keepfit.config.metrics import METRICS
from keepfit.errors import DataError
from keepfit.evaluate.metrics import MEASURES, measure


def some_binary(rows, seed, *, ties):
    rng = np.random.default_rng(seed)
    y = (rng.random(rows) < 0.3).astype(np.int64)
    p = 1 / (1 + np.exp(-(y - 0.8 + rng.normal(size=rows))))
    p = np.round(p, 1).clip(0.05, 0.95) if ties else p
    return y, np.column_stack([1 - p, p])


def some_classes(rows, seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, rows)
    p = rng.dirichlet(np.ones(4), rows)
    p[np.arange(rows), y] += 0.5
    return y, p / p.sum(axis=1, keepdims=True)


def some_values(rows, seed):
    rng = np.random.default_rng(seed)
    y = rng.uniform(0, 4, size=rows)
    return y, y + rng.normal(size=rows)


def sample(name, rows, seed, *, ties=False):
    tasks = METRICS[name].tasks
    if "regression" in tasks:
        return some_values(rows, seed)
    if "binary" not in tasks:
        return some_classes(rows, seed)
    return some_binary(rows, seed, ties=ties)


def test_every_metric_of_the_configuration_is_computed():
    assert MEASURES.keys() == METRICS.keys()


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rows", [30, 2000])
def test_binary_values_equal_scikit_learn(rows, seed, ties):
    y, p = some_binary(rows, seed, ties=ties)
    decision = p.argmax(axis=1)
    expected = {
        "roc_auc": sk.roc_auc_score(y, p[:, 1]),
        "average_precision": sk.average_precision_score(y, p[:, 1]),
        "log_loss": sk.log_loss(y, p),
        "brier": sk.brier_score_loss(y, p[:, 1]),
        "accuracy": sk.accuracy_score(y, decision),
        "balanced_accuracy": sk.balanced_accuracy_score(y, decision),
        "f1": sk.f1_score(y, decision),
        "precision": sk.precision_score(y, decision),
        "recall": sk.recall_score(y, decision),
        "specificity": sk.recall_score(y, decision, pos_label=0),
        "matthews_correlation": sk.matthews_corrcoef(y, decision),
    }
    found = {name: measure(name, y, p).value for name in expected}
    assert found == pytest.approx(expected, abs=1e-12, rel=0)


def test_a_threshold_of_the_version_moves_the_decision_and_nothing_else():
    y, p = some_binary(500, 1, ties=False)
    decided = (p[:, 1] >= 0.3).astype(int)
    assert measure("recall", y, p, decided).value == sk.recall_score(y, decided) > measure("recall", y, p).value
    assert measure("f1", y, p, decided).value == pytest.approx(sk.f1_score(y, decided))
    assert measure("log_loss", y, p, decided).value == measure("log_loss", y, p).value


@pytest.mark.parametrize("seed", range(5))
def test_multiclass_values_equal_scikit_learn(seed):
    y, p = some_classes(500, seed)
    decision = p.argmax(axis=1)
    expected = {
        "log_loss": sk.log_loss(y, p),
        "brier": sk.brier_score_loss(y, p, labels=[0, 1, 2, 3]),
        "accuracy": sk.accuracy_score(y, decision),
        "balanced_accuracy": sk.balanced_accuracy_score(y, decision),
        "f1_macro": sk.f1_score(y, decision, average="macro"),
        "matthews_correlation": sk.matthews_corrcoef(y, decision),
        "roc_auc_ovr": sk.roc_auc_score(y, p, multi_class="ovr"),
    }
    found = {name: measure(name, y, p).value for name in expected}
    assert found == pytest.approx(expected, abs=1e-12, rel=0)


def test_a_class_nobody_has_or_that_is_unknown_counts_as_scikit_learn_counts_it():
    y, p = some_classes(200, 1)
    y[:20], y[y == 2] = -1, 1
    decision = p.argmax(axis=1)
    assert measure("f1_macro", y, p).value == pytest.approx(sk.f1_score(y, decision, average="macro", zero_division=0))
    assert measure("matthews_correlation", y, p).value == pytest.approx(sk.matthews_corrcoef(y, decision))
    assert "needs every class" in measure("roc_auc_ovr", y, p).reason


@pytest.mark.parametrize("seed", range(5))
def test_regression_values_equal_scikit_learn(seed):
    y, values = some_values(500, seed)
    expected = {
        "rmse": sk.root_mean_squared_error(y, values),
        "mae": sk.mean_absolute_error(y, values),
        "median_absolute_error": sk.median_absolute_error(y, values),
        "r2": sk.r2_score(y, values),
    }
    assert {name: measure(name, y, values).value for name in expected} == pytest.approx(expected, abs=1e-12, rel=0)


def test_certain_and_wrong_is_clipped_as_scikit_learn_does():
    y, p = np.array([1, 0, 1]), np.array([[1.0, 0.0], [1.0, 0.0], [0.3, 0.7]])
    assert measure("log_loss", y, p).value == pytest.approx(sk.log_loss(y, p), abs=1e-12)


SMOOTH = [name for name in METRICS if name not in ("median_absolute_error", "calibration_error")]


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("name", SMOOTH)
def test_influence_is_what_leaving_a_row_out_does(name, ties):
    y, prediction = sample(name, 400, seed=1, ties=ties)
    score = measure(name, y, prediction)
    rows = np.arange(y.size)
    without = np.array([measure(name, y[rows != i], prediction[rows != i]).value for i in rows])
    jackknife = (y.size - 1) * (score.value - without)
    assert score.influence.mean() == pytest.approx(0, abs=1e-12)
    # both agree to first order; what is left over is of order 1/n
    assert np.corrcoef(jackknife, score.influence)[0, 1] > 0.999
    assert np.std(jackknife, ddof=1) == pytest.approx(np.std(score.influence, ddof=1), rel=0.02)


def test_influence_of_multiclass_metrics_is_what_leaving_a_row_out_does():
    y, p = some_classes(400, 3)
    rows = np.arange(y.size)
    for name in ("brier", "log_loss", "balanced_accuracy", "matthews_correlation", "f1_macro", "roc_auc_ovr"):
        score = measure(name, y, p)
        without = np.array([measure(name, y[rows != i], p[rows != i]).value for i in rows])
        jackknife = (y.size - 1) * (score.value - without)
        assert np.allclose(jackknife, score.influence, atol=0.05)


def test_area_under_the_curve_has_the_variance_of_delong():
    y, p = some_binary(300, 4, ties=True)
    score = p[:, 1]
    wins = (score[y == 1][:, None] > score[y == 0]) + 0.5 * (score[y == 1][:, None] == score[y == 0])
    v10, v01 = wins.mean(axis=1), wins.mean(axis=0)
    delong = v10.var() / v10.size + v01.var() / v01.size
    assert np.sum(measure("roc_auc", y, p).influence ** 2) / 300**2 == pytest.approx(delong, rel=1e-12)


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_prediction_that_is_no_number_gives_no_value(name, bad):
    y, prediction = sample(name, 100, seed=2)
    prediction[7] = bad
    score = measure(name, y, prediction)
    assert score.value is None
    assert score.missing == "broken"
    assert score.reason == "1 of 100 predictions is not a finite number"


def test_shares_that_are_no_probabilities_give_no_value():
    y, p = some_binary(50, 0, ties=False)
    assert measure("brier", y, p * 1.5).missing == "broken"
    p[0] = [-0.5, 1.5]
    assert measure("brier", y, p).reason == "1 of 50 predictions is not probabilities that sum to 1"


@pytest.mark.parametrize(
    "name", ["roc_auc", "average_precision", "balanced_accuracy", "recall", "matthews_correlation"]
)
def test_one_class_says_so_with_counts(name):
    score = measure(name, np.zeros(40, int), np.tile([0.5, 0.5], (40, 1)))
    assert (score.value, score.missing) == (None, "evidence")
    assert "class 0: 40 rows" in score.reason


def test_no_rows_is_no_value():
    assert measure("accuracy", np.zeros(0, int), np.zeros((0, 2))).reason == "no rows"
    assert measure("rmse", np.zeros(0), np.zeros(0)).missing == "evidence"


def test_r2_of_equal_labels_says_so():
    assert measure("r2", np.ones(10), np.arange(10.0)).reason == "every label is the same"


def test_a_class_the_model_does_not_know_counts_against_it():
    p = np.tile([0.2, 0.3, 0.5], (2, 1))
    y = np.array([2, -1])
    assert measure("accuracy", y, p).value == 0.5
    assert measure("brier", y, p).value == pytest.approx((0.38 - 1 + 1 + 0.38 + 1) / 2)
    assert measure("log_loss", y, p).value > 17


@pytest.mark.parametrize(
    ("y", "prediction"),
    [
        ([0, 1, 0], np.tile([0.5, 0.5], (2, 1))),
        ([0, 2], np.tile([0.5, 0.5], (2, 1))),
        ([0, -1], np.tile([0.5, 0.5], (2, 1))),
        ([0, 1], np.array([0.5, 0.5])),
        ([0, 1], np.ones((2, 1))),
    ],
)
def test_labels_that_do_not_fit_are_refused(y, prediction):
    with pytest.raises(DataError, match=r"(do not belong together|not what the model predicts)"):
        measure("accuracy", np.array(y), prediction)


def test_missing_label_values_are_refused():
    with pytest.raises(DataError):
        measure("mae", np.array([1.0, np.nan]), np.array([1.0, 2.0]))


def test_ranking_ignores_how_far_scores_are_apart():
    y, p = some_binary(200, 8, ties=True)
    squeezed = np.column_stack([1 - p[:, 1] / 100, p[:, 1] / 100])
    for name in ("roc_auc", "average_precision"):
        assert measure(name, y, squeezed).value == pytest.approx(measure(name, y, p).value, abs=1e-14)
