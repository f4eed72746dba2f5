"""The rate of false promotions of a year is spent once, whoever looks how often, and when."""

from dataclasses import replace as with_changes
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from history_world import NOON, PERSON, UseCaseOf, candidate, gate, ran, registered, released
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace
from test_judge import evaluated

from keepfit.errors import IntegrityError, Refused
from keepfit.ledger import LEAST, after_look, entries, fits, fold_of, head, replay, spend_of, spending_of, year_of
from keepfit.records import Entry, Seat, Spending, Verdict, canonical, digest_of, parse
from keepfit.registry import OVERSPENT, last_evaluated, last_look, look, position, show, show_all, verify
from keepfit.release import promote, release
from keepfit.store import open_store, put

FIRST = datetime(2013, 4, 1, tzinfo=UTC)
moments = st.integers(0, 3 * 365).map(lambda days: FIRST + timedelta(days=days))


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path / "store"))


# the rule -------------------------------------------------------------------------------------------------------------


@given(st.lists(moments, max_size=80), st.floats(0.001, 0.5))
def test_no_year_spends_more_than_its_rate_however_many_look_in_whatever_order(looks, rate):
    spending, by_year = Spending(), {}
    for as_of in looks:
        spend = spend_of(spending, rate, as_of)
        assert fits(spending, rate, as_of, spend)
        spending = after_look(spending, as_of, spend)
        by_year[spending.year_start] = by_year.get(spending.year_start, 0.0) + spend
    assert all(spent <= rate * (1 + 1e-9) for spent in by_year.values())
    starts = sorted(by_year)
    assert all(later - earlier >= timedelta(days=365) for earlier, later in pairwise(starts))


def test_a_month_has_its_share_and_a_burst_takes_no_more():
    spending, shares = Spending(), []
    for month in range(12):
        as_of = FIRST + timedelta(days=30.4 * month)
        shares.append(spend_of(spending, 0.05, as_of))
        spending = after_look(spending, as_of, shares[-1])
    assert shares[0] == pytest.approx(0.05 / 24)
    assert shares[-1] == pytest.approx(0.05 * 11 / 12 / 12, rel=0.02)
    assert 0.04 < spending.spent < 0.05
    burst = Spending()
    for _ in range(50):
        burst = after_look(burst, FIRST, spend_of(burst, 0.05, FIRST))
    assert burst.spent == pytest.approx(0.05 / 12, rel=1e-3)
    assert spend_of(burst, 0.05, FIRST) == 0.0


def test_a_lowered_rate_that_is_spent_already_leaves_nothing():
    spending = Spending(year_start=FIRST, spent=0.03)
    assert spend_of(spending, 0.01, FIRST + timedelta(days=300)) == 0.0
    assert not fits(spending, 0.01, FIRST + timedelta(days=300), LEAST)


def test_time_that_goes_back_gives_nothing_anew():
    spending = after_look(Spending(), FIRST + timedelta(days=400), 0.002)
    assert year_of(spending, FIRST) == (FIRST + timedelta(days=400), 0.002)
    assert year_of(spending, FIRST + timedelta(days=400 + 365)) == (FIRST + timedelta(days=765), 0.0)


def test_a_look_as_of_before_the_year_may_spend_what_a_first_one_may():
    assert spend_of(Spending(year_start=FIRST), 0.048, FIRST - timedelta(days=30)) == pytest.approx(0.002)


def test_years_are_counted_from_the_first_look_and_not_from_the_next():
    assert year_of(Spending(year_start=FIRST, spent=0.03), FIRST + timedelta(days=400)) == (
        FIRST + timedelta(days=365),
        0.0,
    )


def test_a_look_moves_no_anchor_that_is_there():
    first, later = Seat(number=1, digest="1"), Seat(number=2, digest="2")
    assert after_look(Spending(anchor=first), FIRST, 0.001, later).anchor == first
    assert after_look(Spending(), FIRST, 0.001, later).anchor == later


# in the ledger --------------------------------------------------------------------------------------------------------


def spent(store):
    return spending_of(fold_of(head(store, "flights")))


def test_the_first_champion_costs_nothing_and_is_the_anchor(store):
    ran(store, 1)
    assert spent(store) == Spending(anchor=fold_of(head(store, "flights")).champion)


def test_a_look_spends_once_though_its_run_is_repeated(store):
    ran(store, 1)
    ran(store, 2, "not_enough_evidence")
    once = spent(store)
    assert once.spent == pytest.approx(0.05 / 24)
    ran(store, 2, "not_enough_evidence")
    assert spent(store) == once
    ran(store, 3, "not_enough_evidence")
    assert once.spent < spent(store).spent < 0.05 / 12 + 0.05 / 300
    assert verify(store).problems == ()


def test_what_was_not_compared_spends_nothing(store):
    ran(store, 1)
    one = candidate(store, 2)
    registered(store, replace_verdict(one, compared=False))
    assert spent(store).spent == 0.0


def replace_verdict(one, **changes):
    return with_changes(one, verdict=replace(one.verdict, **changes))


def test_who_comes_when_the_rate_is_gone_promotes_nothing(store):
    ran(store, 1)
    made = [candidate(store, number) for number in range(2, 6)]  # all have looked before one of them has spent
    given = [registered(store, one) for one in made[:-1]]
    poor = UseCaseOf(false_promotions=spent(store).spent + 1e-4)  # the last one finds a year that is nearly over
    late = replace_case(made[-1], poor)
    last = registered(store, late)
    entry = head(store, "flights")
    assert entry.spent is UNSET
    assert "have spent this year's" in entry.details[OVERSPENT]
    result = released(store, late, last)
    assert (result.released, result.champion) == (False, 1)
    assert "this look does not count" in result.reason
    assert released(store, made[0], given[0]).released
    assert verify(store).problems == ()


def replace_case(one, case):
    return with_changes(one, use_case=case)


def test_a_use_case_that_compares_with_no_champion_spends_nothing(store):
    ran(store, 1)
    case = UseCaseOf(gates=())
    assert position(store, case, "other", NOON).spend is None
    ran(store, 2, use_case=case)
    assert spent(store).spent == 0.0


def test_the_anchor_moves_when_it_is_beaten_or_a_person_says_so(store):
    ran(store, 1)
    ran(store, 2)
    assert spent(store).anchor.number == 1
    made = replace_verdict(candidate(store, 3), beats_anchor=True)
    released(store, made, registered(store, made))
    assert spent(store).anchor.number == 3
    assert position(store, UseCaseOf(), "later", NOON).anchor is None  # it is the champion
    ran(store, 4)
    assert position(store, UseCaseOf(), "latest", NOON).anchor.number == 3
    promote(store, "flights", 2, **PERSON)
    assert spent(store).anchor.number == 2
    assert verify(store).problems == ()


OLD = Path(__file__).with_name("old_ledger.jsonl")


def test_a_ledger_that_is_older_than_spending_verifies_and_goes_on(store):
    for line in OLD.read_bytes().splitlines():
        key = f"flights/ledger/{10**12 - parse(line, Entry).seq:012d}.json"
        store.create(key, line)
    assert replay(store, "flights").misfits == []
    newest = head(store, "flights")
    assert (newest.seq, newest.fold.spending, newest.fold.champion.number) == (4, UNSET, 2)
    assert position(store, UseCaseOf(), "new", NOON).anchor is None
    made = candidate(store, 9, "not_enough_evidence")
    registered(store, made)
    assert spent(store) == Spending(year_start=made.manifest.as_of, spent=0.05 / 24, anchor=newest.fold.champion)


# another look ---------------------------------------------------------------------------------------------------------


def looked(store, seat, outcome, run="again", day=40, case=None, objects=None, **changes):
    case, as_of = case or UseCaseOf(), NOON + timedelta(days=day)
    stood = position(store, case, run, as_of)
    verdict = Verdict(
        outcome=outcome,
        version=seat.digest,
        champion=stood.champion and stood.champion.digest,
        as_of=as_of,
        gates=(gate(outcome),),
        compared=True,
    )
    verdict = replace(verdict, **changes)
    told = look(
        store,
        case,
        seat,
        verdict,
        run=run,
        actor="judge",
        reason="again",
        at=NOON,
        objects=objects or {},
        details={"snapshot": "s"},
    )
    return told, verdict


@pytest.fixture
def undecided(store):
    ran(store, 1)
    ran(store, 2, "not_enough_evidence")
    return fold_of(head(store, "flights")).challenger


def test_another_look_that_passes_releases_and_spends_once(store, undecided):
    before = spent(store).spent
    told, verdict = looked(store, undecided, "pass")
    assert head(store, "flights").action == "judged"
    after = spent(store).spent
    assert after > before
    assert release(store, UseCaseOf(), told, verdict, actor="judge", at=NOON).released
    again, verdict = looked(store, undecided, "pass")
    assert again == told
    assert release(store, UseCaseOf(), again, verdict, actor="judge", at=NOON).champion == 2
    assert spent(store).spent == after
    assert len(entries(store, "flights")) == 5
    assert [line.outcome for line in show(store, "flights").versions] == ["pass", "pass"]
    assert show(store, "flights").versions == show_all(store, "flights").versions
    assert verify(store).problems == ()


def test_another_look_that_fails_ends_the_hope(store, undecided):
    told, verdict = looked(store, undecided, "fail")
    assert not release(store, UseCaseOf(), told, verdict, actor="judge", at=NOON).released
    assert fold_of(head(store, "flights")).challenger is None
    assert show(store, "flights").versions[0].outcome == "fail"
    with pytest.raises(Refused):
        promote(store, "flights", 2, **PERSON)
    assert verify(store).problems == ()


def test_another_look_that_is_undecided_leaves_the_challenger(store, undecided):
    looked(store, undecided, "not_enough_evidence")
    newest = head(store, "flights")
    assert newest.fold.challenger == undecided
    assert last_look(store, newest, undecided) == newest
    assert promote(store, "flights", 2, **PERSON).released


def test_two_runs_that_look_at_once_are_two_looks(store, undecided):
    position(store, UseCaseOf(), "mine", NOON + timedelta(days=40))
    theirs, _ = looked(store, undecided, "not_enough_evidence", run="theirs")
    mine, _ = looked(store, undecided, "not_enough_evidence", run="mine")
    assert mine.entry == theirs.entry + 1
    assert looked(store, undecided, "not_enough_evidence", run="mine")[0] == mine
    assert head(store, "flights").seq == mine.entry


def test_another_look_that_comes_when_the_rate_is_gone_promotes_nothing(store, undecided):
    position(store, UseCaseOf(), "late", NOON + timedelta(days=40))
    poor = UseCaseOf(false_promotions=spent(store).spent + 1e-5)
    told, verdict = looked(store, undecided, "pass", run="late", case=poor)
    entry = head(store, "flights")
    assert (entry.action, entry.spent) == ("judged", UNSET)
    assert "have spent this year's" in entry.details[OVERSPENT]
    result = release(store, poor, told, verdict, actor="judge", at=NOON)
    assert (result.released, "this look does not count" in result.reason) == (False, True)


def test_the_last_look_is_that_of_the_version_that_is_asked_about(store, undecided):
    first = fold_of(head(store, "flights")).champion
    looked(store, undecided, "not_enough_evidence")
    found = last_look(store, head(store, "flights"), first)
    assert (found.action, found.version) == ("registered", first)


def test_the_newest_figures_are_those_of_the_last_look(store, undecided):
    figures = replace(evaluated(), rows=77)
    looked(store, undecided, "not_enough_evidence", objects={"evaluated": put(store, canonical(figures))})
    assert last_evaluated(store, "flights") == (undecided.number, figures)


def test_a_held_version_waits_for_a_person_also_after_another_look(store):
    ran(store, 1)
    ran(store, 2, "not_enough_evidence", held=("ten times the rows",))
    seat = fold_of(head(store, "flights")).challenger
    told, verdict = looked(store, seat, "pass")
    result = release(store, UseCaseOf(), told, verdict, actor="judge", at=NOON)
    assert not result.released
    assert "held for a person" in result.reason


def test_a_verdict_about_another_version_is_refused(store, undecided):
    with pytest.raises(IntegrityError):
        looked(store, undecided, "pass", version="x")


def test_an_altered_verdict_of_another_look_is_found(store, undecided, tmp_path):
    told, _ = looked(store, undecided, "not_enough_evidence")
    path = tmp_path / "store" / "flights" / "verdicts" / f"{told.verdict}.json"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"fine", b"good"))
    assert any("verdict" in one.what for one in verify(store).problems)


def test_a_fold_with_another_sum_is_found(store, undecided, tmp_path):
    newest = head(store, "flights")
    cheap = replace(newest, fold=replace(newest.fold, spending=replace(newest.fold.spending, spent=0.0)), checksum="")
    cheap = replace(cheap, checksum=digest_of(cheap))
    path = tmp_path / "store" / "flights" / "ledger" / f"{10**12 - newest.seq:012d}.json"
    path.chmod(0o644)
    path.write_bytes(canonical(cheap))
    assert any("carries a wrong fold" in one.what for one in verify(store).problems)
