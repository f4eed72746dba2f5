"""Versions: one number for one run, nothing half registered, everything shown from the ledger."""

from dataclasses import replace

import pytest
from crash_points import Counting
from history_world import NOON, UseCaseOf, candidate, ran, registered
from msgspec import structs

from keepfit.errors import IntegrityError, Missing
from keepfit.ledger import entries, head
from keepfit.records import Position, canonical, digest_of
from keepfit.registry import manifest, position, registration, show, show_all, verdict, verify
from keepfit.store import open_store


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path))


def test_a_registered_version_has_its_manifest_its_verdict_and_its_entry(store):
    made = candidate(store, 1)
    one = registered(store, made)
    assert (one.number, one.entry) == (1, 1)
    assert manifest(store, "flights", one.digest) == made.manifest
    assert verdict(store, "flights", one.verdict) == made.verdict
    entry = registration(store, "flights", 1)
    assert (entry.actor, entry.run, entry.at, entry.as_of) == ("train", made.run, NOON, made.manifest.as_of)
    assert entry.metrics == {"roc_auc": 0.7}
    assert registration(store, "flights", 2) is None


def test_a_refused_model_is_registered_too(store):
    assert registered(store, candidate(store, 1, "fail")).number == 1
    assert show(store, "flights").versions[0].outcome == "fail"


def test_the_same_run_is_the_same_version_although_others_came_between(store):
    made = candidate(store, 1)
    first = registered(store, made)
    for number in (2, 3):
        ran(store, number)
    assert registered(store, made) == first
    assert show(store, "flights").versions[0].version == 3


def test_a_run_that_came_out_otherwise_the_second_time_is_still_the_first_version(store):
    made = candidate(store, 1)
    first = registered(store, made)
    manifest = structs.replace(made.manifest, seed=99)
    other = replace(
        made, manifest=manifest, verdict=structs.replace(made.verdict, version=digest_of(manifest), outcome="fail")
    )
    assert registered(store, other) == first
    assert head(store, "flights").seq == 1


def test_a_run_keeps_the_champion_that_it_saw_first(store):
    assert position(store, UseCaseOf(), "early", NOON) == Position(seq=0, head="", champion=None)
    ran(store, 1)
    stood = position(store, UseCaseOf(), "later", NOON)
    assert stood.seq == 2
    assert stood.champion.number == 1
    assert stood.head == digest_of(head(store, "flights"))
    ran(store, 2)
    assert position(store, UseCaseOf(), "early", NOON).champion is None
    assert position(open_store(store.address), UseCaseOf(), "later", NOON) == stood


def another_model(store, made):
    return replace(made, verdict=candidate(store, 2).verdict)


def a_file_that_is_gone(store, made):
    (store.root / "objects" / made.manifest.files["model"]).unlink()
    return made


def a_file_that_was_altered(store, made):
    (store.root / "objects" / made.manifest.files["model"]).write_bytes(b"other")
    return made


def a_snapshot_that_is_gone(store, made):
    (store.root / f"flights/snapshots/{made.manifest.snapshot}.json").unlink()
    return made


@pytest.mark.parametrize(
    "change", [another_model, a_file_that_is_gone, a_file_that_was_altered, a_snapshot_that_is_gone]
)
def test_what_does_not_fit_together_is_not_registered(store, change):
    made = change(store, candidate(store, 1))
    with pytest.raises((IntegrityError, Missing)):
        registered(store, made)
    assert head(store, "flights") is None
    assert store.list("flights/versions/") == []


@pytest.mark.parametrize(("reader", "folder"), [(manifest, "versions"), (verdict, "verdicts")])
def test_an_altered_manifest_or_verdict_is_not_read(store, reader, folder):
    ran(store, 1)
    key = store.list(f"flights/{folder}/")[0]
    path = store.root / key
    path.write_bytes(path.read_bytes().replace(b"flights", b"fl1ghts").replace(b'"pass"', b'"fail"'))
    with pytest.raises(IntegrityError, match="was altered"):
        reader(store, "flights", path.stem)
    with pytest.raises(Missing):
        reader(store, "flights", "0" * 64)


def test_show_is_empty_where_nothing_happened(store):
    shown = show(store, "flights")
    assert (shown.champion, shown.challenger, shown.previous, shown.versions, shown.ledger) == (
        None,
        None,
        None,
        (),
        (),
    )
    assert verify(store, "flights").ok
    assert verify(store).ok


def test_show_costs_two_requests_and_tells_the_latest_of_a_long_history(store):
    for number in range(1, 31):
        ran(store, number, "pass" if number % 2 else "fail")
    counting = Counting(store)
    shown = show(counting, "flights")
    assert [what for what, _ in counting.asked] == ["list", "read"]
    assert (shown.versions_in_all, shown.entries_in_all) == (30, 45)
    everything = show_all(store, "flights")
    assert [one.version for one in everything.versions] == list(range(30, 0, -1))
    assert [one.seq for one in everything.ledger] == list(range(45, 0, -1))
    assert shown == structs.replace(everything, versions=everything.versions[:20], ledger=everything.ledger[:20])


def test_what_a_registration_and_a_look_for_a_version_cost_hardly_grows_with_the_history(store):
    def cost(deed):
        counting = Counting(store)
        deed(counting)
        return len(counting.asked)

    costs = []
    for first in (1, 41):
        for number in range(first, first + 8):
            ran(store, number)
        made = candidate(store, first + 30)
        costs.append(
            (cost(lambda it, made=made: registered(it, made)), cost(lambda it: registration(it, "flights", 3)))
        )
    (few, near), (many, far) = costs
    assert few == many
    assert far <= near + 2
    assert [registration(store, "flights", n).version.number for n in range(1, 19)] == list(range(1, 19))


def test_show_tells_versions_aliases_who_when_and_why(store):
    for number, outcome in enumerate(("pass", "fail", "pass", "not_enough_evidence"), start=1):
        ran(store, number, outcome)
    shown = show(store, "flights")
    assert (shown.use_case, shown.store) == ("flights", store.address)
    assert (shown.champion, shown.challenger, shown.previous, shown.disabled) == (3, 4, 1, False)
    assert [(v.version, v.outcome) for v in shown.versions] == [
        (4, "not_enough_evidence"),
        (3, "pass"),
        (2, "fail"),
        (1, "pass"),
    ]
    assert shown.versions[0].metrics == {"roc_auc": 0.7}
    assert {version.candidate for version in shown.versions} == {"logistic_regression"}
    assert [(e.seq, e.action, e.version) for e in shown.ledger] == [
        (6, "registered", 4),
        (5, "promoted", 3),
        (4, "registered", 3),
        (3, "registered", 2),
        (2, "promoted", 1),
        (1, "registered", 1),
    ]
    assert all(entry.actor and entry.reason and entry.at for entry in shown.ledger)


def test_the_shape_for_machines_is_that_of_the_design(store):
    import json

    ran(store, 1)
    shown = json.loads(canonical(show(store, "flights")))
    assert {"use_case", "store", "champion", "challenger", "previous", "versions", "ledger"} <= shown.keys()
    assert (shown["versions_in_all"], shown["entries_in_all"]) == (1, 2)
    assert {"version", "digest", "created", "as_of", "outcome", "metrics"} <= shown["versions"][0].keys()
    assert {"seq", "at", "action", "actor", "reason"} <= shown["ledger"][0].keys()
    verified = json.loads(canonical(verify(store)))
    assert verified["ok"] is True
    assert verified["checked"] == {"entries": 2, "versions": 1, "objects": 5}
    assert verified["problems"] == []


def test_two_use_cases_share_a_store_and_nothing_else(store):
    digits = UseCaseOf("digits")
    ran(store, 1)
    assert ran(store, 1, use_case=digits).champion == 1
    ran(store, 2, use_case=digits)
    assert show(store, "flights").champion == 1
    assert show(store, "digits").champion == 2
    assert verify(store).checked.versions == 3
    assert verify(store, "flights").checked.versions == 1
    assert [entry.use_case for entry in entries(store, "flights")] == ["flights", "flights"]
