"""Rollouts in the ledger: who begins them, who may end them, and what nobody can forge."""

from datetime import timedelta
from pathlib import Path

import pytest
from history_world import CANARY, DIRECT, NOON, PERSON, UseCaseOf, candidate, ran, registered
from msgspec import UNSET, structs

from keepfit.config.release import Release
from keepfit.errors import ConfigError, IntegrityError, Missing
from keepfit.ledger import append, entries, entry_key, fold_of, head, rollout_of
from keepfit.ledger.append import _entry
from keepfit.ledger.entries import checksum
from keepfit.records import Draft, canonical
from keepfit.registry import look, show, show_all, verify
from keepfit.release import disable, end_rollout, promote, release, rollback, stop_rollout
from keepfit.report import show_text
from keepfit.store import open_store

CAUTIOUS = UseCaseOf(release=CANARY)
LATER = NOON + timedelta(days=2)
NUMBERS = {"answers": 812.0, "errors": 0.0}


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path))


@pytest.fixture
def open_(store):
    """The rollout of version 2 beside version 1."""
    ran(store, 1)
    ran(store, 2, use_case=CAUTIOUS)
    return rolling(store)


def rolling(store):
    return rollout_of(fold_of(head(store, "flights")))


def ended(store, rollout, use_case=CAUTIOUS):
    return end_rollout(
        store, use_case, rollout, actor="flow", reason="all is well", at=LATER, as_of=LATER, numbers=NUMBERS
    )


def stopped(store, rollout, reason="it is slow", by="server"):
    return stop_rollout(store, "flights", rollout, actor="server", reason=reason, at=LATER, numbers=NUMBERS, by=by)


@pytest.mark.parametrize("strategy", ["shadow", "canary"])
def test_a_pass_beside_a_champion_begins_a_rollout_and_says_what_ends_it(store, strategy):
    ran(store, 1)
    result = ran(store, 2, use_case=UseCaseOf(release=Release(strategy=strategy)))
    assert (result.released, result.champion, result.rollout) == (False, 1, 2)
    for word in (strategy, "version 1", "2013-04-02 12:00 UTC", "200 predictions", "`keepfit release flights`"):
        assert word in result.reason
    entry, known = head(store, "flights"), rolling(store)
    assert (entry.action, entry.version.number, entry.rollout) == ("rollout_started", 2, known)
    assert (known.challenger.number, known.champion.number, known.strategy) == (2, 1, strategy)
    assert known.share == (1.0 if strategy == "shadow" else 0.1)
    assert known.until - known.started == timedelta(days=1)
    assert show(store, "flights").champion == 1
    assert verify(store).problems == ()


def test_the_first_champion_is_released_directly_and_says_so(store):
    result = ran(store, 1, use_case=CAUTIOUS)
    assert (result.released, result.champion, result.rollout) == (True, 1, None)
    assert "first champion" in result.reason
    assert "directly, because no version serves" in result.reason
    assert rolling(store) is None


def test_where_nothing_serves_there_is_nothing_to_be_beside(store):
    ran(store, 1)
    disable(store, "flights", **PERSON)
    result = ran(store, 2, use_case=CAUTIOUS)
    assert (result.released, result.champion) == (True, 2)
    assert "directly" in result.reason


@pytest.mark.parametrize("outcome", ["fail", "not_enough_evidence"])
def test_anything_but_a_pass_begins_nothing_and_ends_nothing(store, open_, outcome):
    result = ran(store, 3, outcome, use_case=CAUTIOUS)
    assert (result.released, result.rollout) == (False, None)
    assert rolling(store) == open_


def test_a_held_or_risky_version_is_not_rolled_out(store):
    ran(store, 1)
    assert "held" in ran(store, 2, use_case=CAUTIOUS, held=("a new column",)).reason
    assert "risk" in ran(store, 3, use_case=UseCaseOf(release=CANARY, risk="high")).reason
    assert rolling(store) is None


def test_a_newer_pass_takes_the_place_of_an_open_rollout_and_says_so(store, open_):
    result = ran(store, 3, use_case=CAUTIOUS)
    assert result.rollout == 3
    assert "instead of that of version 2" in result.reason
    assert head(store, "flights").details["superseded"] == "version 2"
    assert rolling(store).challenger.number == 3
    assert "over already" in ended(store, open_).reason
    assert show(store, "flights").champion == 1


def test_a_run_that_is_repeated_begins_nothing_anew(store, open_):
    made = candidate(store, 2, use_case=CAUTIOUS)
    given = registered(store, made)
    before = head(store, "flights").seq

    def again():
        return release(store, CAUTIOUS, given, made.verdict, actor="train", at=LATER)

    assert again().rollout == 2
    stopped(store, open_)
    result = again()
    assert (result.released, result.champion, result.rollout) == (False, 1, None)
    assert "over since" in result.reason
    assert head(store, "flights").seq == before + 1
    assert rolling(store) is None


@pytest.mark.parametrize("move", ["promote 1", "promote 3", "rollback", "disable", "direct"])
def test_whatever_moves_the_champion_ends_it(store, move):
    ran(store, 8)
    ran(store, 1)
    ran(store, 2, use_case=CAUTIOUS)
    known = rolling(store)
    match move.split():
        case ["promote", number]:
            promote(store, "flights", int(number), **PERSON)
        case ["rollback"]:
            rollback(store, "flights", **PERSON)
        case ["disable"]:
            disable(store, "flights", **PERSON)
        case ["direct"]:
            ran(store, 4, use_case=UseCaseOf(release=DIRECT))
    assert rolling(store) is None
    seq, champion = head(store, "flights").seq, show(store, "flights").champion
    for result in (ended(store, known), stopped(store, known)):
        assert "over already" in result.reason
        assert (result.released, result.champion) == (move == "promote 3", champion)
    assert head(store, "flights").seq == seq
    assert verify(store).problems == ()


def test_the_end_of_a_rollout_makes_the_challenger_champion_with_its_numbers(store, open_):
    result = ended(store, open_)
    assert (result.released, result.champion) == (True, 2)
    entry = head(store, "flights")
    assert (entry.action, entry.metrics, entry.details["by"]) == ("promoted", NUMBERS, "rollout")
    assert entry.details["replaced"] == "version 1"
    assert rolling(store) is None
    assert ended(store, open_).released  # once more changes nothing
    assert head(store, "flights") == entry
    assert rollback(store, "flights", **PERSON).champion == 1
    assert verify(store).problems == ()


def test_a_stop_keeps_the_champion_and_gives_up_the_challenger(store, open_):
    result = stopped(store, open_)
    assert (result.released, result.champion) == (False, 1)
    entry = head(store, "flights")
    assert (entry.action, entry.version.number, entry.metrics) == ("rollout_stopped", 2, NUMBERS)
    assert (show(store, "flights").challenger, rolling(store)) == (None, None)
    assert stopped(store, open_).reason.startswith("the canary of version 2 is over already")
    assert head(store, "flights") == entry
    assert verify(store).problems == ()


def test_nobody_ends_a_rollout_without_a_name_or_a_reason(store, open_):
    with pytest.raises(ConfigError, match="reason"):
        stopped(store, open_, reason=" ")
    assert rolling(store) == open_


@pytest.mark.parametrize("outcome", ["fail", "not_enough_evidence", "pass"])
def test_another_look_at_the_challenger_counts(store, open_, outcome):
    made = candidate(store, 2, use_case=CAUTIOUS)
    verdict = structs.replace(made.verdict, outcome=outcome, as_of=NOON + timedelta(days=9))
    look(store, CAUTIOUS, open_.challenger, verdict, run="look", actor="judge", reason="labels", at=LATER,
         objects={}, details={})  # fmt: skip
    assert (rolling(store) is None) == (outcome == "fail")
    result = ended(store, open_)
    assert result.released == (outcome == "pass")
    assert show(store, "flights").champion == (2 if outcome == "pass" else 1)
    assert verify(store).problems == ()


def test_a_use_case_that_became_risky_waits_for_a_person(store, open_):
    result = ended(store, open_, UseCaseOf(release=CANARY, risk="high"))
    assert not result.released
    assert "risk is high" in result.reason
    assert rolling(store) == open_


def test_a_damaged_challenger_does_not_become_champion(store, tmp_path, open_):
    made = candidate(store, 2, use_case=CAUTIOUS)
    (tmp_path / "objects" / made.manifest.files["model"]).unlink()
    with pytest.raises(Missing):
        ended(store, open_)
    assert show(store, "flights").champion == 1


def test_somebody_who_is_faster_is_not_overruled(store, open_):
    """A rollback comes between the look at the log and the entry."""

    class Overtaken:
        address = store.address
        moved = False

        def __getattr__(self, name):
            return getattr(store, name)

        def create(self, key, data):
            if not self.moved:
                self.moved = True
                disable(store, "flights", **PERSON)
            store.create(key, data)

    result = ended(Overtaken(), open_)
    assert not result.released
    assert "no version serves" in result.reason
    assert [entry.action for entry in entries(store, "flights")][:2] == ["disabled", "rollout_started"]


def test_show_tells_the_open_rollout(store, open_):
    shown = show(store, "flights")
    assert shown.rollout == open_ == show_all(store, "flights").rollout
    text = " ".join(show_text(shown).split())
    assert "canary: version 2 answers 10% of requests, since 2013-04-01 12:00, until 2013-04-02 12:00 at least" in text
    assert "`keepfit release flights` decides after 200 predictions" in text
    assert "rollout started 2" in text


def test_a_ledger_without_rollouts_says_nothing_of_them(store):
    ran(store, 1)
    ran(store, 2)
    assert all(b"rollout" not in store.read(key) for key in store.list("flights/ledger/"))


FORGED = {
    "of nothing": ({"rollout": UNSET}, "does not say of what"),
    "of another version": ({"version": 1}, "does not say of what"),
    "beside another champion": ({"champion": 2}, "rolls out beside another champion than serves"),
}


@pytest.mark.parametrize(("change", "says"), FORGED.values(), ids=FORGED)
def test_a_forged_beginning_is_found(store, open_, change, says):
    entry = head(store, "flights")
    seats = {1: open_.champion, 2: open_.challenger}
    if "champion" in change:
        change = {"rollout": structs.replace(open_, champion=seats[change["champion"]])}
    if "version" in change:
        change = {"version": seats[change["version"]]}
    forge(store, structs.replace(entry, **change))
    assert says in verify(store).problems[0].what


@pytest.mark.parametrize("action", ["rollout_stopped", "promoted"])
def test_a_forged_end_is_found(store, action):
    ran(store, 1)
    ran(store, 2, "not_enough_evidence", use_case=CAUTIOUS)
    seat = head(store, "flights").version
    details = {"by": "rollout"}
    append(store, "flights", lambda _: Draft(action=action, version=seat, details=details, **PERSON))
    assert "ends a rollout that is not there" in verify(store).problems[0].what


def test_a_rollout_of_what_failed_is_found(store, open_):
    stopped(store, open_)
    ran(store, 3, "fail", use_case=CAUTIOUS)
    seat = head(store, "flights").version
    begun = structs.replace(open_, challenger=seat)
    append(store, "flights", lambda _: Draft(action="rollout_started", version=seat, rollout=begun, **PERSON))
    assert "rolls out a version that failed" in verify(store).problems[0].what


def forge(store, entry):
    """Put an entry with a right checksum, and a fold as it would be, in the place of the newest."""
    kept = {name: getattr(entry, name) for name in Draft.__struct_fields__}
    key = entry_key("flights", entry.seq)
    path = Path(store.address) / key
    before = entries(store, "flights")[1]
    try:
        forged = _entry("flights", before, Draft(**kept))
    except IntegrityError:
        forged = structs.replace(entry, checksum="")
        forged = structs.replace(forged, checksum=checksum(forged))
    path.chmod(0o600)
    path.write_bytes(canonical(forged))
