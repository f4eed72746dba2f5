"""The ledger: numbered, chained, folded, and the same for two writers at once."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from keepfit.errors import ConfigError, InfrastructureError, IntegrityError
from keepfit.ledger import append, entries, entry_key, fold_after, head, replay
from keepfit.records import Draft, Fold, Seat, digest_of, sha256
from keepfit.store import Directory, open_store

AT = datetime(2013, 4, 1, tzinfo=UTC)


def draft(action, number=None, outcome="pass", **more):
    seat = Seat(number=number, digest=sha256(str(number).encode())) if number else None
    return Draft(
        **{"action": action, "actor": "ada", "reason": "because", "at": AT, "version": seat, "outcome": outcome, **more}
    )


def next_version(before):
    return draft("registered", (before.fold.versions if before else 0) + 1)


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path))


def test_no_history_is_no_head(store):
    assert head(store, "flights") is None
    assert entries(store, "flights") == []


def test_entries_are_numbered_from_one_and_read_newest_first(store):
    for _ in range(12):
        append(store, "flights", next_version)
    assert [entry.seq for entry in entries(store, "flights")] == list(range(12, 0, -1))
    assert [entry.seq for entry in entries(store, "flights", 3)] == [12, 11, 10]
    assert head(store, "flights").seq == 12
    assert store.list("flights/ledger/")[0] == entry_key("flights", 12) == "flights/ledger/999999999988.json"


def test_every_entry_names_the_bytes_of_the_one_before(store):
    for _ in range(3):
        append(store, "flights", next_version)
    third, second, first = entries(store, "flights")
    assert first.previous == ""
    assert second.previous == sha256(store.read(entry_key("flights", 1)))
    assert third.previous == sha256(store.read(entry_key("flights", 2))) == digest_of(second)


class Counting(Directory):
    """A directory that notes what is asked of it."""

    def read(self, key):
        self.asked.append(("read", key))
        return super().read(key)

    def list(self, prefix, limit=None):
        self.asked.append(("list", limit))
        return super().list(prefix, limit)


def test_the_newest_entry_costs_one_list_and_one_read_however_long_the_history(store):
    for _ in range(20):
        append(store, "flights", next_version)
    counting = Counting(store.root)
    counting.asked = []
    head(counting, "flights")
    assert counting.asked == [("list", 1), ("read", entry_key("flights", 20))]


def test_use_cases_have_histories_of_their_own(store):
    append(store, "flights", next_version)
    append(store, "digits", next_version)
    assert head(store, "flights").seq == head(store, "digits").seq == 1


def test_who_is_overtaken_drafts_again_from_the_new_head(store):
    seen = []

    def overtaken(before):
        seen.append(before and before.seq)
        if len(seen) <= 2:
            append(store, "flights", next_version)
        return next_version(before)

    assert append(store, "flights", overtaken).version.number == 3
    assert seen == [None, 1, 2]
    assert [entry.version.number for entry in entries(store, "flights")] == [3, 2, 1]


def test_a_precondition_that_no_longer_holds_stops_the_second_attempt(store):
    def only_first(before):
        if before:
            raise ConfigError("somebody was here")
        append(store, "flights", next_version)
        return next_version(before)

    with pytest.raises(ConfigError, match="somebody"):
        append(store, "flights", only_first)
    assert head(store, "flights").seq == 1


def test_a_draft_may_find_that_there_is_nothing_to_add(store):
    append(store, "flights", next_version)
    assert append(store, "flights", lambda before: f"seen {before.seq}") == "seen 1"
    assert head(store, "flights").seq == 1


def test_a_store_that_refuses_and_shows_nothing_is_not_asked_for_ever(store):
    class Lying(Directory):
        def list(self, prefix, limit=None):
            return []

    append(store, "flights", next_version)
    with pytest.raises(InfrastructureError, match="could not be written"):
        append(Lying(store.root), "flights", next_version)


@pytest.mark.parametrize("missing", ["actor", "reason"])
@pytest.mark.parametrize("text", ["", "  \n"])
def test_every_entry_has_an_actor_and_a_reason(store, missing, text):
    with pytest.raises(ConfigError, match=f"--{missing}"):
        append(store, "flights", lambda _: draft("registered", 1, **{missing: text}))
    assert head(store, "flights") is None


def test_times_are_kept_in_utc_and_figures_as_they_are_read(store):
    local = AT.astimezone(timezone(timedelta(hours=-4)))
    made = append(store, "flights", lambda _: draft("registered", 1, at=local, as_of=local, metrics={"auc": 1}))
    assert made == head(store, "flights")
    assert b'"at":"2013-04-01T00:00:00Z"' in store.read(entry_key("flights", 1))


def test_any_flipped_bit_of_the_newest_entry_is_noticed(store):
    append(store, "flights", next_version)
    path = store.root / entry_key("flights", 1)
    good = path.read_bytes()
    for at in range(0, len(good), 3):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with pytest.raises(IntegrityError, match=r"999999999999\.json"):
            head(store, "flights")
    path.write_bytes(good)
    assert replay(store, "flights").misfits == []


def test_other_bytes_with_the_same_meaning_are_noticed_too(store):
    append(store, "flights", next_version)
    path = store.root / entry_key("flights", 1)
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(IntegrityError, match="altered"):
        head(store, "flights")


# The fold.


def folded(*steps):
    fold = Fold()
    for action, *rest in steps:
        fold = fold_after(fold, draft(action, *rest))
    return fold


def numbers(fold):
    def of(seat):
        return seat and seat.number

    return of(fold.champion), of(fold.last_champion), [seat.number for seat in fold.past], of(fold.challenger)


THREE = [step for n in (1, 2, 3) for step in (("registered", n), ("promoted", n))]


@pytest.mark.parametrize(
    ("steps", "champion", "last", "past", "challenger"),
    [
        ([], None, None, [], None),
        ([("registered", 1)], None, None, [], 1),
        ([("registered", 1, "fail")], None, None, [], None),
        ([("registered", 1, "not_enough_evidence"), ("registered", 2, "fail")], None, None, [], 1),
        (THREE, 3, 3, [2, 1], None),
        ([*THREE, ("registered", 4), ("registered", 5, "not_enough_evidence"), ("promoted", 4)], 4, 4, [3, 2, 1], 5),
        ([*THREE, ("promoted", 1)], 1, 1, [3, 2], None),
        ([*THREE, ("rolled_back", 2)], 2, 2, [1], None),
        ([*THREE, ("rolled_back", 1)], 1, 1, [], None),
        ([*THREE, ("rolled_back", 2), ("rolled_back", 3)], 3, 3, [2, 1], None),
        ([*THREE, ("disabled",)], None, 3, [2, 1], None),
        ([*THREE, ("disabled",), ("rolled_back", 2)], 2, 2, [1], None),
        ([*THREE, ("disabled",), ("rolled_back", 3)], 3, 3, [2, 1], None),
        ([*THREE, ("disabled",), ("registered", 4), ("promoted", 4)], 4, 4, [2, 1], None),
    ],
)
def test_the_fold_is_what_the_entries_add_up_to(steps, champion, last, past, challenger):
    fold = folded(*steps)
    assert numbers(fold) == (champion, last, past, challenger)
    assert fold.disabled == bool(steps and steps[-1][0] == "disabled")
    assert fold.versions == sum(step[0] == "registered" for step in steps)


def test_the_fold_does_not_grow_with_the_history():
    long = folded(*[step for n in range(1, 200) for step in (("registered", n), ("promoted", n))])
    assert [seat.number for seat in long.past] == list(range(198, 178, -1))
