"""Performance that was lost with an earlier version is remembered until it is back, whatever is usual by then."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import UNSET, structs

from keepfit.config.monitor import Often, Retrain
from keepfit.monitor import decide
from keepfit.monitor.lost import again, lost_in_words, lost_of
from keepfit.records import Helped, Noted, Told

JUNE = datetime(2020, 6, 1, tzinfo=UTC)
WHEN = Often(count=2, windows=3)
BAD = ("realised_performance",)


def week(number, version, realised, limit=1.1, *, metric="rmse", alarms=None, labelled=100):
    """The week that ends so many weeks after the first of June; it alarms where it is beyond the limit."""
    beyond = realised is not None and (realised < limit if metric == "roc_auc" else realised > limit)
    told = Told(
        metric=metric,
        estimated=None,
        low=None,
        high=None,
        realised=realised,
        rows=100,
        labelled=labelled,
        limit=limit,
    )
    return Noted(
        start=JUNE + timedelta(weeks=number - 1),
        end=JUNE + timedelta(weeks=number),
        version=version,
        window=f"{version}-{number}",
        alarms=(BAD if beyond else ()) if alarms is None else alarms,
        broken=False,
        told=told,
    )


def lived(*weeks):
    """All weeks, newest first, each with what was lost when it was looked at."""
    seen: list[Noted] = []
    for each in weeks:
        seen.insert(0, structs.replace(each, lost=lost_of(seen, each, WHEN) or UNSET))
    return seen


def worth(outcome, version=2, *, closed=True):
    bounds = (0.1, 0.3) if closed else (None, None)
    return Helped(
        version=version,
        replaced=1,
        end=JUNE,
        rows=700,
        metric="rmse",
        difference=0.2,
        low=bounds[0],
        high=bounds[1],
        outcome=outcome,
        days=UNSET if closed else ((100, 20.0, 5.0),),
    )


FELL = (week(1, 1, 1.0), week(2, 1, 5.9), week(3, 1, 5.8))


def test_a_new_version_whose_reference_was_bad_already_inherits_what_was_usual_before():
    newest = lived(*FELL, week(4, 2, 4.9, 6.0))[0]
    assert newest.alarms == ()
    assert (newest.lost.version, newest.lost.limit, newest.lost.since) == (1, 1.1, FELL[1].end)


def test_so_does_the_version_after_that_although_its_champion_never_alarmed():
    weeks = lived(*FELL, week(4, 2, 4.9, 6.0), week(5, 2, 4.8, 6.0), week(6, 3, 4.0, 5.0))
    assert weeks[0].lost == weeks[1].lost
    assert weeks[0].lost.version == 1


def test_as_many_windows_in_a_row_within_the_old_limit_as_clear_an_alarm_end_it():
    back = [week(number, 2, 1.05, 6.0) for number in (4, 5, 6)]
    lost = [each.lost is not UNSET for each in lived(*FELL, *back)]
    assert lost[:3] == [False, True, True]


def test_a_window_beyond_the_limit_among_them_begins_the_count_anew():
    weeks = lived(*FELL, week(4, 2, 1.0, 6.0), week(5, 2, 1.0, 6.0), week(6, 2, 4.0, 6.0), week(7, 2, 1.0, 6.0))
    assert weeks[0].lost is not UNSET


def test_windows_without_labels_end_nothing():
    weeks = lived(*FELL, *(week(number, 2, None, 6.0, labelled=0) for number in range(4, 12)))
    assert weeks[0].lost is not UNSET
    few = lived(*FELL, *(week(number, 2, 1.0, 6.0, labelled=49) for number in range(4, 12)))
    assert few[0].lost is not UNSET


def test_once_back_it_is_not_lost_again_by_the_old_limit():
    weeks = lived(*FELL, *(week(number, 2, 1.0, 6.0) for number in (4, 5, 6)), week(7, 2, 4.0, 6.0))
    assert weeks[0].lost is UNSET


@pytest.mark.parametrize(
    "before",
    [
        (week(1, 1, 1.0), week(2, 1, 1.0), week(3, 1, 5.8)),  # has not stood
        (week(2, 1, 1.0), week(3, 1, 1.0)),
        (week(2, 1, 1.0, alarms=("drift",)), week(3, 1, 1.0, alarms=("drift",))),
        (week(2, 1, 1.0, alarms=BAD), week(3, 1, 1.0, alarms=BAD)),  # by what the model expected, not by the metric
        (week(2, 1, 5.0, alarms=()), week(3, 1, 5.0, alarms=())),  # within the error of so few rows
        (week(2, 1, None, labelled=0), week(3, 1, None, labelled=0)),
        (week(1, 1, 5.9), week(2, 1, 5.9), week(3, 1, 1.0), week(4, 1, 1.0), week(5, 1, 1.0)),  # came back by itself
        (),
    ],
)
def test_nothing_is_lost_where_no_alarm_of_the_metric_stood(before):
    assert lived(*before, week(9, 2, 4.9, 6.0))[0].lost is UNSET


def test_a_metric_of_which_more_is_better_is_lost_below_its_limit():
    auc = [week(number, 1, 0.6, 0.7, metric="roc_auc") for number in (1, 2)]
    weeks = lived(*auc, week(3, 2, 0.65, 0.5, metric="roc_auc"))
    assert weeks[0].lost.limit == 0.7
    assert "at least 0.7" in lost_in_words(weeks[0].lost)
    better = lived(*auc, *(week(number, 2, 0.72, 0.5, metric="roc_auc") for number in (3, 4, 5)))
    assert better[0].lost is UNSET


def test_where_another_metric_decides_from_now_on_the_old_limit_says_nothing():
    assert lived(*FELL, week(4, 2, 4.9, 6.0), week(5, 2, 4.1, 6.0, metric="mae"))[0].lost is UNSET


def decided(weeks, helped, **more):
    policy = Retrain(**({"on": ("realised_performance",), "when": "2 of 3"} | more))
    return decide(weeks, [], None, policy, weeks[0].end, helped)


STILL = lived(*FELL, week(4, 2, 4.9, 6.0), week(5, 2, 4.8, 6.0))


def test_a_version_that_helped_but_not_enough_is_followed_by_another():
    found = decided(STILL, worth("helped"))
    assert found.retrain
    assert found.because == (
        "realised rmse is not back where it was with version 1 until 2020-06-15, at most 1.1: in 2 of 2 windows, "
        "though version 2 has helped",
    )


@pytest.mark.parametrize("outcome", ["hurt", "unclear"])
def test_one_that_did_not_help_is_left_to_a_person(outcome):
    found = decided(STILL, worth(outcome))
    assert not found.retrain
    assert "version 2 has not helped" in found.suppressed_by
    assert "a person must look" in found.suppressed_by


@pytest.mark.parametrize("helped", [None, worth("helped", closed=False)])
def test_before_it_is_known_whether_it_helped_nothing_is_asked_for(helped):
    found = decided(STILL, helped)
    assert not found.retrain
    assert "not known yet" in found.suppressed_by


def test_one_window_beyond_the_old_limit_asks_for_nothing():
    once = lived(*FELL, week(4, 2, 4.9, 6.0))
    assert decided(once, worth("helped")).suppressed_by is None
    back = lived(*FELL, week(4, 2, 4.9, 6.0), week(5, 2, 4.9, 6.0), week(6, 2, 1.0, 6.0))
    assert not decided(back, worth("helped")).retrain


def test_nor_does_it_where_realised_performance_is_not_among_what_counts():
    assert not decided(STILL, worth("helped"), on=("drift",)).retrain


def test_a_cooldown_a_budget_and_broken_data_hold_it_like_any_other():
    policy = Retrain(on=("realised_performance",), when="2 of 3", cooldown="7d", at_most="1 per 30d")
    now = STILL[0].end
    for requests, said in ([now - timedelta(days=1)], "cooldown"), ([now - timedelta(days=9)], "budget"):
        found = decide(STILL, requests, None, policy, now, worth("helped"))
        assert not found.retrain
        assert said in found.suppressed_by
    broken = [structs.replace(STILL[0], broken=True), *STILL[1:]]
    assert "broken" in decide(broken, [], None, policy, now, worth("helped")).suppressed_by


def test_of_few_weeks_two_that_do_not_overlap_are_needed():
    daily = [structs.replace(STILL[0], start=STILL[0].start + timedelta(days=day)) for day in (2, 1, 0)]
    assert again(daily[:1], worth("helped"), WHEN) == (None, None)
