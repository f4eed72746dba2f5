"""Of candidates within a standard error of the best the simplest is chosen; a clear gain is never given away."""

from types import SimpleNamespace

import numpy as np
import pytest
from train_samples import UNDATED, use_case

from keepfit.evaluate.spread import Clusters
from keepfit.records import Trial
from keepfit.train.choice import ONE_ERROR, gain, score_on, simplest
from keepfit.train.compete import choose
from keepfit.train.out_of_fold import OutOfFold


def rows_with(noise, rows=3000, seed=1):
    """Three folds of a regression whose answers are off by ``noise``."""
    draw = np.random.default_rng(seed)
    labels = draw.normal(size=rows)
    numbers = np.arange(rows)
    error = np.random.default_rng(seed + round(noise * 1000)).normal(size=rows)
    return OutOfFold(labels + noise * error, labels, numbers, numbers % 3)


def chosen(noises, clusters=None, metric="rmse"):
    scores = [score_on(metric, rows_with(noise)) for noise in noises]
    return simplest(metric, scores, clusters or Clusters.by_row(3000))


def test_the_first_that_is_not_clearly_worse_than_the_best_is_chosen():
    found = chosen([2.0, 1.005, 1.0])
    assert (found.place, found.best) == (1, 2)
    assert found.behind.low <= 0 < found.behind.value


def test_a_clear_gain_is_taken_whatever_its_place():
    found = chosen([2.0, 1.5, 1.0])
    assert (found.place, found.behind) == (2, None)


def test_a_correction_needs_proof_and_a_candidate_more_than_a_standard_error():
    scores, rows = [score_on("rmse", rows_with(noise)) for noise in (1.01, 1.0)], Clusters.by_row(3000)
    by = gain("rmse", scores[1], scores[0], rows)
    assert by.low < 0 < gain("rmse", scores[1], scores[0], rows, ONE_ERROR).low
    error = (by.value - by.low) / 1.645
    assert by.value - gain("rmse", scores[1], scores[0], rows, ONE_ERROR).low == pytest.approx(error, rel=0.05)
    assert simplest("rmse", scores, rows).place == 0
    assert simplest("rmse", scores, rows, ONE_ERROR).place == 1


@pytest.mark.parametrize(("noise", "wanted"), [(1.01, "hist_gradient_boosting"), (1.0, "ridge")])
def test_of_candidates_the_simplest_within_a_standard_error_wins(noise, wanted):
    """By 1.4 standard errors boosting is better: not proven at 95 %, but more likely than not."""
    answers = {"ridge": rows_with(noise), "hist_gradient_boosting": rows_with(1.0)}
    found = {name: Trial(candidate=name, settings={}, folds=(1.0,), score=1.0) for name in answers}
    case = use_case(**UNDATED, task="regression", gates=[{"metric": "rmse", "at_most": 1}])
    name, why = choose(case, SimpleNamespace(times=None, entities=None), found, answers)
    assert name == wanted, why


def test_the_best_that_is_also_the_simplest_needs_no_reason():
    assert chosen([1.0, 1.3]) == (0, 0, None)


def test_rows_of_too_few_days_can_tell_nothing():
    assert chosen([1.5, 1.0], Clusters.by_day(np.arange(3000) % 4)).place == 0


def test_a_metric_that_is_better_when_higher():
    assert chosen([2.0, 1.0], metric="r2").place == 1


def test_the_score_is_the_mean_over_the_folds():
    rows = rows_with(1.0)
    by_hand = np.mean([np.sqrt(np.mean((found - labels) ** 2)) for labels, found in rows.by_fold()])
    assert score_on("rmse", rows).value == pytest.approx(by_hand)


def test_what_has_no_value_is_never_chosen():
    good, broken = rows_with(1.0), rows_with(1.0)
    broken = broken.answering(np.where(np.arange(3000) == 7, np.nan, broken.answers))
    scores = [score_on("rmse", each) for each in (broken, good)]
    assert simplest("rmse", scores, Clusters.by_row(3000)).place == 1
    with pytest.raises(ValueError, match="none"):
        simplest("rmse", scores[:1], Clusters.by_row(3000))
