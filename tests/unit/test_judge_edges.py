"""Verdicts at their edges: bounds that touch, groups beside groups, what a verdict counts and what moves the anchor."""

from math import inf, nan

import pytest
from msgspec.structs import replace
from test_judge import comparison, estimate, evaluated, measured, one, split, trained, verdict
from test_judge_gates import AT_LEAST, FIXED, TOO_FEW, beside, by_origin, outcomes, rows_apart

from keepfit.config.gates import (
    AtLeast,
    AtMost,
    BetterThan,
    Calibration,
    Difference,
    Latency,
    Leakage,
    NotWorseThan,
    Parity,
    Ratio,
    SizeLimit,
    Stability,
    Waiver,
)
from keepfit.config.model import UseCase
from keepfit.judge import ended, prospects
from keepfit.judge.across import Pair
from keepfit.judge.found import Made
from keepfit.judge.gates.stability import stability
from keepfit.judge.groups import holm
from keepfit.records import Leak, Trial


@pytest.mark.parametrize(
    ("gate", "low", "high", "outcome"),
    [
        (AtLeast(metric="m", at_least=0.6), 0.5, 0.6, "not_enough_evidence"),
        (AtLeast(metric="m", at_least=0.6), 0.6, 0.7, "pass"),
        (AtMost(metric="m", at_most=0.6), 0.6, 0.7, "not_enough_evidence"),
        (AtMost(metric="m", at_most=0.6), 0.5, 0.6, "pass"),
    ],
)
def test_a_bound_that_touches_the_threshold_does_not_miss_it(gate, low, high, outcome):
    assert one(gate, found=evaluated({"m": estimate((low + high) / 2, low, high)}))[0].outcome == outcome


def test_a_baseline_is_called_by_its_name():
    gain = replace(comparison(0.05, 0.02, 0.08, against="naive"), baseline="last label")
    result, _ = one(BetterThan(metric="log_loss", better_than="naive"), found=evaluated(comparisons=(gain,)))
    assert result.reason.startswith("log_loss 0.5, last label 0.52: improvement 0.05")
    assert one(BetterThan(metric="log_loss", better_than="naive"), found=evaluated(comparisons=(
        comparison(0.05, 0.02, 0.08, against="naive"),)))[0].reason.startswith("log_loss 0.5, naive 0.52")  # fmt: skip


def test_a_group_that_can_be_judged_and_is_undecided_blocks():
    answer = verdict([AT_LEAST], by_origin(EWR=estimate(), JFK=estimate(0.62, 0.55, 0.69)))
    assert (answer.outcome, outcomes(answer)["JFK"]) == ("not_enough_evidence", "not_enough_evidence")
    assert answer.gates[1].blocks


def test_groups_that_could_not_be_judged_do_not_excuse_one_that_fails():
    barely = estimate(0.55, 0.505, 0.5975)
    unjudged = {f"g{number}": TOO_FEW for number in range(11)}
    assert outcomes(verdict([AT_LEAST], by_origin(JFK=barely, **unjudged)))["JFK"] == "fail"


def test_holm_stops_at_the_first_that_may_be_chance():
    assert list(holm({"a": 0.03, "b": 0.04}, 2, 0.05)) == []


def test_a_pair_of_groups_knows_no_more_than_the_one_with_fewer_days():
    few, many = estimate(clusters=9, rows=100), estimate(clusters=28, rows=900)
    for pair in (Pair(("a", "b"), few, many, apart=True), Pair(("b", "a"), many, few, apart=True)):
        told = pair.estimate(0.1, 0.0, 0.2)
        assert (told.rows, told.clusters) == (1000, 9)


def test_each_bound_of_a_difference_rests_on_the_ends_that_face_each_other():
    found = rows_apart(EWR=estimate(0.9, 0.86, 0.93), JFK=estimate(0.5, 0.46, 0.58))
    result, _ = one(Difference(metric="m", difference=0.1, by="origin"), found=found)
    assert result.low == pytest.approx(0.4 - (0.04**2 + 0.08**2) ** 0.5)
    assert result.high == pytest.approx(0.4 + (0.03**2 + 0.04**2) ** 0.5)


def test_two_answers_to_one_comparison_are_none():
    twice = evaluated(comparisons=(comparison(0.05, 0.02, 0.08), comparison(0.05, 0.02, 0.08)))
    assert one(FIXED, found=twice)[0].outcome == "fail"


def test_a_gate_counts_once_with_the_worst_of_its_groups_and_advice_that_is_not_met_not_at_all():
    slow = replace(measured(), p99_ms=7.0)
    gates = [AT_LEAST, AtLeast(metric="m", at_least=0.5), Latency(latency="5ms")]
    answer = verdict(gates, by_origin(EWR=estimate(), JFK=estimate(0.62, 0.55, 0.69), LGA=TOO_FEW), parity=slow)
    assert ended(answer) == ("not_enough_evidence", "pass")
    fast = verdict(gates[1:], by_origin(EWR=estimate()), parity=replace(slow, p99_ms=1.0))
    assert ended(fast) == ("pass", "pass")


def test_a_version_beats_the_anchor_in_every_metric_of_its_gates_or_does_not():
    other = NotWorseThan(metric="brier", not_worse_than="champion", margin=0.01)
    better = beside(0.005, 0.05)
    assert verdict([FIXED], better).beats_anchor
    assert not verdict([FIXED, other], better).beats_anchor  # brier was not compared at all
    also = replace(better, comparisons=(*better.comparisons, comparison(0.01, 0.001, 0.02, metric="brier")))
    assert verdict([FIXED, other], also).beats_anchor
    assert verdict([FIXED, other.model_copy(update={"by": "origin"})], better).beats_anchor


RATIO = Ratio(metric="m", ratio=0.8, by="origin")


def test_groups_that_are_all_at_zero_are_as_far_as_one_another():
    nothing = estimate(0.0, 0.0, 0.0)
    assert verdict([RATIO], rows_apart(EWR=nothing, JFK=nothing)).outcome == "pass"
    assert verdict([RATIO], rows_apart(EWR=nothing, JFK=estimate(0.7, 0.69, 0.71))).outcome == "fail"


def test_days_that_tie_groups_make_the_worst_of_a_ratio():
    figures = {"EWR": estimate(0.9, 0.87, 0.93), "JFK": estimate(0.5, 0.46, 0.54)}
    tied, _ = one(RATIO, found=by_origin(**figures))
    assert (tied.low, tied.high) == (pytest.approx(0.46 / 0.93), pytest.approx(0.54 / 0.87))
    free, _ = one(RATIO, found=rows_apart(**figures))
    assert tied.low < free.low < free.value < free.high < tied.high


def test_files_that_are_just_as_large_as_allowed_are():
    found, sure = evaluated({"m": estimate()}), AtLeast(metric="m", at_least=0.5)
    exactly = replace(measured(), bytes=1_000_000)
    assert verdict([sure, SizeLimit(size="1MB")], found, parity=exactly).outcome == "pass"


@pytest.mark.parametrize("wrong", [nan, inf, None])
def test_an_exported_model_that_answers_with_no_number_is_told_as_such(wrong):
    result, answer = one(Parity(parity=1e-9), parity=measured(wrong))
    assert (answer.outcome, result.reason) == ("fail", "the exported version gave something that is not a number")


def test_stability_is_that_of_full_folds_and_not_of_a_rung_before():
    few = Trial(candidate="ridge", settings={"alpha": 1.0}, folds=(0.1, 0.9), score=0.5, share=0.25)
    whole = replace(few, folds=(0.5, 0.52), share=1.0)
    found = replace(trained(0.5), trials=(few, whole))
    (told,) = stability(Stability(stability=0.2), Made(split(), found, measured()))
    assert told.outcome == "pass"


def test_what_a_waiver_does_not_name_it_does_not_allow():
    leak = Leak(kind="predicts_alone", feature="distance", reason="distance tells the label alone")
    nobody = Leakage.model_construct(
        leakage="none", if_unsure=None, waived=(Waiver.model_construct(feature=None, kind=None, because="…", by="ada"),)
    )
    assert one(nobody, leaks=(leak,))[0].outcome == "fail"


def test_check_says_how_unlikely_a_model_no_better_than_naive_is_to_pass():
    case = UseCase.model_construct(
        gates=(
            BetterThan(metric="log_loss", better_than="naive"),
            BetterThan(metric="log_loss", better_than="champion"),
        ),
        if_unsure="block",
    )
    worse = evaluated(comparisons=(comparison(-0.02, -0.05, 0.01, against="naive"), comparison(-0.02, -0.05, 0.01)))
    naive, champion = prospects(case, worse, 4).gates
    assert 0.0 < naive.chance < 0.01
    assert champion.chance is None  # how much better than the champion a good one would be, nobody said


def test_check_looks_at_the_bound_that_a_pass_needs():
    """0.03 of bound on the side that decides and 0.1 on the other: errors are those of the deciding side."""
    above, below = estimate(0.05, 0.02, 0.15), estimate(0.05, -0.05, 0.08)
    lower = UseCase.model_construct(gates=(Calibration(calibration=0.1),), if_unsure="block")
    (told,) = prospects(lower, replace(evaluated(), calibration=below), 4).gates
    assert told.smallest == pytest.approx(0.03 / 1.7709 * (1.7709 + 0.8416), rel=1e-3)
    assert 0.85 < told.chance < 0.9  # 0.05 is 2.95 errors away, the bound 1.77
    upper = UseCase.model_construct(gates=(AtLeast(metric="m", at_least=0.1),), if_unsure="block")
    (told,) = prospects(upper, evaluated({"m": above}), 4).gates
    assert told.smallest == pytest.approx(0.03 / 1.7709 * (1.7709 + 0.8416), rel=1e-3)
    assert told.chance < 0.001


def test_check_knows_that_what_cannot_vary_passes_or_does_not():
    exactly = evaluated({"m": estimate(0.5, 0.5, 0.5)})
    gates = (AtLeast(metric="m", at_least=0.5), AtLeast(metric="m", at_least=0.6), AtMost(metric="m", at_most=0.6))
    told = prospects(UseCase.model_construct(gates=gates, if_unsure="block"), exactly, 4).gates
    assert [one.chance for one in told] == [1.0, 0.0, 1.0]
    same = evaluated(comparisons=(comparison(0.0, 0.0, 0.0, against="naive"),))
    better = UseCase.model_construct(gates=(BetterThan(metric="log_loss", better_than="naive"),), if_unsure="block")
    assert prospects(better, same, 4).gates[0].chance == 0.0
