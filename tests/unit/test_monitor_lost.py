"""Performance that was lost with an earlier version is remembered until it is back, whatever is usual by then."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import UNSET, structs

from keepfit.config.monitor import Often, Retrain
from keepfit.monitor import decide
from keepfit.monitor.lost import lost_in_words, lost_of
from keepfit.records import Noted, RetrainDecision, Told

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


FELL = (week(1, 1, 1.0), week(2, 1, 5.9), week(3, 1, 5.8))


def test_a_new_version_whose_reference_was_bad_already_inherits_what_was_usual_before():
    newest = lived(*FELL, week(4, 2, 4.9, 6.0))[0]
    assert newest.alarms == ()
    assert (newest.lost.version, newest.lost.limit, newest.lost.since) == (1, 1.1, FELL[1].end)


def test_so_does_the_version_after_that_although_its_champion_never_alarmed():
    weeks = lived(*FELL, week(4, 2, 4.9, 6.0), week(5, 2, 4.8, 6.0), week(6, 3, 4.0, 5.0))
    assert weeks[0].lost == weeks[1].lost
    assert decided(lived(*reversed(weeks), week(7, 3, 3.9, 5.0))).retrain
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
        (week(2, 1, 1.0), week(3, 1, 1.0)),
        (week(2, 1, 1.0, alarms=("drift",)), week(3, 1, 1.0, alarms=("drift",))),
        (week(2, 1, 1.0, alarms=BAD), week(3, 1, 1.0, alarms=BAD)),  # by what the model expected, not by the metric
        (week(2, 1, 5.0, alarms=()), week(3, 1, 5.0, alarms=())),  # within the error of so few rows
        (week(2, 1, None, labelled=0), week(3, 1, None, labelled=0)),
        (week(1, 1, 5.9), week(2, 1, 5.9), week(3, 1, 1.0), week(4, 1, 1.0), week(5, 1, 1.0)),  # came back by itself
        (),
    ],
)
def test_nothing_is_lost_where_the_metric_has_not_alarmed_lately(before):
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


def decided(weeks, requests=(), **more):
    policy = Retrain(**({"on": ("realised_performance",), "when": "2 of 3"} | more))
    return decide(weeks, requests, None, policy, weeks[0].end)


STILL = lived(*FELL, week(4, 2, 4.9, 6.0), week(5, 2, 4.8, 6.0))


def test_what_is_not_back_asks_for_another_retrain_where_nothing_alarms():
    found = decided(STILL)
    assert found.retrain
    assert found.because == (
        "realised rmse is not back for good at most 1.1, where it was until version 1 alarmed of the window to "
        "2020-06-15: beyond it in 2 of 2 windows",
    )


def test_one_window_beyond_the_old_limit_asks_for_nothing_yet_and_says_so():
    found = decided(lived(*FELL, week(4, 2, 4.9, 6.0)))
    assert (found.retrain, found.because) == (False, ())
    assert found.suppressed_by.endswith("beyond it in 1 of 1 windows")
    assert decided(lived(*FELL, week(4, 2, 4.9, 6.0), week(5, 2, 1.0, 6.0))) == RetrainDecision(retrain=False)


def test_nor_does_a_window_within_it_after_two_beyond():
    assert not decided(lived(*FELL, week(4, 2, 4.9, 6.0), week(5, 2, 4.9, 6.0), week(6, 2, 1.0, 6.0))).retrain


def test_nor_do_windows_that_were_beyond_it_long_ago():
    weeks = lived(*FELL, *(week(number, 2, value, 6.0) for number, value in ((4, 4.9), (5, 1.0), (6, 1.0), (7, 4.9))))
    assert weeks[0].lost is not UNSET
    assert not decided(weeks).retrain


def test_nor_does_it_where_realised_performance_is_not_among_what_counts():
    assert not decided(STILL, on=("drift",)).retrain


def test_a_cooldown_and_a_budget_hold_it_like_any_other():
    now = STILL[0].end
    limits = {"cooldown": "7d", "at_most": "1 per 30d"}
    for requests, said in ([now - timedelta(days=1)], "cooldown"), ([now - timedelta(days=9)], "budget"):
        found = decided(STILL, requests, **limits)
        assert not found.retrain
        assert said in found.suppressed_by


def test_windows_whose_data_look_broken_neither_ask_nor_end_it():
    assert not decided([structs.replace(STILL[0], broken=True), *STILL[1:]]).retrain
    back = [structs.replace(week(number, 2, 1.0, 6.0), broken=True) for number in (4, 5, 6, 7)]
    assert lived(*FELL, *back)[0].lost is not UNSET


def test_windows_that_overlap_count_once():
    daily = [structs.replace(STILL[0], end=STILL[0].end - timedelta(days=day)) for day in range(5)]
    daily = [structs.replace(each, start=each.end - timedelta(weeks=1)) for each in daily]
    assert not decided(daily).retrain


def test_nor_do_such_windows_end_it_before_their_time():
    back = [week(number, 2, 1.0, 6.0) for number in (4, 5)]
    between = structs.replace(back[1], start=back[1].start - timedelta(days=3), end=back[1].end - timedelta(days=3))
    assert lived(*FELL, back[0], between, back[1])[0].lost is not UNSET


def test_a_window_without_labels_is_not_counted_among_them():
    weeks = lived(*FELL, week(4, 2, 4.9, 6.0), week(5, 2, None, 6.0, labelled=0), week(6, 2, 4.8, 6.0))
    assert decided(weeks).because[0].endswith("in 2 of 2 windows")


def test_the_version_before_may_be_forgotten_by_now():
    weeks = lived(*FELL, week(4, 2, 4.9, 6.0))
    later = week(5, 2, 4.8, 6.0)
    assert lost_of(weeks[:1], later, WHEN) == weeks[0].lost


def test_labels_that_come_late_for_the_version_before_tell_of_it_too():
    first = lived(week(1, 1, 1.0), week(2, 1, None, labelled=0), week(3, 2, 4.9, 6.0))
    assert first[0].lost is UNSET
    filled = [first[0], week(2, 1, 5.9), first[2]]
    assert lost_of(filled, week(4, 2, 4.9, 6.0), WHEN).since == filled[1].end
