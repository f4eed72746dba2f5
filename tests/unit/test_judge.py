"""The verdict fails closed, says why, and follows the bounds."""

from datetime import UTC, datetime
from itertools import permutations
from math import inf, nan
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepfit.config.gates import AtLeast, AtMost, BetterThan, NotWorseThan, Parity
from keepfit.config.model import UseCase
from keepfit.judge import judge
from keepfit.records import Comparison, Estimate, Evaluated, Measured, Split, Trained, Trial, Verdict, canonical, parse

AS_OF = datetime(2013, 4, 1, tzinfo=UTC)


def estimate(value=0.673, low=0.641, high=0.702, rows=3412, clusters=14, **kwargs):
    return Estimate(value=value, low=low, high=high, rows=rows, clusters=clusters, **kwargs)


def comparison(value, low, high, metric="log_loss", against="champion", **kwargs):
    improvement = estimate(value, low, high, **kwargs)
    return Comparison(metric=metric, against=against, candidate=0.5, reference=0.52, improvement=improvement)


def evaluated(candidate=None, comparisons=(), champion=7):
    return Evaluated(
        confidence=0.95,
        clustered_by="day",
        rows=3412,
        candidate=candidate or {},
        naive={},
        champion={},
        champion_number=champion,
        champion_digest=champion and "c" * 64,
        champion_rows=3412,
        comparisons=comparisons,
        curves=(),
        predictions="p" * 64,
    )


def measured(parity=0.0, rows=100):
    return Measured(parity=parity, parity_rows=rows, bytes=10, p50_ms=None, p99_ms=None)


def split(*leaks):
    return Split(
        snapshot="s",
        by="time",
        sides="t",
        train=9000,
        holdout=3412,
        left_out=(),
        train_until=None,
        holdout_from=None,
        holdout_until=None,
        leaks=leaks,
    )


def trained(*folds):
    winner = Trial(candidate="ridge", settings={"alpha": 1.0}, folds=folds, score=0.5)
    other = Trial(candidate="ridge", settings={"alpha": 9.0}, folds=(0.1, 0.9), score=0.5)
    return Trained(
        candidate="ridge",
        settings={"alpha": 1.0},
        trials=(other, winner) if folds else (other,),
        features="f",
        model="m",
        naive="n",
        probe="p",
        classes=(),
        rows=9000,
    )


def verdict(gates, found=None, parity=None, if_unsure="block", risk="low", leaks=(), folds=(0.5, 0.6), values=()):
    contract = SimpleNamespace(columns={"origin": SimpleNamespace(values=values)})
    use_case = UseCase.model_construct(gates=tuple(gates), if_unsure=if_unsure, contract=contract, risk=risk)
    made = (split(*leaks), trained(*folds))
    return judge(use_case, *made, found or evaluated(), parity or measured(), "v" * 64, AS_OF)


def one(gate, **kwargs):
    """The only gate's result, and the verdict."""
    answer = verdict([gate], **kwargs)
    return answer.gates[0], answer


@pytest.mark.parametrize(
    ("gate", "outcome", "words"),
    [
        (
            AtLeast(metric="m", at_least=0.62),
            "pass",
            "at least 0.641 with 95% confidence (3,412 rows, 14 days): clear",
        ),
        (AtLeast(metric="m", at_least=0.71), "fail", "at most 0.702 with 95% confidence (3,412 rows, 14 days): misses"),
        (
            AtLeast(metric="m", at_least=0.65),
            "not_enough_evidence",
            "between 0.641 and 0.702, each with 95% confidence",
        ),
        (AtMost(metric="m", at_most=0.71), "pass", "at most 0.702 with 95% confidence (3,412 rows, 14 days): stays"),
        (AtMost(metric="m", at_most=0.62), "fail", "at least 0.641 with 95% confidence (3,412 rows, 14 days): exceeds"),
        (AtMost(metric="m", at_most=0.65), "not_enough_evidence", "cannot tell it from 0.65"),
    ],
)
def test_an_absolute_gate_follows_the_bound_and_says_so(gate, outcome, words):
    result, answer = one(gate, found=evaluated({"m": estimate()}))
    assert result.outcome == answer.outcome == outcome
    assert result.reason.startswith("m 0.673, ")
    assert words in result.reason
    assert result.blocks == (outcome != "pass")


def test_a_reason_shows_the_digits_that_decide():
    result, _ = one(AtLeast(metric="m", at_least=0.62), found=evaluated({"m": estimate(low=0.55, high=0.61996)}))
    assert "at most 0.61996 with" in result.reason


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (0.001, 0.02, "pass"),
        (-0.01, 0.02, "not_enough_evidence"),
        (-0.02, -0.001, "fail"),
        (0.0, 0.0, "fail"),
        (0.0, 0.1, "not_enough_evidence"),
        (-0.1, 0.0, "fail"),
    ],
)
@pytest.mark.parametrize("against", ["naive", "champion"])
def test_better_means_above_zero(low, high, outcome, against):
    found = evaluated(comparisons=(comparison((low + high) / 2, low, high, against=against),))
    assert one(BetterThan(metric="log_loss", better_than=against), found=found)[1].outcome == outcome


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (-0.009, 0.02, "pass"),
        (-0.02, 0.02, "not_enough_evidence"),
        (-0.03, -0.011, "fail"),
        (0.0, 0.0, "pass"),
    ],
)
def test_not_worse_means_within_the_margin(low, high, outcome):
    found = evaluated(comparisons=(comparison((low + high) / 2, low, high),))
    gate = NotWorseThan(metric="log_loss", not_worse_than="champion", margin=0.01)
    result, answer = one(gate, found=found)
    assert answer.outcome == outcome
    assert result.threshold == -0.01
    assert "log_loss 0.5, champion 0.52: improvement" in result.reason


def test_the_same_model_again_is_not_better_but_not_worse():
    same = evaluated(comparisons=(comparison(0.0, 0.0, 0.0),))
    worse, _ = one(NotWorseThan(metric="log_loss", not_worse_than="champion", margin=0.01), found=same)
    better, _ = one(BetterThan(metric="log_loss", better_than="champion"), found=same)
    assert (worse.outcome, better.outcome) == ("pass", "fail")
    assert "exactly" in worse.reason


CHAMPION_GATES = (
    BetterThan(metric="log_loss", better_than="champion"),
    NotWorseThan(metric="log_loss", not_worse_than="champion", margin=0.01),
)


@pytest.mark.parametrize("gate", CHAMPION_GATES)
def test_a_champion_gate_is_skipped_only_when_there_never_was_one(gate):
    result, answer = one(gate, found=evaluated(champion=None))
    assert (result.outcome, result.blocks) == ("skipped", False)
    assert answer.outcome == "not_enough_evidence"  # nothing passed, so this is no pass
    assert one(gate, found=evaluated(champion=7))[0].outcome == "fail"  # there is one, and it was not compared


@pytest.mark.parametrize("gate", CHAMPION_GATES)
def test_too_few_rows_unseen_by_the_champion_is_not_enough(gate):
    few = comparison(0.1, None, None, rows=12, clusters=2, missing="evidence", reason="2 days are too few")
    result, answer = one(gate, found=evaluated(comparisons=(few,)))
    assert answer.outcome == "not_enough_evidence"
    assert "(12 rows, 2 days): 2 days are too few" in result.reason


def test_a_model_that_answers_nan_fails_with_the_reason():
    broken = estimate(None, None, None, missing="broken", reason="1 of 9 predictions is not a finite number")
    result, answer = one(AtLeast(metric="m", at_least=0.1), found=evaluated({"m": broken}), if_unsure="warn")
    assert answer.outcome == "fail"
    assert "1 of 9 predictions is not a finite number" in result.reason


def test_a_metric_that_nobody_measured_fails():
    result, answer = one(AtLeast(metric="m", at_least=0.1))
    assert answer.outcome == "fail"
    assert "m was not measured" in result.reason


@pytest.mark.parametrize(
    ("parity", "rows", "outcome"),
    [
        (0.0, 10, "pass"),
        (1e-9, 10, "pass"),
        (2e-9, 10, "fail"),
        (None, 10, "fail"),
        (nan, 10, "fail"),
        (inf, 10, "fail"),
        (0.0, 0, "not_enough_evidence"),
        (None, 0, "not_enough_evidence"),
    ],
)
def test_parity(parity, rows, outcome):
    result, answer = one(Parity(parity=1e-9), parity=measured(parity, rows))
    assert result.outcome == outcome
    assert answer.outcome == (outcome if outcome == "fail" else "not_enough_evidence")  # nothing says that it is good


def test_a_warning_lets_the_rest_decide_but_a_fail_always_blocks():
    unsure, sure = AtLeast(metric="m", at_least=0.65), AtLeast(metric="m", at_least=0.5)
    found = evaluated({"m": estimate()})
    warns = unsure.model_copy(update={"if_unsure": "warn"})
    blocks = unsure.model_copy(update={"if_unsure": "block"})
    assert verdict([sure, unsure], found).outcome == "not_enough_evidence"
    assert verdict([sure, warns], found).outcome == "pass"
    assert verdict([sure, unsure], found, if_unsure="warn").outcome == "pass"
    assert verdict([sure, blocks], found, if_unsure="warn").outcome == "not_enough_evidence"
    assert verdict([warns], found).outcome == "not_enough_evidence"
    fails = AtLeast(metric="m", at_least=0.9, if_unsure="warn")
    assert verdict([sure, fails], found, if_unsure="warn").outcome == "fail"
    result = verdict([warns], found).gates[0]
    assert (result.outcome, result.blocks) == ("not_enough_evidence", False)
    assert "warning only" in result.reason


def test_a_verdict_names_exactly_one_version_and_champion_and_survives_the_store():
    answer = verdict([AtLeast(metric="m", at_least=0.5)], evaluated({"m": estimate()}))
    assert (answer.version, answer.champion, answer.as_of) == ("v" * 64, "c" * 64, AS_OF)
    assert parse(canonical(answer), Verdict) == answer


any_number = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True))
bounds = st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1)).map(sorted)


def metric_gates(threshold):
    return (
        AtLeast(metric="log_loss", at_least=threshold),
        AtMost(metric="log_loss", at_most=threshold),
        BetterThan(metric="log_loss", better_than="naive"),
        BetterThan(metric="log_loss", better_than="champion"),
        NotWorseThan(metric="log_loss", not_worse_than="champion", margin=abs(threshold) + 0.01),
    )


def everywhere(found):
    comparisons = (
        Comparison(metric="log_loss", against=against, candidate=0.5, reference=0.5, improvement=found)
        for against in ("naive", "champion")
    )
    return evaluated({"log_loss": found}, tuple(comparisons))


@given(any_number, any_number, any_number, st.integers(0, 2), st.sampled_from([None, nan, inf, -inf]),
       st.floats(-1, 1), st.sampled_from(["block", "warn"]))  # fmt: skip
def test_what_is_missing_or_no_number_never_passes(value, low, high, where, hole, threshold, if_unsure):
    numbers = [value, low, high]
    numbers[where] = hole
    for gate in metric_gates(threshold):
        answer = verdict([gate], everywhere(estimate(*numbers)), if_unsure=if_unsure)
        assert answer.outcome not in {"pass", "skipped"}
        assert answer.gates[0].outcome not in {"pass", "skipped"}
        parse(canonical(answer), Verdict)


@given(bounds, st.floats(-1, 1), st.floats(0, 1))
def test_a_stricter_threshold_never_turns_another_answer_into_a_pass(numbers, threshold, more):
    low, value, high = numbers
    found = everywhere(estimate(value, low, high))
    for loose, strict in (
        (AtLeast(metric="log_loss", at_least=threshold), AtLeast(metric="log_loss", at_least=threshold + more)),
        (AtMost(metric="log_loss", at_most=threshold), AtMost(metric="log_loss", at_most=threshold - more)),
        (
            NotWorseThan(metric="log_loss", not_worse_than="champion", margin=more + 0.01),
            NotWorseThan(metric="log_loss", not_worse_than="champion", margin=more / 2 + 0.005),
        ),
    ):
        rank = {"fail": 0, "not_enough_evidence": 1, "pass": 2}
        assert rank[verdict([strict], found).outcome] <= rank[verdict([loose], found).outcome]


@given(bounds)
def test_better_than_the_champion_implies_not_worse(numbers):
    low, value, high = numbers
    found = everywhere(estimate(value, low, high))
    if verdict([CHAMPION_GATES[0]], found).outcome == "pass":
        assert verdict([CHAMPION_GATES[1]], found).outcome == "pass"


@given(bounds, st.floats(-1, 1))
def test_wider_bounds_never_pass_what_narrow_ones_do_not(numbers, threshold):
    low, value, high = numbers
    for gate in metric_gates(threshold):
        narrow = verdict([gate], everywhere(estimate(value, low, high))).outcome
        wide = verdict([gate], everywhere(estimate(value, low - 0.1, high + 0.1))).outcome
        assert wide != "pass" or narrow == "pass"
        assert wide != "fail" or narrow == "fail"


def test_the_order_of_gates_does_not_matter():
    found = everywhere(estimate(0.1, -0.005, 0.2))
    for gates in ((0.0, 0.15, 0.3), (-1.0, 0.1, -0.5), (0.3, -1.0, -0.2)):
        rules = [AtLeast(metric="log_loss", at_least=g) for g in gates]
        assert len({verdict(order, found).outcome for order in permutations(rules)}) == 1


@given(st.lists(st.sampled_from(metric_gates(0.0)), min_size=1, max_size=5), bounds)
def test_one_gate_more_never_helps_a_verdict_that_has_a_pass(gates, numbers):
    low, value, high = numbers
    found = everywhere(estimate(value, low, high))
    before, after = verdict(gates, found), verdict([*gates, AtLeast(metric="log_loss", at_least=0.2)], found)
    rank = {"fail": 0, "not_enough_evidence": 1, "pass": 2}
    assert rank[after.outcome] <= rank[before.outcome]
