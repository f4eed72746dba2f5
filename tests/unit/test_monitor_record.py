"""What was seen of windows in the ledger: once, whoever looks again, when, and how many at a time."""

import multiprocessing
from datetime import UTC, datetime, timedelta

import pytest
from batch_world import use_case
from msgspec import structs

from keepfit.ledger import append, back_from, fold_of, head, watch_of
from keepfit.monitor import bounds, late_of, looks_of, note, source_of
from keepfit.records import (
    Draft,
    Estimate,
    Forecast,
    Helped,
    RetrainDecision,
    Seat,
    Span,
    Window,
    WindowCheck,
    canonical,
    sha256,
)
from keepfit.store import open_store
from tasks.run import moment_of

JUNE = datetime(2020, 6, 1, tzinfo=UTC)
SEAT = Seat(number=1, digest=sha256(b"version"))


@pytest.fixture
def store(tmp_path):
    made = open_store(str(tmp_path / "store"))
    seat(made, SEAT)
    return made


def seat(store, version):
    """Register and promote a version."""
    for action in ("registered", "promoted"):
        append(
            store,
            "visits",
            lambda _, what=action: Draft(
                action=what, actor="me", reason="it passed", at=JUNE, as_of=JUNE, version=version, outcome="pass"
            ),
        )


def window(day, *, hours=1.0, alarms=(), labelled=0, broken=(), rows=100):
    """A day as it was seen so many hours later."""
    end = JUNE + timedelta(days=day)
    fresh = WindowCheck(check="freshness", outcome="fail" if broken else "pass", value=hours, threshold=48.0)
    return Window(
        use_case="visits",
        as_of=end + timedelta(hours=hours),
        span=Span(start=end - timedelta(days=1), end=end, rows=rows),
        version=SEAT,
        reference="",
        checks=(fresh,),
        estimated={"log_loss": Forecast(value=0.123456789, low=0.1, high=0.2, threshold=0.3)},
        realised={"log_loss": Estimate(value=0.15, low=0.1, high=0.2, rows=labelled, clusters=7)} if labelled else {},
        labelled=labelled,
        alarms=alarms,
        broken=broken,
    )


def noted(store, folder, seen, **more):
    return note(store, use_case(folder), seen, actor="me", at=seen.as_of, **more)


def test_a_window_that_looks_as_before_later_in_the_day_is_one_entry(store, tmp_path):
    first = noted(store, tmp_path, window(1, hours=1))
    again = noted(store, tmp_path, window(1, hours=20))
    assert (again.entry, again.decision) == (first.entry, first.decision)
    assert head(store, "visits").seq == first.entry


def test_a_feed_that_stopped_since_the_first_look_is_another_entry(store, tmp_path):
    first = noted(store, tmp_path, window(1, hours=1))
    stale = noted(store, tmp_path, window(1, hours=60, broken=("freshness: the newest row is 60 hours old",)))
    assert stale.entry == first.entry + 1
    assert [each.broken for each in watch_of(fold_of(head(store, "visits"))).windows] == [True]


def test_labels_that_have_not_grown_are_no_entry(store, tmp_path):
    noted(store, tmp_path, window(1, labelled=50))
    before = head(store, "visits").seq
    assert noted(store, tmp_path, window(1, hours=30, labelled=52), late=True).entry is None
    assert noted(store, tmp_path, window(1, hours=40, labelled=50), late=True).entry is None
    assert noted(store, tmp_path, window(1, hours=50, labelled=70), late=True).entry == before + 1


def test_labels_of_a_version_that_was_replaced_are_filled_in_and_ask_for_nothing(store, tmp_path):
    for day in (1, 2):
        noted(store, tmp_path, window(day))
    second = Seat(number=2, digest=sha256(b"second"))
    seat(store, second)
    noted(store, tmp_path, structs.replace(window(3), version=second))
    fold = fold_of(head(store, "visits"))
    now = JUNE + timedelta(days=4)
    again = late_of(fold, use_case(tmp_path), now, now)
    assert [(seat, each.end - JUNE) for seat, each in again] == [
        (SEAT, timedelta(days=1)),
        (SEAT, timedelta(days=2)),
        (second, timedelta(days=3)),
    ]
    alarms = ("realised_performance",)
    filled = [noted(store, tmp_path, window(day, hours=72, labelled=100, alarms=alarms), late=True) for day in (1, 2)]
    assert [each.decision.retrain for each in filled] == [False, False]
    assert "version 1 does not answer any more" in filled[-1].decision.suppressed_by
    assert (filled[-1].track.windows, filled[-1].track.hits) == (2, 2)
    watch = watch_of(fold_of(head(store, "visits")))
    assert watch.requests == ()
    assert [(each.version, each.told.realised) for each in watch.windows] == [(2, None), (1, 0.15), (1, 0.15)]
    append(store, "visits", lambda _: Draft(action="disabled", actor="me", reason="enough", at=JUNE, as_of=JUNE))
    assert late_of(fold_of(head(store, "visits")), use_case(tmp_path), now, now) == []


def test_drift_that_only_labels_show_counts_as_any_other(store, tmp_path):
    for day in (1, 2, 3):
        assert not noted(store, tmp_path, window(day)).decision.retrain
    late = [noted(store, tmp_path, window(day, hours=72, labelled=100, alarms=("drift",)), late=True) for day in (1, 2)]
    assert "drift alarms, but not yet in 2 of 3 windows (1 so far)" in late[0].decision.suppressed_by
    assert (late[1].decision.retrain, late[1].decision.because) == (True, ("drift in 2 of 2 windows",))


def test_drift_that_was_decided_on_before_labels_came_is_not_decided_on_again(store, tmp_path):
    noted(store, tmp_path, window(1, alarms=("drift",)))
    broken = window(2, alarms=("drift",), broken=("volume: 3 rows",))
    assert not noted(store, tmp_path, broken).decision.retrain
    again = structs.replace(window(2, hours=72, labelled=100, alarms=("drift",)), broken=())
    assert noted(store, tmp_path, again, late=True).decision == RetrainDecision(retrain=False)


def test_a_window_that_called_for_a_retrain_is_shown_so_when_its_labels_have_come(store, tmp_path):
    noted(store, tmp_path, window(1, alarms=("drift",)))
    asked = noted(store, tmp_path, window(2, alarms=("drift",)))
    assert asked.decision.retrain
    filled = noted(store, tmp_path, window(2, hours=48, labelled=100, alarms=("drift",)), late=True)
    assert not filled.decision.retrain
    shown = looks_of(store, "visits")[-1]
    assert (shown.window.labelled, shown.decision, shown.entry) == (100, asked.decision, asked.entry)
    assert shown.decided == window(2).as_of


def look_in_a_process(folder, number, results):
    made = open_store(str(folder / "store"))
    own = folder / str(number)
    own.mkdir()
    results.put(noted(made, own, window(3, hours=1 + number)).entry)


def test_looks_at_the_same_time_are_one_entry(store, tmp_path):
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    looks = [context.Process(target=look_in_a_process, args=(tmp_path, number, results)) for number in range(4)]
    for each in looks:
        each.start()
    entries = {results.get(timeout=60) for _ in looks}
    for each in looks:
        each.join()
    told = [each.seq for each in back_from(store, head(store, "visits")) if each.action == "monitored"]
    assert entries == set(told)
    assert len(told) == 1


def test_a_clock_that_jumped_back_neither_forgets_nor_decides_by_what_came_later(store, tmp_path):
    noted(store, tmp_path, window(20, alarms=("drift",)))
    back = noted(store, tmp_path, window(10, alarms=("drift",)))
    assert "not yet in 2 of 3 windows (1 so far)" in back.decision.suppressed_by
    ends = [each.end for each in watch_of(fold_of(head(store, "visits"))).windows]
    assert ends == [JUNE + timedelta(days=20), JUNE + timedelta(days=10)]
    assert noted(store, tmp_path, window(21, alarms=("drift",))).decision.retrain


def test_an_entry_does_not_grow_with_the_years(store, tmp_path):
    sizes = []
    for day in range(120):
        noted(store, tmp_path, window(day, alarms=("drift", "estimated_performance"), labelled=90, rows=167_000))
        sizes.append(len(canonical(head(store, "visits"))))
    assert max(sizes[60:]) < 20_000
    assert max(sizes[60:]) - min(sizes[60:]) < 500


@pytest.mark.parametrize("day", ["2013-03-09", "2013-03-10", "2013-03-11", "2013-11-02", "2013-11-03", "2013-11-04"])
def test_windows_are_whole_days_of_utc_where_clocks_change(day):
    started, every = datetime(2020, 1, 1, tzinfo=UTC), timedelta(days=1)
    for hour in range(24):
        moment = moment_of(f"{day}T{hour:02d}:30", "America/New_York", started)
        start, end = bounds(moment, every, 7 * every)
        assert (end - start, end <= moment < end + every) == (7 * every, True)
        assert (end.hour, end.utcoffset()) == (0, timedelta(0))
    later = bounds(moment + every, every, 7 * every)
    assert later[1] - end == every


@pytest.mark.parametrize(
    ("asked", "served", "source", "why"),
    [
        ("auto", 0, "rows", "no row of it"),
        ("auto", 29, "rows", "fewer than 200 (a fifth of the usual)"),
        ("auto", 200, "log", "has 200 rows of it"),
        ("log", 0, "log", "monitor.source is log"),
        ("rows", 500, "rows", "monitor.source is rows"),
    ],
)
def test_the_log_stands_for_a_window_only_if_it_has_enough_of_it(asked, served, source, why):
    found = source_of(asked, served, 1000.0)
    assert found[0] == source
    assert why in found[1]


def test_few_usual_rows_still_need_as_many_as_can_be_compared():
    assert source_of("auto", 20, 50.0)[0] == "rows"
    assert "fewer than 30 (what can be compared)" in source_of("auto", 20, 50.0)[1]


def test_the_numbers_of_a_decision_are_short(store, tmp_path):
    noted(store, tmp_path, structs.replace(window(1)))
    assert watch_of(fold_of(head(store, "visits"))).windows[0].told.estimated == 0.123457


def test_what_a_version_lost_is_in_the_entries_of_the_next_until_it_is_back(store, tmp_path):
    limit = WindowCheck(check="realised_performance", feature="log_loss", outcome="fail", value=0.15, threshold=0.12)
    bad = window(1, labelled=100, alarms=("realised_performance",))
    noted(store, tmp_path, structs.replace(bad, checks=(limit,)))
    second = Seat(number=2, digest=sha256(b"second"))
    found = noted(store, tmp_path, structs.replace(window(2, labelled=100), version=second))
    assert (found.lost.version, found.lost.limit) == (1, 0.12)
    assert not found.decision.retrain
    again = noted(store, tmp_path, structs.replace(window(2, labelled=100, hours=3), version=second))
    assert (again.entry, again.lost) == (found.entry, found.lost)
    found = noted(store, tmp_path, structs.replace(window(3, labelled=100), version=second))
    assert found.decision.because == (
        "realised log loss is not back for good at most 0.12, where it was until version 1 alarmed of the window to "
        "2020-06-02: beyond it in 2 of 2 windows",
    )
    good = {"log_loss": Estimate(value=0.1, low=0.05, high=0.11, rows=100, clusters=7)}
    for day in (4, 5, 6):
        assert found.lost is not None
        found = noted(store, tmp_path, structs.replace(window(day, labelled=100), version=second, realised=good))
    assert found.lost is None


def test_a_window_that_asked_for_a_retrain_is_remembered_as_one_that_did_when_its_labels_come(store, tmp_path):
    for day in (1, 2):
        found = noted(store, tmp_path, window(day, alarms=("drift",)))
    assert found.decision.retrain
    filled = noted(store, tmp_path, window(2, alarms=("drift",), labelled=100, hours=30), late=True)
    assert filled.entry == found.entry + 1
    assert not filled.decision.retrain
    *_, look = looks_of(store, "visits")
    assert (look.window.labelled, look.noted.told.labelled) == (100, 100)
    assert (look.decision, look.entry) == (found.decision, found.entry)


def test_whether_a_version_has_helped_stays_with_the_window_that_said_so(store, tmp_path):
    told = Helped(
        version=1, replaced=0, end=JUNE, rows=9, metric="log_loss", difference=0.1, low=0.1, high=0.2, outcome="helped"
    )
    noted(store, tmp_path, structs.replace(window(1, labelled=50), helped=told))
    noted(store, tmp_path, window(1, labelled=100, hours=30), late=True)
    (look,) = looks_of(store, "visits")
    assert (look.noted.told.labelled, look.noted.helped) == (100, told)
