"""Probabilities are corrected where it helps, left alone where it does not, and never put into another order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepfit.evaluate.metrics import measure
from keepfit.evaluate.spread import Clusters
from keepfit.records import canonical, parse
from keepfit.score.output import Isotonic, Output, Sigmoid, Temperature
from keepfit.train.calibrate import calibrate, fit_isotonic, fit_sigmoid, fit_temperature
from keepfit.train.out_of_fold import OutOfFold


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def two(p):
    return np.column_stack([1 - p, p])


def rows_of(labels, answers):
    numbers = np.arange(len(labels))
    return OutOfFold(answers, labels, numbers, numbers % 3)


def binary(rows=3000, distort=lambda z: z, seed=1):
    """Log-odds ``z``, labels that follow them, and what a model says that knows ``distort(z)``."""
    draw = np.random.default_rng(seed)
    z = draw.normal(0, 1.5, rows)
    return (draw.random(rows) < sigmoid(z)).astype(np.int64), two(sigmoid(distort(z)))


def corrected(labels, answers):
    found, why = calibrate(rows_of(labels, answers), Clusters.by_row(len(labels)))
    return found, why, measure("log_loss", labels, Output(calibration=found).correct(answers)).value


def test_probabilities_that_are_right_are_left_alone():
    found, why, _ = corrected(*binary())
    assert found is None
    assert why.startswith("not calibrated")


def test_an_overconfident_model_gets_a_sigmoid_that_undoes_it():
    labels, answers = binary(distort=lambda z: 3 * z + 0.5)
    found, why, loss = corrected(labels, answers)
    assert isinstance(found, Sigmoid)
    assert found.slope == pytest.approx(1 / 3, abs=0.03)
    assert found.intercept == pytest.approx(-0.5 / 3, abs=0.1)
    assert loss < measure("log_loss", labels, answers).value - 0.1
    assert "sigmoid" in why


def test_what_a_sigmoid_cannot_undo_an_isotonic_map_does():
    found, why, _ = corrected(*binary(8000, distort=lambda z: np.where(z > 0, 4.0, -0.2) + 0.01 * z))
    assert isinstance(found, Isotonic)
    assert "isotonic" in why


def test_more_classes_get_a_temperature():
    draw = np.random.default_rng(3)
    logits = draw.normal(0, 1.5, (3000, 4))
    right = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.array([draw.choice(4, p=each) for each in right])
    sharp = np.exp(3 * logits) / np.exp(3 * logits).sum(axis=1, keepdims=True)
    found, _, loss = corrected(labels, sharp)
    assert isinstance(found, Temperature)
    assert found.temperature == pytest.approx(3, abs=0.3)
    assert loss == pytest.approx(measure("log_loss", labels, right).value, abs=0.01)
    assert corrected(labels, right)[0] is None


def test_few_rows_or_few_days_are_no_reason_to_correct():
    labels, answers = binary(40, distort=lambda z: 1.5 * z)
    assert corrected(labels, answers)[0] is None
    labels, answers = binary(3000, distort=lambda z: 3 * z)
    assert calibrate(rows_of(labels, answers), Clusters.by_day(np.arange(3000) % 5))[0] is None


@pytest.mark.parametrize("fit", [fit_sigmoid, fit_isotonic])
def test_a_correction_keeps_the_order_and_so_the_auc(fit):
    labels, answers = binary(2000, distort=lambda z: np.round(2 * z, 1))
    right = fit(labels, answers).apply(answers)
    _, before = np.unique(answers[:, 1], return_inverse=True)
    _, after = np.unique(right[:, 1], return_inverse=True)
    np.testing.assert_array_equal(before, after)
    assert measure("roc_auc", labels, right).value == measure("roc_auc", labels, answers).value


@pytest.mark.parametrize("fit", [fit_sigmoid, fit_isotonic, fit_temperature])
@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), min_size=2, max_size=60))
def test_answers_stay_probabilities_and_are_never_certain_that_were_not(fit, rows):
    p, labels = (np.array(column) for column in zip(*rows, strict=True))
    found = fit(labels, two(p))
    if found is None:
        return
    right = found.apply(two(p))
    np.testing.assert_allclose(right.sum(axis=1), 1)
    assert ((right >= 0) & (right <= 1)).all()
    assert np.isfinite(-np.log(np.maximum(right, 1e-300))).all()
    assert parse(canonical(Output(calibration=found)), Output).calibration == found


def test_labels_of_one_class_or_upside_down_carry_no_sigmoid():
    labels, answers = binary()
    assert fit_sigmoid(np.ones(3), answers[:3]) is None
    assert fit_sigmoid(1 - labels, answers) is None
