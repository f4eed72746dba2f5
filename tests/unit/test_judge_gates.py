"""Gates by group, across groups, relative to the naive gain, on how a model was made; how much more would decide."""

from math import nan
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from test_judge import comparison, estimate, evaluated, measured, one, verdict

from keepfit.config.gate_values import ShareOfGain
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
from keepfit.judge import asked, judge_again, prospects
from keepfit.judge.groups import chance_of_failing, holm
from keepfit.records import Leak, Slice

RELATIVE = NotWorseThan(metric="log_loss", not_worse_than="champion", margin=ShareOfGain(of_naive_gain=0.2))
FIXED = NotWorseThan(metric="log_loss", not_worse_than="champion", margin=0.01)
TOO_FEW = estimate(0.7, None, None, rows=12, clusters=2, missing="evidence", reason="12 rows are too few")


def group(name, figure=None, comparisons=(), metric="m", by="origin"):
    return Slice(
        by=by,
        group=name,
        rows=figure.rows if figure else 100,
        candidate={metric: figure} if figure else {},
        naive={},
        champion={},
        comparisons=comparisons,
    )


def by_origin(**figures):
    return replace(evaluated({"m": estimate()}), slices=tuple(group(name, one) for name, one in figures.items()))


def outcomes(answer):
    return {gate.group: gate.outcome for gate in answer.gates}


# by group -------------------------------------------------------------------------------------------------------------

AT_LEAST = AtLeast(metric="m", at_least=0.6, by="origin")


def test_every_group_must_pass():
    answer = verdict([AT_LEAST], by_origin(EWR=estimate(), JFK=estimate(0.65, 0.61, 0.7)))
    assert (answer.outcome, outcomes(answer)) == ("pass", {"EWR": "pass", "JFK": "pass"})
    answer = verdict([AT_LEAST], by_origin(EWR=estimate(), JFK=estimate(0.4, 0.3, 0.5)))
    assert (answer.outcome, outcomes(answer)) == ("fail", {"EWR": "pass", "JFK": "fail"})
    assert [gate.by for gate in answer.gates] == ["origin", "origin"]


def test_one_of_many_groups_that_fails_by_a_little_may_do_so_by_chance():
    barely = estimate(0.55, 0.505, 0.5975)
    assert outcomes(verdict([AT_LEAST], by_origin(JFK=barely)))["JFK"] == "fail"
    many = {f"g{n}": estimate() for n in range(11)}
    answer = verdict([AT_LEAST], by_origin(JFK=barely, **many))
    assert outcomes(answer)["JFK"] == "not_enough_evidence"
    assert "among 12 groups one may do so by chance" in answer.gates[0].reason
    assert answer.gates[0].blocks
    surely = estimate(0.4, 0.36, 0.44)
    assert outcomes(verdict([AT_LEAST], by_origin(JFK=surely, **many)))["JFK"] == "fail"


def test_holm_steps_down():
    assert list(holm({"a": 0.01, "b": 0.02, "c": 0.04}, 3, 0.05)) == ["a", "b", "c"]
    assert list(holm({"a": 0.01, "b": 0.03}, 4, 0.05)) == ["a"]
    assert list(holm({"a": 0.02}, 3, 0.05)) == []
    assert list(holm({"a": nan}, 3, 0.05)) == []


def test_how_sure_a_group_fails_is_told_by_the_bound_on_that_side():
    lopsided = one(AT_LEAST, found=by_origin(JFK=estimate(0.5, 0.1, 0.59)))[0]
    assert chance_of_failing(lopsided) == pytest.approx(0.0364, abs=1e-3)  # 0.1 away, 0.09 at 95 %: t 1.97 of 13
    other = AtMost(metric="m", at_most=0.6, by="origin")
    assert chance_of_failing(one(other, found=by_origin(JFK=estimate(0.7, 0.61, 0.99)))[0]) == pytest.approx(
        0.0364, abs=1e-3
    )
    assert chance_of_failing(one(AT_LEAST, found=by_origin(JFK=estimate(0.5, 0.5, 0.5)))[0]) == 0.0


@pytest.mark.parametrize(
    ("gate", "risk", "outcome"),
    [
        (AT_LEAST, "low", "pass"),
        (AT_LEAST.model_copy(update={"if_too_few": "block"}), "low", "not_enough_evidence"),
        (AT_LEAST, "high", "not_enough_evidence"),
    ],
)
def test_a_group_too_small_is_told_and_blocks_where_somebody_says_so(gate, risk, outcome):
    answer = verdict([gate], by_origin(EWR=estimate(), JFK=TOO_FEW), risk=risk)
    assert (answer.outcome, outcomes(answer)["JFK"]) == (outcome, "unjudged")
    assert "JFK was not judged: m 0.7 (12 rows, 2 days): 12 rows are too few" in answer.gates[1].reason


def test_a_group_that_the_contract_names_and_that_has_no_row_is_told():
    answer = verdict([AT_LEAST], by_origin(EWR=estimate()), values=("EWR", "LGA"))
    assert (answer.outcome, outcomes(answer)) == ("pass", {"EWR": "pass", "LGA": "unjudged"})
    assert verdict([AT_LEAST], by_origin(EWR=estimate()), values=("LGA",), risk="high").outcome != "pass"


def test_groups_of_which_none_could_be_judged_are_no_pass():
    whole = AtLeast(metric="m", at_least=0.5)
    assert verdict([whole, AT_LEAST], by_origin(EWR=TOO_FEW, JFK=TOO_FEW)).outcome == "not_enough_evidence"
    assert verdict([whole, AT_LEAST], by_origin(EWR=TOO_FEW), if_unsure="warn").outcome == "pass"


def test_a_group_or_a_column_that_was_not_measured_fails():
    assert verdict([AT_LEAST], evaluated({"m": estimate()})).outcome == "fail"
    nothing = replace(evaluated({"m": estimate()}), slices=(group("EWR", estimate()), group("JFK")))
    assert outcomes(verdict([AT_LEAST], nothing))["JFK"] == "fail"
    broken = estimate(None, None, None, missing="broken", reason="1 of 9 predictions is not a finite number")
    assert outcomes(verdict([AT_LEAST], by_origin(EWR=estimate(), JFK=broken)))["JFK"] == "fail"


def test_at_most_by_group_looks_at_the_other_side():
    gate = AtMost(metric="m", at_most=0.6, by="origin")
    answer = verdict([gate], by_origin(EWR=estimate(0.4, 0.3, 0.5), JFK=estimate(0.8, 0.7, 0.9)))
    assert outcomes(answer) == {"EWR": "pass", "JFK": "fail"}


def test_comparisons_by_group_follow_the_groups():
    good, bad = comparison(0.05, 0.02, 0.08, against="naive"), comparison(-0.05, -0.08, -0.02, against="naive")
    found = replace(evaluated(comparisons=(good,)), slices=(group("EWR", None, (good,)), group("JFK", None, (bad,))))
    answer = verdict([BetterThan(metric="log_loss", better_than="naive", by="origin")], found)
    assert outcomes(answer) == {"EWR": "pass", "JFK": "fail"}
    first = replace(found, champion_number=None)
    answer = verdict([BetterThan(metric="log_loss", better_than="champion", by="origin")], first)
    assert [(gate.outcome, gate.by, gate.group) for gate in answer.gates] == [("skipped", "origin", None)]


# across groups --------------------------------------------------------------------------------------------------------


def rows_apart(**figures):
    return replace(by_origin(**figures), clustered_by="row")


@pytest.mark.parametrize("found", [by_origin, rows_apart])
def test_groups_may_be_no_farther_apart_than_allowed(found):
    near = found(EWR=estimate(0.7, 0.69, 0.71), JFK=estimate(0.68, 0.67, 0.69))
    far = found(EWR=estimate(0.9, 0.89, 0.91), JFK=estimate(0.5, 0.49, 0.51))
    for gate in (Difference(metric="m", difference=0.1, by="origin"), Ratio(metric="m", ratio=0.8, by="origin")):
        assert verdict([gate], near).outcome == "pass"
        assert verdict([gate], far).outcome == "fail"
        unsure = found(EWR=estimate(0.7, 0.5, 0.9), JFK=estimate(0.68, 0.5, 0.9))
        assert verdict([gate], unsure).outcome == "not_enough_evidence"


def test_the_pair_is_named_and_its_bounds_are_shown():
    found = rows_apart(EWR=estimate(0.9, 0.87, 0.93), JFK=estimate(0.5, 0.46, 0.54), LGA=estimate(0.88, 0.85, 0.9))
    result, _ = one(Difference(metric="m", difference=0.1, by="origin"), found=found)
    assert (result.group, round(result.value, 3)) == ("EWR, JFK", 0.4)
    assert result.low == pytest.approx(0.35)  # errors of independent groups: the root of 0.03² + 0.04²
    result, _ = one(Ratio(metric="m", ratio=0.8, by="origin"), found=found)
    assert (result.group, round(result.value, 3)) == ("JFK, EWR", 0.556)
    assert result.low < 0.556 < result.high


def test_one_of_many_pairs_that_fails_by_a_little_may_do_so_by_chance():
    gate = Difference(metric="m", difference=0.1, by="origin")
    few = {"EWR": estimate(0.75, 0.72, 0.78), "JFK": estimate(0.6, 0.57, 0.63)}
    assert verdict([gate], rows_apart(**few)).outcome == "fail"
    many = {f"g{n}": estimate(0.68, 0.679, 0.681) for n in range(8)}
    answer = verdict([gate], rows_apart(**few, **many))
    assert answer.outcome == "not_enough_evidence"
    assert "among 45 pairs of groups one may do so by chance" in answer.gates[0].reason


def test_a_group_with_answers_that_are_no_numbers_fails():
    broken = estimate(None, None, None, missing="broken", reason="1 of 9 predictions is not a finite number")
    found = by_origin(EWR=estimate(), LGA=estimate(), JFK=broken)
    for gate in (Difference(metric="m", difference=0.1, by="origin"), Ratio(metric="m", ratio=0.8, by="origin")):
        result, answer = one(gate, found=found)
        assert (answer.outcome, result.reason) == ("fail", "1 of 9 predictions is not a finite number")


def test_days_tie_groups_so_that_errors_add_up():
    figures = {"EWR": estimate(0.9, 0.87, 0.93), "JFK": estimate(0.5, 0.46, 0.54)}
    result, _ = one(Difference(metric="m", difference=0.1, by="origin"), found=by_origin(**figures))
    assert result.low == pytest.approx(0.33)


def test_one_group_is_nothing_to_compare_and_a_missing_one_fails():
    for gate in (Difference(metric="m", difference=0.1, by="origin"), Ratio(metric="m", ratio=0.8, by="origin")):
        alone = verdict([gate], by_origin(EWR=estimate(), JFK=TOO_FEW))
        told = {None: "not_enough_evidence", "JFK": "unjudged"}
        assert (alone.outcome, outcomes(alone)) == ("not_enough_evidence", told)
        near = by_origin(EWR=estimate(0.7, 0.69, 0.71), LGA=estimate(0.68, 0.67, 0.69), JFK=TOO_FEW)
        assert verdict([gate], near).outcome == "pass"
        assert verdict([gate.model_copy(update={"if_too_few": "block"})], near).outcome == "not_enough_evidence"
        assert verdict([gate], evaluated({"m": estimate()})).outcome == "fail"
        hole = replace(by_origin(EWR=estimate()), slices=(group("EWR", estimate()), group("JFK")))
        assert verdict([gate], hole).outcome == "fail"


@given(
    st.lists(st.tuples(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0.01, 1)).map(sorted), min_size=2, max_size=4)
)
def test_a_pass_across_groups_never_hides_a_pair_that_fails(figures):
    found = rows_apart(**{f"g{n}": estimate(value, low, high) for n, (low, value, high) in enumerate(figures)})
    values = [value for _, value, _ in figures]
    if verdict([Difference(metric="m", difference=0.2, by="origin")], found).outcome == "pass":
        assert max(values) - min(values) <= 0.2 + 1e-9
    if verdict([Ratio(metric="m", ratio=0.8, by="origin")], found).outcome == "pass":
        assert min(values) / max(values) >= 0.8 - 1e-9


# margins and the anchor -----------------------------------------------------------------------------------------------


def beside(low, gain_low, anchor=None, anchor_low=0.0):
    compared = [comparison(low + 0.01, low, low + 0.02), comparison(gain_low + 0.01, gain_low, 0.2, against="naive")]
    if anchor:
        compared.append(comparison(anchor_low + 0.01, anchor_low, anchor_low + 0.02, against="anchor"))
    return replace(evaluated(comparisons=tuple(compared)), anchor_number=anchor)


@pytest.mark.parametrize(
    ("low", "gain", "outcome"),
    [(-0.009, 0.05, "pass"), (-0.011, 0.05, "not_enough_evidence"), (-0.001, -0.02, "not_enough_evidence"),
     (0.0, -0.02, "pass"), (-0.05, 0.05, "fail"), (-0.001, nan, "not_enough_evidence")],
)  # fmt: skip
def test_a_relative_margin_is_a_share_of_the_proven_gain(low, gain, outcome):
    result, _ = one(RELATIVE, found=beside(low, gain))
    assert result.outcome == outcome
    assert result.threshold == pytest.approx(-0.2 * max(gain, 0) if gain == gain else 0.0)
    assert result.gate == "log_loss not_worse_than champion margin 20% of naive gain"


def test_steps_down_must_not_add_up():
    good, far = beside(0.0, 0.05, anchor=3, anchor_low=-0.019), beside(0.0, 0.05, anchor=3, anchor_low=-0.021)
    assert verdict([FIXED], good).outcome == "pass"
    answer = verdict([FIXED], far)
    assert [gate.outcome for gate in answer.gates] == ["pass", "not_enough_evidence"]
    assert answer.gates[1].gate == "log_loss not_worse_than anchor margin 0.02"
    assert "of version 3, the anchor" in answer.gates[1].reason
    nothing = replace(good, comparisons=good.comparisons[:2])
    assert verdict([FIXED], nothing).outcome == "fail"


def test_the_verdict_says_whether_the_anchor_moves_and_whether_it_was_a_look():
    assert verdict([FIXED], beside(0.001, 0.05)).beats_anchor  # the champion is the anchor
    assert not verdict([FIXED], beside(0.0, 0.05)).beats_anchor
    assert verdict([FIXED], beside(-0.005, 0.05, anchor=3, anchor_low=0.001)).beats_anchor
    assert not verdict([FIXED], beside(0.005, 0.05, anchor=3, anchor_low=-0.001)).beats_anchor
    assert not verdict([BetterThan(metric="log_loss", better_than="champion")], beside(0.1, 0.05)).beats_anchor
    assert verdict([FIXED], beside(0.0, 0.05)).compared
    assert not verdict([BetterThan(metric="log_loss", better_than="naive")], beside(0.0, 0.05)).compared
    unknown = evaluated(comparisons=(comparison(0.1, None, None, missing="evidence", reason="few"),))
    assert not verdict([FIXED], unknown).compared


def test_a_look_that_may_spend_nothing_promotes_nothing():
    found = replace(beside(0.05, 0.05), champion_confidence=1 - 5e-7)
    answer = verdict([FIXED], found)
    assert answer.outcome == "not_enough_evidence"
    assert "rate of false promotions is spent" in answer.gates[0].reason


def test_comparisons_say_the_confidence_of_their_bounds():
    found = replace(beside(0.0, 0.05), champion_confidence=0.998)
    naive = BetterThan(metric="log_loss", better_than="naive")
    assert [gate.confidence for gate in verdict([FIXED, naive], found).gates] == [0.998, 0.95]


# how many more rows ---------------------------------------------------------------------------------------------------


def test_too_little_evidence_says_how_much_more_would_decide():
    result, _ = one(AtLeast(metric="m", at_least=0.65), found=evaluated({"m": estimate()}))
    assert result.more.clusters == pytest.approx(41, abs=1)  # 0.023 away, 0.068 a day: (1.67 + 0.84)² of that, less 14
    assert result.more.rows == pytest.approx(result.more.clusters * 3412 / 14, rel=0.05)
    assert "more days) would decide" in result.reason
    nearer, _ = one(AtLeast(metric="m", at_least=0.643), found=evaluated({"m": estimate()}))
    assert nearer.more.rows < result.more.rows
    assert one(AtLeast(metric="m", at_least=0.673), found=evaluated({"m": estimate()}))[0].more is None
    assert one(AtLeast(metric="m", at_least=0.5), found=evaluated({"m": estimate()}))[0].more is None


# how a model was made -------------------------------------------------------------------------------------------------

LEAK = Leak(kind="alone", feature="distance", value=0.999, limit=0.98, reason="distance tells the label alone")
ORDER = Leak(kind="row_order", reason="rows are sorted by the label")


def leakage(*waived):
    return Leakage(leakage="none", waived=waived)


def test_a_leak_fails_unless_a_person_allows_it_by_name():
    gate = AtLeast(metric="m", at_least=0.5)
    found = evaluated({"m": estimate()})
    assert verdict([gate, leakage()], found).outcome == "pass"
    assert verdict([gate, leakage()], found, leaks=(LEAK,), if_unsure="warn").outcome == "fail"
    allowed = leakage(Waiver(feature="distance", because="known at booking", by="ada"))
    answer = verdict([gate, allowed], found, leaks=(LEAK,))
    assert answer.outcome == "pass"
    assert answer.gates[1].waived == ("distance tells the label alone: allowed by ada: known at booking",)
    answer = verdict([gate, allowed], found, leaks=(LEAK, ORDER))
    assert (answer.outcome, answer.gates[1].value) == ("fail", 1.0)
    other = leakage(Waiver(feature="distance", kind="row_order", because="…", by="ada"))
    assert verdict([gate, other], found, leaks=(LEAK,)).outcome == "fail"
    assert (
        verdict([gate, leakage(Waiver(kind="row_order", because="…", by="ada"))], found, leaks=(ORDER,)).outcome
        == "pass"
    )


@pytest.mark.parametrize(
    ("folds", "outcome"),
    [((0.5, 0.52, 0.51), "pass"), ((0.5, 0.9, 0.5), "fail"), ((0.5, None), "fail"), ((), "fail"),
     ((0.5,), "not_enough_evidence"), ((-0.7, -0.72), "pass"), ((0.0, 0.0), "pass"), ((-0.1, 0.1), "fail")],
)  # fmt: skip
def test_stability_is_the_spread_of_the_winners_folds(folds, outcome):
    assert one(Stability(stability=0.2), folds=folds)[0].outcome == outcome


def test_size_counts_and_latency_only_advises():
    sure, found = AtLeast(metric="m", at_least=0.5), evaluated({"m": estimate()})
    of = replace(measured(), bytes=1_000_001, p99_ms=7.0)
    assert verdict([sure, SizeLimit(size="2MB")], found, parity=of).outcome == "pass"
    assert verdict([sure, SizeLimit(size="1MB")], found, parity=of).outcome == "fail"
    assert verdict([sure, SizeLimit(size="1MB")], found, parity=replace(of, bytes=0)).outcome == "fail"
    slow = verdict([sure, Latency(latency="5ms")], found, parity=of)
    assert (slow.outcome, slow.gates[1].outcome, slow.gates[1].blocks) == ("pass", "fail", False)
    untimed = verdict([sure, Latency(latency="5ms")], found, parity=replace(of, p99_ms=None))
    assert (untimed.outcome, untimed.gates[1].outcome) == ("pass", "not_enough_evidence")


def test_calibration_is_judged_by_its_upper_bound():
    gate, good = Calibration(calibration=0.05), estimate(0.02, 0.01, 0.04)
    assert one(gate, found=replace(evaluated(), calibration=good))[0].outcome == "pass"
    assert one(gate, found=replace(evaluated(), calibration=estimate(0.04, 0.01, 0.06)))[0].outcome != "pass"
    assert one(gate, found=replace(evaluated(), calibration=estimate(0.08, 0.06, 0.1)))[0].outcome == "fail"
    assert one(gate)[0].outcome == "fail"


def test_what_needs_no_rows_proves_nothing():
    unsure = AtLeast(metric="m", at_least=0.65, if_unsure="warn")
    found = evaluated({"m": estimate()})
    others = [leakage(), Parity(parity=1e-9), Stability(stability=1.0), SizeLimit(size="1MB")]
    assert verdict([unsure, *others], found).outcome == "not_enough_evidence"


def test_judging_again_carries_what_was_true_when_the_version_was_made():
    gates = (AtLeast(metric="m", at_least=0.65), leakage(), Parity(parity=1e-9))
    before = verdict(gates, evaluated({"m": estimate()}))
    assert before.outcome == "not_enough_evidence"
    case = UseCase.model_construct(gates=gates, if_unsure="block", risk="low", contract=SimpleNamespace(columns={}))
    more = evaluated({"m": estimate(0.673, 0.66, 0.68)})
    assert judge_again(case, before, more, "v" * 64, before.as_of).outcome == "pass"
    strict = case.model_copy(update={"gates": (*gates, Stability(stability=0.5))})
    answer = judge_again(strict, before, more, "v" * 64, before.as_of)
    assert (answer.outcome, answer.gates[-1].outcome) == ("not_enough_evidence", "not_enough_evidence")
    leaky = verdict(gates, evaluated({"m": estimate()}), leaks=(LEAK,))
    assert judge_again(case, leaky, more, "v" * 64, before.as_of).outcome == "fail"


# what gates could see -------------------------------------------------------------------------------------------------


def case_of(*gates):
    return UseCase.model_construct(gates=gates, if_unsure="block")


def test_check_says_what_gates_could_see_and_who_would_pass():
    found = beside(-0.005, 0.05)
    seen = prospects(
        case_of(AtLeast(metric="m", at_least=0.6), FIXED, leakage()), replace(found, candidate={"m": estimate()}), 4
    )
    level, margin, leaks = seen.gates
    assert (leaks.smallest, leaks.chance) == (None, None)
    assert level.smallest == pytest.approx(0.032 / 1.7709 * (1.7709 + 0.8416), rel=1e-3)
    assert level.chance == pytest.approx(0.9887, abs=2e-3)  # 0.073 is 4.04 errors away, the bound 1.77
    assert 0.4 < margin.chance < 0.6  # equal to the champion: the margin is as wide as the bound
    assert seen.at_least == pytest.approx(level.chance + margin.chance - 1)
    assert seen.at_most == margin.chance
    warns = (AtLeast(metric="m", at_least=0.6), FIXED.model_copy(update={"if_unsure": "warn"}))
    assert prospects(case_of(*warns), replace(found, candidate={"m": estimate()}), 4).at_most == level.chance
    nobody = prospects(case_of(FIXED), evaluated(champion=None), 4)
    assert (nobody.gates[0].note, nobody.at_least, nobody.at_most) == ("nothing to compare with yet", None, None)


def test_gates_can_be_named_before_anything_was_measured():
    gates = (AT_LEAST, RELATIVE, leakage(), Difference(metric="m", difference=0.1, by="origin"), SizeLimit(size="5MB"))
    assert asked(case_of(*gates)) == (
        "m at_least 0.6 by origin",
        "log_loss not_worse_than champion margin 20% of naive gain",
        "leakage none",
        "m difference 0.1 by origin",
        "size 5MB",
    )
