"""The threshold is the one that the rule of the YAML asks for, and a rule that cannot be met says so."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepfit.config.train import Cost, Decide
from keepfit.score.output import Output
from keepfit.train.decide import decide

EXAMPLES = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 1)), min_size=1, max_size=50)


def parts(rows):
    tenths, labels = (np.array(column) for column in zip(*rows, strict=True))
    return labels, tenths / 20.0


def called(probability, threshold):
    return Output(threshold=threshold).decide(np.column_stack([1 - probability, probability])) == 1


@settings(max_examples=200, deadline=None)
@given(EXAMPLES, st.sampled_from([(1, 1), (1, 5), (7, 2), (0, 1)]))
def test_no_other_threshold_is_cheaper(rows, price):
    labels, probability = parts(rows)
    rule = Decide(cost=Cost(false_positive=price[0], false_negative=price[1]))

    def cost(threshold):
        positive = called(probability, threshold)
        return price[0] * np.sum(positive & (labels == 0)) + price[1] * np.sum(~positive & (labels == 1))

    found = decide(rule, labels, probability)
    assert cost(found.threshold) == min(cost(other) for other in np.linspace(-0.01, 1, 102))


@settings(max_examples=200, deadline=None)
@given(EXAMPLES, st.sampled_from([0.5, 0.9, 1.0]))
def test_recall_is_reached_and_no_higher_threshold_reaches_it(rows, wanted):
    labels, probability = parts(rows)
    if not labels.any():
        return
    found = decide(Decide(recall_at_least=wanted), labels, probability)

    def recall(threshold):
        return np.sum(called(probability, threshold) & (labels == 1)) / labels.sum()

    assert found.met
    assert recall(found.threshold) >= wanted
    assert all(recall(other) < wanted for other in probability if other > found.threshold + 0.03)


def test_precision_is_reached_with_the_most_rows_or_it_is_said_that_it_cannot_be():
    draw = np.random.default_rng(1)
    probability = draw.random(2000)
    labels = (draw.random(2000) < 0.6 * probability).astype(int)
    found = decide(Decide(precision_at_least=0.45), labels, probability)
    positive = called(probability, found.threshold)
    assert found.met
    assert labels[positive].mean() >= 0.45
    assert positive.sum() > 500
    never = decide(Decide(precision_at_least=0.99), labels, probability)
    assert not never.met
    assert never.threshold is None
    assert "no threshold reaches a precision of 0.99" in never.reason


def test_a_threshold_that_is_given_is_taken_and_none_means_one_half():
    assert decide(Decide(threshold=0.3), np.empty(0), np.empty(0)).threshold == 0.3
    assert decide(None, np.empty(0), np.empty(0)) == (None, "", True)
    assert not decide(Decide(recall_at_least=0.5), np.empty(0), np.empty(0)).met


@pytest.mark.parametrize("threshold", [None, 0.5])
def test_one_half_is_the_most_probable_class(threshold):
    answers = np.array([[0.5, 0.5], [0.4, 0.6], [0.6, 0.4]])
    assert Output(threshold=threshold).decide(answers).tolist() == [0, 1, 0]
