"""How much the leakage report believes of a feature, and what it wants to see before it calls one a copy."""

import numpy as np
import pytest
from test_leakage import found, honest, named

from keepfit.split.leakage.alone import _limit
from keepfit.split.leakage.determines import _determined, _monotone, _surprise


@pytest.mark.parametrize(
    ("next_best", "before", "limit"),
    [
        (0.5, 0.0, 0.98),
        (0.85, 0.0, 0.985),
        (0.95, 0.0, 0.99),
        (0.5, 0.97, 0.98),
        (0.5, 0.99, 0.999),
        (0.95, 0.985, 0.9985),
    ],
)
def test_less_is_believed_where_no_other_feature_comes_near_and_more_where_labels_go_on(next_best, before, limit):
    assert _limit({"other": next_best}, before) == pytest.approx(limit)
    assert _limit({}, before) == pytest.approx(_limit({"other": 0.0}, before))


@pytest.mark.parametrize(("rows", "told"), [(120, False), (4000, True)])
def test_of_few_rows_what_is_nearly_perfect_may_be_chance(rows, told):
    columns = honest(3, rows=rows)
    draw = np.random.default_rng(5)
    late = np.array(columns["y"].to_pylist())
    columns["copy"] = late + 0.29 * draw.normal(size=rows)  # an AUC of .993
    leaks = found(columns, dated=False, features={"signal": "number", "copy": "number"})
    assert (("predicts_alone", "copy") in named(leaks)) == told


def test_of_few_rows_what_is_perfect_is_found():
    columns = honest(3, rows=120)
    late = np.array(columns["y"].to_pylist())
    columns["copy"] = late + 0.1 * np.random.default_rng(5).random(120)
    leaks = found(columns, dated=False, features={"signal": "number", "copy": "number"})
    assert ("predicts_alone", "copy") in named(leaks)


def determined(values, label):
    return _determined(np.asarray(values, float), np.asarray(label), _surprise(np.asarray(label)))


def test_values_that_repeat_with_the_most_frequent_label_alone_determine_nothing():
    values = [*np.repeat(np.arange(100), 2), *range(1000, 1100)]
    assert determined(values, [0] * 200 + [1] * 100) is None
    assert determined([*np.repeat(np.arange(150), 2)], [0] * 200 + [1] * 100)


def test_a_few_repeated_values_may_agree_by_chance():
    values = [*np.repeat(np.arange(12), 2), *range(1000, 1176)]
    label = [1] * 24 + [0] * 100 + [1] * 76
    assert determined(values, label) is None


def test_a_label_that_falls_with_every_step_is_told_by_it_and_one_of_a_few_values_is_not():
    assert _monotone(np.arange(60.0))
    assert _monotone(-np.arange(60.0))
    assert not _monotone(np.repeat([1.0, 2.0, 3.0], 20))
    assert not _monotone(np.arange(60))  # classes
    columns = honest(4, task="regression")
    columns["copy"] = -np.array(columns["y"].to_pylist())
    leaks = found(columns, "regression", features={"signal": "number", "copy": "number"})
    assert ("copy_of_label", "copy") in named(leaks)


def test_a_copy_with_missing_values_is_one():
    columns = honest(4, task="regression")
    label = np.array(columns["y"].to_pylist())
    columns["copy"] = np.where(np.arange(1500) % 7 == 0, np.nan, 2 * label)
    leaks = found(columns, "regression", features={"signal": "number", "copy": "number"})
    assert ("copy_of_label", "copy") in named(leaks)
