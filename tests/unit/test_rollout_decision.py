"""Promote, stop or wait: what the numbers say, and what chance alone must not."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from msgspec.structs import replace

from keepfit.records import Beheld, Figure, Rollout, Seat
from keepfit.rollout import Answers, beheld, decide, figures, limit_left, worse

NOON = datetime(2013, 4, 1, 12, tzinfo=UTC)
DAY = NOON + timedelta(days=1)
ROLLOUT = Rollout(
    challenger=Seat(number=2, digest="d2"),
    champion=Seat(number=1, digest="d1"),
    verdict="v",
    strategy="canary",
    share=0.1,
    started=NOON,
    until=DAY,
    at_least=200,
    errors_at_most=0.01,
    slower_at_most=2.0,
    scores_differ_at_most=0.3,
)
GOOD = Beheld(
    answers=400,
    champion_answers=3600,
    failed=0,
    errors=Figure(value=0.0),
    slower=Figure(value=1.1),
    scores_differ=Figure(value=0.05),
)
UNKNOWN = Figure(value=None)


def decided(seen, at=DAY, rollout=ROLLOUT):
    return decide(rollout, seen, at).decided


def answers(draw, count, *, shift=0.0, slow=1.0, classes=1):
    scores = np.clip(draw.beta(2, 5, (count, classes)) + shift, 0, 1)
    return Answers(scores, draw.lognormal(0, 0.5, count) * slow)


def test_enough_answers_within_the_limits_when_the_time_is_over_promote():
    decision = decide(ROLLOUT, GOOD, DAY)
    assert decision.decided == "promote"
    for said in ("400 predictions", "errors 0.00% (at most 1.00%)", "times as slow 1.1", "scores differ by 0.05"):
        assert said in decision.reason


@pytest.mark.parametrize(
    ("change", "at", "says"),
    [
        ({}, DAY - timedelta(seconds=1), "it runs until 2013-04-02 12:00 UTC"),
        ({"answers": 199}, DAY, "199 of 200 predictions"),
        ({"answers": 0, "champion_answers": 0}, DAY, "no traffic"),
        ({"champion_answers": 3}, DAY, "3 of 200 predictions of the champion"),
        ({"slower": UNKNOWN}, DAY, "times as slow not known"),
        ({"errors": UNKNOWN}, DAY, "errors not known"),
        ({"scores_differ": UNKNOWN}, DAY, "scores differ by not known"),
    ],
)
def test_too_little_is_undecided_and_says_what_is_missing(change, at, says):
    decision = decide(ROLLOUT, replace(GOOD, **change), at)
    assert decision.decided == "undecided"
    assert says in decision.reason


LIMITS = {"errors": 0.01, "slower": 2.0, "scores_differ": 0.3}


@pytest.mark.parametrize(("name", "limit"), LIMITS.items())
def test_a_limit_is_left_early_beyond_doubt_and_at_the_end_likely(name, limit):
    above = Figure(value=limit * 1.5, likely=limit * 0.99)
    likely = Figure(value=limit * 1.5, likely=limit * 1.01)
    doubtless = Figure(value=limit * 1.5, likely=limit * 1.2, low=limit * 1.01)
    assert [decided(replace(GOOD, **{name: each}), NOON) for each in (above, likely)] == ["undecided"] * 2
    assert [decided(replace(GOOD, **{name: each})) for each in (above, likely)] == ["undecided", "stop"]
    assert "more answers will tell" in decide(ROLLOUT, replace(GOOD, **{name: above}), DAY).reason
    assert decided(replace(GOOD, **{name: doubtless, "answers": 5}), NOON) == "stop"
    assert decided(replace(GOOD, **{name: Figure(value=limit)})) == "promote"
    assert decided(replace(GOOD, **{name: Figure(value=float("nan"))})) == "undecided"
    assert limit_left(ROLLOUT, replace(GOOD, **{name: likely})) == ""
    assert "beyond doubt" in limit_left(ROLLOUT, replace(GOOD, **{name: doubtless}))


@pytest.mark.parametrize(
    ("worse", "outcome"),
    [
        (None, "promote"),
        (Figure(value=0.02, likely=-0.01), "promote"),
        (Figure(value=-0.02, likely=-0.03), "promote"),
        (Figure(value=0.02, likely=0.001), "stop"),
        (Figure(value=0.02, likely=float("nan")), "stop"),
    ],
)
def test_labels_that_speak_against_it_stop_it(worse, outcome):
    assert decided(replace(GOOD, labels=120, worse=worse)) == outcome
    assert decided(replace(GOOD, labels=120, worse=worse), NOON) == "undecided"


def test_no_number_and_not_a_number_never_promote():
    for name in LIMITS:
        assert decided(replace(GOOD, **{name: UNKNOWN})) == "undecided"


def test_the_numbers_of_a_decision_are_finite():
    seen = replace(GOOD, slower=UNKNOWN, labels=120, worse=Figure(value=0.1))
    assert figures(seen) == {
        "answers": 400.0, "champion_answers": 3600.0, "failed": 0.0, "labels": 120.0, "errors": 0.0,
        "scores_differ": 0.05, "worse": 0.1,
    }  # fmt: skip


# What is computed of answers.


@pytest.mark.parametrize("paired", [False, True])
def test_equal_versions_are_not_told_apart_however_often_one_looks(paired):
    """A thousand looks at growing answers of two equal versions: no limit is ever left."""
    draw = np.random.default_rng(1)
    for _ in range(20):
        one, other = answers(draw, 2000), answers(draw, 2000)
        failed = draw.random(2000) < 0.01
        for count in range(4, 2000, 40):
            part = [Answers(each.scores[:count], each.latency[:count]) for each in (one, other)]
            assert limit_left(ROLLOUT, beheld(*part, int(failed[:count].sum()), paired=paired)) == ""


@pytest.mark.parametrize(
    ("change", "word"), [({"shift": 0.6}, "scores differ"), ({"slow": 8.0}, "slow")], ids=["scores", "latency"]
)
def test_a_bad_challenger_is_told_within_some_hundred_answers(change, word):
    draw = np.random.default_rng(2)
    seen = beheld(answers(draw, 300), answers(draw, 300, **change), 0, paired=False)
    assert word in limit_left(ROLLOUT, seen)


def test_a_good_challenger_with_few_answers_is_seldom_stopped_at_the_end():
    draw = np.random.default_rng(12)
    ends = [decided(beheld(answers(draw, 250), answers(draw, 250), 1, paired=False)) for _ in range(300)]
    assert ends.count("stop") <= 6
    assert ends.count("promote") > 280


def test_errors_are_told_within_a_few():
    draw = np.random.default_rng(3)
    assert "errors" in limit_left(ROLLOUT, beheld(answers(draw, 10), answers(draw, 0), 10, paired=False))
    assert limit_left(ROLLOUT, beheld(answers(draw, 10), answers(draw, 9), 1, paired=False)) == ""


def test_of_several_classes_the_one_that_differs_most_counts():
    draw = np.random.default_rng(4)
    one = answers(draw, 500, classes=3)
    moved = Answers(one.scores + np.array([0.0, 0.0, 0.5]), one.latency)
    assert beheld(one, moved, 0, paired=False).scores_differ.value > 0.8


def test_a_distance_is_that_of_scipy():
    from scipy.stats import ks_2samp

    draw = np.random.default_rng(5)
    one, other = draw.normal(size=200).round(1), draw.normal(0.3, 1, 300).round(1)
    seen = beheld(Answers(one[:, None], one**2), Answers(other[:, None], other**2), 0, paired=False)
    assert seen.scores_differ.value == pytest.approx(ks_2samp(one, other).statistic)


def test_a_bound_of_a_share_holds_as_often_as_it_says():
    """Of shares that are the limit, no sample of a thousand is found beyond doubt to be above it."""
    draw = np.random.default_rng(6)
    scores = np.zeros((0, 1))
    for asked in (20, 200, 2000):
        for failed in draw.binomial(asked, 0.01, 1000):
            none = Answers(scores, np.zeros(0))
            assert beheld(none, none, int(failed), paired=False, answers=asked - int(failed)).errors.low <= 0.01


def test_a_shadow_that_gives_everybody_the_score_of_somebody_else_is_told():
    """The two distributions are the same; the answers are not."""
    draw = np.random.default_rng(8)
    score = draw.random(400)
    one, other = (Answers(np.stack([1 - each, each], axis=1), np.ones(400)) for each in (score, 1 - score))
    assert beheld(one, other, 0, paired=False).scores_differ.value < 0.15
    apart = beheld(one, other, 0, paired=True).scores_differ
    assert apart.value == pytest.approx(np.abs(1 - 2 * score).mean())
    assert 0.3 < apart.low < apart.value
    alike = Answers(one.scores, one.latency)
    assert beheld(one, alike, 0, paired=True).scores_differ.value == 0.0


def test_values_are_compared_by_rank_whatever_their_scale():
    draw = np.random.default_rng(9)
    values = draw.lognormal(10, 2, (300, 1))
    one, turned = Answers(values, np.ones(300)), Answers(np.sort(values, axis=0)[::-1], np.ones(300))
    ordered = Answers(np.sort(values, axis=0), np.ones(300))
    assert beheld(one, Answers(values * 1.0001, one.latency), 0, paired=True).scores_differ.value < 0.01
    assert beheld(ordered, turned, 0, paired=True).scores_differ.value == pytest.approx(0.5, abs=0.01)
    assert beheld(one, Answers(values + 1e9, one.latency), 0, paired=True).scores_differ.value == pytest.approx(0.5)


def test_nothing_answered_is_nothing_known():
    none = Answers(np.zeros((0, 1)), np.zeros(0))
    seen = beheld(none, none, 0, paired=False)
    assert [each.value for each in (seen.errors, seen.slower, seen.scores_differ)] == [None] * 3
    assert decided(seen) == "undecided"


def test_losses_that_are_paired_tell_more():
    draw = np.random.default_rng(7)
    champion = draw.exponential(size=100)
    challenger = champion + draw.normal(0.05, 0.02, 100)
    assert worse(champion, challenger, paired=True).likely > 0
    assert worse(champion, challenger, paired=False).likely < 0
    assert worse(champion[:29], challenger, paired=False) is None
