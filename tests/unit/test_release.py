"""Who may move the champion, and who may not."""

import pytest
from history_world import NOON, PERSON, UseCaseOf, candidate, ran, registered
from msgspec import structs

from keepfit.errors import ConfigError, IntegrityError, KeepfitError, Missing, Refused
from keepfit.ledger import entries, head
from keepfit.registry import show, show_all, verify
from keepfit.release import disable, promote, release, rollback
from keepfit.store import Directory, open_store


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path))


def champion(store):
    return show(store, "flights").champion


def released(store, made):
    return release(store, made.use_case, registered(store, made), made.verdict, actor="train", at=NOON)


def test_a_pass_becomes_champion(store):
    result = ran(store, 1)
    assert (result.released, result.champion) == (True, 1)
    assert head(store, "flights").action == "promoted"
    assert "first champion" in result.reason
    assert "version 1" in ran(store, 2).reason


@pytest.mark.parametrize("outcome", ["fail", "not_enough_evidence", "skipped", "unjudged"])
def test_anything_but_a_pass_leaves_the_champion(store, outcome):
    ran(store, 1)
    result = ran(store, 2, outcome)
    assert (result.released, result.champion) == (False, 1)
    assert outcome.replace("_", " ") in result.reason
    assert "roc_auc at_least 0.6" in result.reason
    assert head(store, "flights").action == "registered"


def test_high_risk_is_registered_and_never_released(store):
    result = ran(store, 1, use_case=UseCaseOf(risk="high"))
    assert (result.released, result.champion) == (False, None)
    assert "no approvals" in result.reason
    assert show(store, "flights").versions[0].version == 1
    with pytest.raises(Refused, match="approval"):
        promote(store, "flights", 1, **PERSON)
    assert champion(store) is None


def test_a_verdict_against_an_earlier_champion_moves_nothing(store):
    late = candidate(store, 1)
    ran(store, 2)
    result = released(store, late)
    assert (result.released, result.champion) == (False, 1)
    assert "judged against another champion" in result.reason


def test_the_champion_is_looked_at_when_the_entry_is_written(store):
    ran(store, 1)
    made = candidate(store, 2)
    given = registered(store, made)
    rival = candidate(store, 3)
    rival_given = registered(store, rival)

    class Overtaken(Directory):
        def create(self, key, data):
            if "/ledger/" in key and not self.done:
                self.done = True
                assert release(store, rival.use_case, rival_given, rival.verdict, actor="train", at=NOON).released
            super().create(key, data)

    slow = Overtaken(store.root)
    slow.done = False
    result = release(slow, made.use_case, given, made.verdict, actor="train", at=NOON)
    assert (result.released, result.champion) == (False, 3)


def test_a_run_that_is_repeated_gets_its_answer_again_and_moves_nothing(store):
    made = candidate(store, 1)
    first = released(store, made)
    assert released(store, made).released
    ran(store, 2)
    before = head(store, "flights").seq
    again = released(store, made)
    assert first.released
    assert (again.released, again.champion) == (True, 2)
    assert "by now the champion is version 2" in again.reason
    assert head(store, "flights").seq == before


def test_a_repeated_run_does_not_undo_a_rollback(store):
    ran(store, 1)
    made = candidate(store, 2)
    released(store, made)
    rollback(store, "flights", **PERSON)
    assert released(store, made).champion == 1
    assert champion(store) == 1


def test_only_the_registered_verdict_counts(store):
    made = candidate(store, 1, "fail")
    given = registered(store, made)
    kinder = structs.replace(made.verdict, outcome="pass")
    with pytest.raises(IntegrityError, match="not the one that was registered"):
        release(store, made.use_case, given, kinder, actor="train", at=NOON)
    assert champion(store) is None


def test_while_disabled_the_last_champion_is_the_reference(store):
    ran(store, 1)
    disable(store, "flights", **PERSON)
    assert ran(store, 2).released
    assert show(store, "flights").disabled is False
    assert champion(store) == 2


def test_a_person_who_was_faster_is_not_overruled_by_the_run_that_comes_back(store):
    ran(store, 1)
    made = candidate(store, 2)
    given = registered(store, made)
    promote(store, "flights", 2, **PERSON)
    rollback(store, "flights", **PERSON)
    again = release(store, made.use_case, given, made.verdict, actor="train", at=NOON)
    assert (again.released, again.champion, champion(store)) == (True, 1, 1)
    assert "promoted by ada: the numbers are good; by now the champion is version 1" in again.reason


# Held for a person.

WHY = ("ten times the usual rows", "a ratio of 100 in distance")


def test_a_pass_that_is_held_waits_for_a_person(store):
    ran(store, 1)
    result = ran(store, 2, held=WHY)
    assert (result.released, result.champion) == (False, 1)
    assert (
        "held for a person: ten times the usual rows; a ratio of 100 in distance; look (`keepfit docs flights`), then"
        in result.reason
    )
    assert "`keepfit promote flights 2" in result.reason
    assert head(store, "flights").details["held"] == "; ".join(WHY)
    shown = show(store, "flights")
    assert (shown.champion, shown.challenger, shown.versions[0].held) == (1, 2, "; ".join(WHY))


def test_what_was_registered_as_held_is_not_released_by_looking_again(store):
    made = candidate(store, 1, held=WHY)
    given = registered(store, made)
    result = release(store, made.use_case, given, made.verdict, actor="train", at=NOON, held=())
    assert (result.released, champion(store)) == (False, None)
    assert "held for a person" in result.reason


def test_what_is_held_by_now_is_not_released_either(store):
    made = candidate(store, 1)
    given = registered(store, made)
    assert not release(store, made.use_case, given, made.verdict, actor="train", at=NOON, held=WHY).released
    assert champion(store) is None


def test_a_person_who_has_looked_releases_what_was_held_and_its_data_count(store):
    ran(store, 1)
    made = candidate(store, 2, held=WHY)
    given = registered(store, made)
    assert [one.rows for one in head(store, "flights").fold.accepted] == [101]
    assert [bool(one.held) for one in show(store, "flights").versions] == [True, False]
    assert promote(store, "flights", 2, **PERSON).champion == 2
    entry = head(store, "flights")
    assert entry.details["held"] == "; ".join(WHY)
    assert (entry.fold.accepted[0].rows, entry.fold.accepted[0].profile) == (102, made.profile)
    assert len(entry.fold.accepted) == 2
    for told in (show(store, "flights"), show_all(store, "flights")):
        assert [one.held for one in told.versions] == ["", ""]
    assert verify(store).problems == ()
    again = release(store, made.use_case, given, made.verdict, actor="train", at=NOON, held=WHY)
    assert (again.released, again.champion) == (True, 2)


@pytest.mark.parametrize("outcome", ["fail", "not_enough_evidence"])
def test_being_held_does_not_make_a_version_better(store, outcome):
    ran(store, 1)
    result = ran(store, 2, outcome, held=WHY)
    assert outcome.replace("_", " ") in result.reason
    if outcome == "fail":
        with pytest.raises(Refused):
            promote(store, "flights", 2, **PERSON)


# By hand.


def test_an_undecided_version_may_be_promoted_by_a_person(store):
    ran(store, 1)
    ran(store, 2, "not_enough_evidence")
    result = promote(store, "flights", 2, **PERSON)
    assert (result.released, result.champion) == (True, 2)
    newest = show(store, "flights").ledger[0]
    assert (newest.action, newest.version, newest.actor, newest.reason) == ("promoted", 2, "ada", PERSON["reason"])


@pytest.mark.parametrize("outcome", ["fail", "skipped", "unjudged"])
def test_a_version_that_did_not_pass_cannot_be_promoted(store, outcome):
    ran(store, 1)
    ran(store, 2, outcome)
    with pytest.raises(Refused, match="version 2 of flights") as raised:
        promote(store, "flights", 2, **PERSON)
    assert raised.value.exit_code == 5
    assert champion(store) == 1


@pytest.mark.parametrize("version", [0, -1, 3, 10**15])
def test_a_version_that_does_not_exist_cannot_be_promoted_or_rolled_back_to(store, version):
    ran(store, 1)
    ran(store, 2)
    for move in (promote, rollback):
        with pytest.raises(ConfigError, match="no version") as raised:
            move(store, "flights", version, **PERSON)
        assert raised.value.exit_code == 2
    assert champion(store) == 2


def test_promoting_the_champion_changes_nothing(store):
    ran(store, 1)
    assert promote(store, "flights", 1, **PERSON).champion == 1
    assert head(store, "flights").seq == 2


def test_a_promotion_by_hand_says_that_the_verdict_is_about_another_champion(store):
    ran(store, 1)
    ran(store, 2, "not_enough_evidence")
    ran(store, 3)
    promote(store, "flights", 2, **PERSON)
    entry = head(store, "flights")
    assert entry.details["judged_against"] == entries(store, "flights")[-1].version.digest
    assert entry.details["replaced"] == "version 3"


def test_rollback_goes_to_the_champion_before(store):
    with pytest.raises(ConfigError, match="no earlier champion"):
        rollback(store, "flights", **PERSON)
    for number in (1, 2, 3):
        ran(store, number)
    assert rollback(store, "flights", **PERSON).champion == 2
    promote(store, "flights", 3, **PERSON)
    assert rollback(store, "flights", **PERSON).champion == 2


def test_a_rollback_that_is_repeated_goes_back_once_and_says_what_was_done(store):
    for number in (1, 2, 3):
        ran(store, number)
    rollback(store, "flights", **PERSON)
    ran(store, 4, "fail")
    again = rollback(store, "flights", **PERSON)
    assert (again.released, again.champion) == (True, 2)
    assert again.reason == (
        "version 2 is champion already, instead of version 3, by this same request; nothing changed; "
        "to go further back: keepfit rollback flights 1 --reason …"
    )
    assert rollback(store, "flights", 1, **PERSON).champion == 1
    again = rollback(store, "flights", **PERSON)
    assert again.reason.endswith("instead of version 2, by this same request; nothing changed")


@pytest.mark.parametrize("other", [{"actor": "bob"}, {"reason": "still bad"}])
def test_after_a_rollback_other_words_need_a_number(store, other):
    for number in (1, 2, 3):
        ran(store, number)
    rollback(store, "flights", **PERSON)
    with pytest.raises(Refused, match="rolled back already") as caught:
        rollback(store, "flights", **PERSON | other)
    (told,) = caught.value.problems
    assert told.found == "version 2 instead of version 3, 2013-04-01 12:00 UTC, by ada: the numbers are good"
    assert told.do == "keepfit rollback flights 1 --reason …"
    assert champion(store) == 2
    assert rollback(store, "flights", 1, **PERSON | other).champion == 1


def test_rollback_by_number_goes_to_any_former_champion_only(store):
    ran(store, 1)
    ran(store, 2)
    ran(store, 3, "not_enough_evidence")
    ran(store, 4)
    assert rollback(store, "flights", 1, **PERSON).champion == 1
    assert rollback(store, "flights", 4, **PERSON).champion == 4
    with pytest.raises(ConfigError, match="version 3 never was champion"):
        rollback(store, "flights", 3, **PERSON)
    assert champion(store) == 4


def test_two_people_who_roll_back_at_once_go_back_once(store):
    for number in (1, 2, 3):
        ran(store, number)

    class Overtaken(Directory):
        def create(self, key, data):
            if not self.done:
                self.done = True
                rollback(store, "flights", **PERSON)
            super().create(key, data)

    slow = Overtaken(store.root)
    slow.done = False
    assert rollback(slow, "flights", **PERSON).champion == 2
    assert champion(store) == 2
    assert [entry.action for entry in entries(store, "flights", 2)] == ["rolled_back", "promoted"]


def test_a_rollback_that_is_overtaken_by_a_promotion_is_refused(store):
    for number in (1, 2):
        ran(store, number)
    ran(store, 3, "not_enough_evidence")

    class Overtaken(Directory):
        def create(self, key, data):
            if not self.done:
                self.done = True
                promote(store, "flights", 3, **PERSON)
            super().create(key, data)

    slow = Overtaken(store.root)
    slow.done = False
    with pytest.raises(Refused, match="changed while it was being rolled back"):
        rollback(slow, "flights", **PERSON)
    assert champion(store) == 3


def test_disable_takes_out_of_service_and_rollback_or_promote_ends_it(store):
    for number in (1, 2):
        ran(store, number)
    assert disable(store, "flights", **PERSON).champion is None
    shown = show(store, "flights")
    assert (shown.champion, shown.previous, shown.disabled) == (None, 1, True)
    disable(store, "flights", **PERSON)
    assert head(store, "flights").seq == 5
    assert rollback(store, "flights", **PERSON).champion == 1
    disable(store, "flights", **PERSON)
    assert promote(store, "flights", 1, **PERSON).champion == 1
    assert show(store, "flights").disabled is False


def test_there_must_be_a_champion_to_disable_or_leave(store):
    ran(store, 1, "fail")
    for move in (disable, rollback):
        with pytest.raises(ConfigError, match="champion"):
            move(store, "flights", **PERSON)


@pytest.mark.parametrize("blank", ["actor", "reason"])
def test_every_move_by_hand_needs_a_name_and_a_reason(store, blank):
    ran(store, 1)
    ran(store, 2)
    person = {**PERSON, blank: " "}
    for move in (
        lambda: promote(store, "flights", 1, **person),
        lambda: rollback(store, "flights", **person),
        lambda: rollback(store, "flights", 2, **person),
        lambda: disable(store, "flights", **person),
    ):
        with pytest.raises(ConfigError, match=f"--{blank}"):
            move()
    assert head(store, "flights").seq == 4


@pytest.mark.parametrize("harm", ["altered", "gone"])
@pytest.mark.parametrize("which", ["model", "manifest", "verdict"])
def test_a_person_cannot_put_a_damaged_version_in_service(store, harm, which):
    ran(store, 1)
    made = candidate(store, 2, "not_enough_evidence")
    given = registered(store, made)
    key = {
        "model": f"objects/{made.manifest.files['model']}",
        "manifest": f"flights/versions/{given.digest}.json",
        "verdict": f"flights/verdicts/{given.verdict}.json",
    }[which]
    (store.root / key).write_bytes(b"other")
    if harm == "gone":
        (store.root / key).unlink()
    with pytest.raises((IntegrityError, Missing)):
        promote(store, "flights", 2, **PERSON)
    assert champion(store) == 1


def test_release_does_not_put_a_damaged_model_in_service(store):
    ran(store, 1)
    made = candidate(store, 2)
    given = registered(store, made)
    (store.root / f"objects/{made.manifest.files['model']}").write_bytes(b"other")
    with pytest.raises(IntegrityError):
        release(store, made.use_case, given, made.verdict, actor="train", at=NOON)
    assert champion(store) == 1


def test_rollback_does_not_put_a_damaged_model_in_service(store):
    made = candidate(store, 1)
    released(store, made)
    ran(store, 2)
    (store.root / f"objects/{made.manifest.files['model']}").unlink()
    with pytest.raises(KeepfitError):
        rollback(store, "flights", **PERSON)
    assert champion(store) == 2


def test_a_history_of_all_moves_verifies(store):
    for number, outcome in enumerate(("pass", "fail", "pass", "not_enough_evidence"), start=1):
        ran(store, number, outcome)
    promote(store, "flights", 4, **PERSON)
    rollback(store, "flights", **PERSON)
    rollback(store, "flights", 4, **PERSON)
    disable(store, "flights", **PERSON)
    assert ran(store, 5).released
    verified = verify(store)
    assert verified.problems == ()
    assert verified.checked.entries == len(show(store, "flights").ledger) == 12
