"""The ledger: numbered, chained, folded, and the same for two writers at once."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from crash_points import Counting
from msgspec.structs import replace

from keepfit.errors import ConfigError, InfrastructureError, IntegrityError
from keepfit.ledger import append, back_from, entries, entry_key, fold_after, head, replay
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


def test_what_is_asked_of_the_store_does_not_grow_with_the_history(store):
    for _ in range(50):
        append(store, "flights", next_version)
    counting = Counting(store)
    head(counting, "flights")
    assert counting.asked == [("list", "flights/ledger/"), ("read", entry_key("flights", 50))]
    counting = Counting(store)
    append(counting, "flights", next_version)
    assert counting.asked == [
        ("list", "flights/ledger/"),
        ("read", entry_key("flights", 50)),
        ("create", entry_key("flights", 51)),
    ]


def test_going_back_reads_no_more_than_a_few_entries_too_many(store):
    for _ in range(60):
        append(store, "flights", next_version)
    for wanted, at_most in ((1, 1), (5, 5), (9, 9), (20, 40)):
        counting = Counting(store)
        back = back_from(counting, head(store, "flights"))
        assert [next(back).seq for _ in range(wanted)] == list(range(60, 60 - wanted, -1))
        back.close()
        assert len(counting.asked) <= at_most
    assert [entry.seq for entry in entries(store, "flights")] == list(range(60, 0, -1))


def test_an_entry_that_is_gone_is_a_matter_of_integrity(store):
    for _ in range(3):
        append(store, "flights", next_version)
    (store.root / entry_key("flights", 2)).unlink()
    assert [entry.seq for entry in entries(store, "flights", 1)] == [3]
    with pytest.raises(IntegrityError, match="entry 2 is missing") as raised:
        entries(store, "flights")
    assert raised.value.exit_code == 6


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
    assert [line.version for line in long.newest_versions] == list(range(199, 179, -1))
    assert [line.seq for line in long.newest_entries] == list(range(398, 378, -1))


def test_texts_are_cut_in_the_fold_and_whole_in_their_entry(store):
    long = "because " * 100
    made = append(store, "flights", lambda _: draft("registered", 1, reason=long, actor=long, details={"held": long}))
    line, version = made.fold.newest_entries[0], made.fold.newest_versions[0]
    for text in (line.reason, line.actor, version.held):
        assert len(text) == 120
        assert text == f"{long[:119]}…"
    assert (made.reason, made.details["held"]) == (long, long)
    assert replay(store, "flights").misfits == []


def test_rows_that_were_put_back_are_kept_until_the_next_are(store):
    for objects in ({"rows": "d1"}, {"rows": "d2"}):
        append(store, "flights", lambda _, objects=objects: draft("replayed", objects=objects))
    append(store, "flights", next_version)
    assert head(store, "flights").fold.replays == "d2"
    assert [line.version for line in head(store, "flights").fold.newest_entries] == [1, None, None]
    assert replay(store, "flights").misfits == []
    with pytest.raises(IntegrityError, match="names no rows"):
        append(store, "flights", lambda _: draft("replayed"))


# What data were accepted.


def data(number, month, profile=None, held="", action="registered", **more):
    details = {"rows": str(100 * month)} | ({"held": held} if held else {})
    objects = {"profile": profile or f"profile of {month}"}
    as_of = datetime(2013 + month // 13, month % 12 or 12, 1, tzinfo=UTC)
    return draft(action, number, as_of=as_of, details=details, objects=objects, **more)


def accepted(*drafts):
    fold = Fold()
    for each in drafts:
        fold = fold_after(fold, each)
    return [(one.as_of.month, one.rows, one.profile) for one in fold.accepted]


def test_data_are_accepted_unless_a_person_must_look_first():
    assert accepted(data(1, 1), data(2, 2, outcome="fail"), data(3, 3, held="ten times the rows")) == [
        (2, 200, "profile of 2"),
        (1, 100, "profile of 1"),
    ]


def test_what_was_held_is_accepted_when_a_person_promotes_it():
    held = data(2, 2, held="ten times the rows")
    promoted = data(2, 2, held="ten times the rows", action="promoted")
    assert accepted(data(1, 1), held) == [(1, 100, "profile of 1")]
    assert accepted(data(1, 1), held, promoted)[0] == (2, 200, "profile of 2")
    assert accepted(data(1, 1), held, data(3, 3), promoted)[1] == (2, 200, "profile of 2")
    assert accepted(data(1, 1), held, promoted, draft("promoted", 1), promoted)[0] == (2, 200, "profile of 2")
    assert accepted(held, data(2, 2, held="ten times the rows", action="rolled_back")) == []


def test_the_newest_data_come_first_whenever_they_were_registered():
    assert [month for month, _, _ in accepted(data(1, 5), data(2, 3), data(3, 4))] == [5, 4, 3]
    assert [month for month, _, _ in accepted(*(data(n, n) for n in range(1, 16)))] == [3, 2, 1, *range(12, 3, -1)]


def test_the_same_data_count_once_as_of_their_first_moment():
    assert accepted(data(1, 1, "same"), data(2, 2, "same"), data(3, 3)) == [(3, 300, "profile of 3"), (1, 100, "same")]


def test_an_entry_whose_data_cannot_be_told_accepts_nothing():
    whole = data(1, 1)
    for lacking in (
        replace(whole, objects={}),
        replace(whole, as_of=None),
        draft("promoted", 1, objects=whole.objects, details=whole.details, as_of=AT),
    ):
        assert accepted(lacking) == []
    for rows in ("", "-1", "many", "1.5", "٣"):
        with pytest.raises(IntegrityError, match="count their rows"):
            accepted(replace(whole, details={"rows": rows}))
