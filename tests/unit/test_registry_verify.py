"""`verify` names every kind of tampering, the first entry that does not fit, and never falls over itself."""

import shutil
from pathlib import Path

import pytest
from history_world import NOON, PERSON, UseCaseOf, candidate, put_back, ran, tree
from msgspec.structs import replace

from keepfit.ledger import entry_key, fold_after
from keepfit.ledger.entries import checksum
from keepfit.records import (
    Draft,
    Entry,
    Fold,
    Quarantined,
    ReplayedRows,
    RowCount,
    Seat,
    canonical,
    digest_of,
    parse,
    sha256,
)
from keepfit.registry import show, verify
from keepfit.release import disable, promote, rollback
from keepfit.store import open_store, put


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """Eight entries: three runs that pass, one that fails, and a rollback."""
    store = open_store(str(tmp_path_factory.mktemp("history") / "store"))
    for number, outcome in enumerate(("pass", "pass", "fail", "pass"), start=1):
        ran(store, number, outcome)
    rollback(store, "flights", **PERSON)
    assert verify(store).ok
    assert verify(store, "flights").ok
    return store.root


@pytest.fixture
def store(history, tmp_path):
    """A copy to tamper with."""
    return open_store(str(shutil.copytree(history, tmp_path / "store")))


def entry_path(store, seq: int) -> Path:
    return store.root / entry_key("flights", seq)


def entry(store, seq: int) -> Entry:
    return parse(entry_path(store, seq).read_bytes(), Entry)


def sealed(changed: Entry) -> Entry:
    """With the checksum that fits, as a forger would write it."""
    return replace(changed, checksum=checksum(changed))


def rewrite(store, changed: dict[int, Entry], *, refold: bool = False) -> None:
    """Write these entries, and everything after them again so that the chain (and the folds) fit."""
    history = [changed.get(seq) or entry(store, seq) for seq in range(1, 1 + show(store, "flights").entries_in_all)]
    before, fold = "", Fold()
    for one in history:
        fold = fold_after(fold, one)
        made = sealed(replace(one, previous=before, fold=fold if refold else one.fold))
        entry_path(store, one.seq).write_bytes(canonical(made))
        before = digest_of(made)


def first(store, use_case="flights"):
    """The first problem, after seeing that the whole store and the use case agree on it."""
    result = verify(store, use_case)
    assert not result.ok
    assert not verify(store).ok
    assert verify(store).problems[0] == result.problems[0]
    problem = result.problems[0]
    assert problem.what
    assert problem.where
    return problem


def test_checked_counts_what_was_looked_at(store):
    checked = verify(store).checked
    # 4 models and their sides, 4 partitions, 4 profiles, and one file of features, which is the provenance too
    assert (checked.entries, checked.versions, checked.objects) == (8, 4, 17)


def test_every_flipped_byte_of_every_file_is_found(store):
    for name, good in tree(store.root).items():
        path = store.root / name
        for at in {0, 1, len(good) // 3, len(good) // 2, len(good) - 1}:
            path.write_bytes(good[:at] + bytes([good[at] ^ 4]) + good[at + 1 :])
            result = verify(store)
            assert not result.ok, (name, at)
            assert any(name in problem.where for problem in result.problems), (name, at, result.problems)
            assert not verify(store, "flights").ok, (name, at)
        path.write_bytes(good)
    assert verify(store).ok


def test_every_deleted_file_is_found_but_memos_and_leftovers(store):
    for name, good in tree(store.root).items():
        path = store.root / name
        if "/runs/" in name:
            continue
        path.unlink()
        result = verify(store)
        if path == entry_path(store, 8):
            assert result.ok  # the newest entry, which no run has seen: see the docstring of verify
        else:
            assert not result.ok, name
            assert any(name in problem.where for problem in result.problems), (name, result.problems)
            assert any("missing" in problem.what for problem in result.problems), (name, result.problems)
        path.write_bytes(good)
    assert verify(store).ok


def test_every_emptied_file_is_found(store):
    for name, good in tree(store.root).items():
        (store.root / name).write_bytes(b"")
        assert any(name in problem.where for problem in verify(store).problems), name
        (store.root / name).write_bytes(good)


def test_a_removed_entry_is_named_and_only_it(store):
    entry_path(store, 4).unlink()
    result = verify(store, "flights")
    assert [(p.what, p.where) for p in result.problems] == [
        ("entry 4 is missing from the ledger", str(entry_path(store, 4)))
    ]


def test_several_removed_entries_are_one_gap(store):
    for seq in (1, 2, 3):
        entry_path(store, seq).unlink()
    assert "entries 1 to 3 are missing" in first(store).what


def test_the_first_entry_that_does_not_fit_comes_first(store):
    for seq in (7, 3):
        path = entry_path(store, seq)
        path.write_bytes(path.read_bytes().replace(b'"train"', b'"trein"').replace(b"run", b"ran"))
    problems = verify(store).problems
    assert [problem.where for problem in problems] == [str(entry_path(store, 3)), str(entry_path(store, 7))]


def test_an_edited_entry_with_a_fitting_checksum_breaks_the_chain(store):
    forged = replace(entry(store, 3), actor="mallory")
    entry_path(store, 3).write_bytes(canonical(sealed(forged)))
    assert first(store).what == "entry 3 carries a wrong fold"
    forged = replace(forged, fold=fold_after(entry(store, 2).fold, forged))
    entry_path(store, 3).write_bytes(canonical(sealed(forged)))
    problem = first(store)
    assert "entry 4 does not follow from the entry before it" in problem.what
    assert problem.found == entry(store, 4).previous
    assert problem.expected == digest_of(entry(store, 3))


def test_two_swapped_entries_are_found(store):
    one, two = entry_path(store, 3), entry_path(store, 4)
    early, late = one.read_bytes(), two.read_bytes()
    one.write_bytes(late)
    two.write_bytes(early)
    assert str(one) == first(store).where
    one.write_bytes(canonical(sealed(replace(parse(late, Entry), seq=3))))
    two.write_bytes(canonical(sealed(replace(parse(early, Entry), seq=4))))
    assert "entry 3" in first(store).what


def test_a_changed_fold_with_a_chain_that_fits_is_found(store):
    forged = replace(entry(store, 5), fold=replace(entry(store, 5).fold, champion=Seat(number=1, digest="d")))
    rewrite(store, {5: forged})
    problem = first(store)
    assert problem.what == "entry 5 carries a wrong fold"
    assert problem.where == str(entry_path(store, 5))
    assert problem.expected != problem.found


def test_a_number_that_was_given_twice_is_found(store):
    third = entry(store, 5)
    forged = replace(third, version=replace(third.version, number=2))
    rewrite(store, {5: forged}, refold=True)
    problem = first(store)
    assert problem.what == "entry 5 gives a number for the second time"
    assert problem.found == "2, given by entry 3"


def test_a_number_that_was_left_out_is_found(store):
    third = entry(store, 5)
    rewrite(store, {5: replace(third, version=replace(third.version, number=7))}, refold=True)
    assert first(store).what == "entry 5 gives a number out of order"


def moved(store, seq, **change):
    rewrite(store, {seq: replace(entry(store, seq), **change)}, refold=True)
    return first(store).what


def test_a_forged_move_is_found_although_chain_and_folds_fit(store):
    failed = entry(store, 5).version
    assert moved(store, 7, version=failed, action="promoted") == "entry 7 promotes a version that failed"


def test_a_forged_rollback_is_found(store):
    failed = entry(store, 5).version
    assert moved(store, 8, version=failed) == "entry 8 rolls back to a version that never was champion"


def test_a_move_of_a_version_that_is_not_there_is_found(store):
    assert "never registered" in moved(store, 8, version=Seat(number=9, digest="d"))


def test_a_move_of_another_model_under_a_known_number_is_found(store):
    assert "another version than its number" in moved(store, 8, version=Seat(number=2, digest="d"))


def test_an_entry_without_its_version_is_found(store):
    path = entry_path(store, 8)
    path.write_bytes(canonical(sealed(replace(entry(store, 8), version=None))))
    assert "names no version" in first(store).what


def test_an_outcome_that_the_verdict_does_not_say_is_found(store):
    rewrite(store, {5: replace(entry(store, 5), outcome="pass")}, refold=True)
    problem = first(store)
    assert "the verdict of version 3 is not the one that entry 5 speaks of" in problem.what
    assert problem.expected.startswith("pass")
    assert problem.found.startswith("fail")


def test_cutting_off_what_a_run_has_seen_is_found(store):
    candidate(store, 99)
    for seq in (8, 7):
        entry_path(store, seq).unlink()
    problem = first(store)
    assert "entry 8 is not the one that a run has seen" in problem.what


def test_rewriting_what_a_run_has_seen_is_found(store):
    candidate(store, 99)
    rewrite(store, {8: replace(entry(store, 8), actor="mallory")}, refold=True)
    assert "history was cut off or rewritten" in first(store).what


def test_a_strange_file_in_the_ledger_is_found(store):
    (store.root / "flights/ledger/notes.txt").write_text("")
    assert first(store).what == "a file in the ledger is no entry"
    (store.root / "flights/ledger/notes.txt").unlink()
    (store.root / "flights/ledger/000000000000.json").write_text("{}")
    assert not verify(store).ok


def test_a_leftover_of_a_killed_run_is_no_problem_unless_it_lies(store):
    made = candidate(store, 50)
    path = store.root / f"flights/versions/{digest_of(made.manifest)}.json"
    path.write_bytes(canonical(made.manifest))
    assert verify(store).ok
    path.write_bytes(canonical(made.manifest) + b" ")
    assert first(store).what == "a file is not what its name says"


def test_an_object_that_only_a_memo_mentions_is_hashed_too(store):
    from keepfit.memo import recorded

    digest = put(store, b"a parsed file")
    recorded(store, "flights", "extract", {"file": "a"}, kind=dict, body=lambda: {"parsed": digest})
    assert verify(store, "flights").checked.objects == 18
    (store.root / f"objects/{digest}").write_bytes(b"other")
    assert digest in first(store).where
    (store.root / f"objects/{digest}").unlink()
    assert verify(store).ok  # it can be computed again


def test_a_report_that_was_altered_is_found(store):
    from keepfit.records import sha256

    store.create(f"flights/reports/version-1-{sha256(b'<p>')[:12]}.html", b"<p>")
    assert verify(store).ok
    path = store.root / store.list("flights/reports/")[0]
    path.write_bytes(b"<b>")
    assert str(path) == first(store).where


def test_one_use_case_is_not_blamed_for_another(store):
    ran(store, 1, use_case=UseCaseOf("digits"))
    entry_path(store, 3).unlink()
    assert verify(store, "digits").ok
    assert not verify(store).ok


def test_the_moves_of_people_are_replayed_too(store):
    promote(store, "flights", 4, **PERSON)
    disable(store, "flights", **PERSON)
    assert verify(store).ok
    rewrite(store, {10: replace(entry(store, 10), fold=replace(entry(store, 10).fold, disabled=False))})
    assert first(store).what == "entry 10 carries a wrong fold"


def test_a_forged_release_of_what_is_held_is_found(store):
    ran(store, 5, held=("ten times the rows",))
    held = entry(store, 9)
    promote(store, "flights", 5, **PERSON)
    assert verify(store).ok
    by_verdict = replace(entry(store, 10), details={"by": "verdict", "replaced": "version 2"}, objects={})
    rewrite(store, {10: by_verdict}, refold=True)
    assert first(store).what == "entry 10 promotes a version that is held, and not by a person"
    other = replace(by_verdict, details=held.details | {"by": "hand", "rows": "7"}, objects=held.objects)
    rewrite(store, {10: other}, refold=True)
    assert first(store).what == "entry 10 accepts other data than the version was made of"


def test_forged_lines_for_show_are_found_and_named(store):
    fold = entry(store, 8).fold
    lines = (replace(fold.newest_entries[0], actor="mallory"), *fold.newest_entries[1:])
    rewrite(store, {8: replace(entry(store, 8), fold=replace(fold, newest_entries=lines))})
    problem = first(store)
    assert problem.what == "entry 8 carries a wrong fold"
    assert "mallory" in problem.found
    assert "ada" in problem.expected
    assert len(problem.found) <= 500


def test_rows_that_were_put_back_are_hashed_too(store):
    part = put(store, b"rows")
    named = canonical(ReplayedRows(parts=(part,)))
    put_back(store, named)
    assert verify(store).ok
    for object_, data in ((part, b"rows"), (sha256(named), named)):
        path = store.root / f"objects/{object_}"
        path.write_bytes(b"other")
        assert object_ in first(store).where
        path.unlink()
        assert "entry 9 of flights needs is missing" in first(store).what
        path.write_bytes(data)


def a_quarantine(store):
    """Of four rows one; the objects of that and of the statistics."""
    from keepfit.validate.archive import write

    rows = put(store, b"one row, its values and its reasons")
    record = Quarantined(
        number=0,
        as_of=NOON,
        started=NOON,
        config="c",
        extracted=put(store, b"what was judged"),
        rows=RowCount(total=4, kept=3, quarantined=1, dropped=0),
        quarantine=(rows,),
        absent=(),
        broken=(),
        dropped=(),
        profile=put(store, b"statistics"),
        failed="",
    )
    write(store, "flights", record)
    return rows, record.profile


@pytest.mark.parametrize("which", [0, 1])
def test_what_a_validation_keeps_is_found_where_it_is_lost_or_altered(store, which):
    path = store.root / f"objects/{a_quarantine(store)[which]}"
    assert verify(store).ok
    good = path.read_bytes()
    path.write_bytes(b"other")
    assert str(path) == first(store).where
    path.unlink()
    assert first(store).what == "an object that quarantine 1 of flights needs is missing"
    path.write_bytes(good)
    record = store.root / "flights/quarantine/999999999999.json"
    record.rename(record.with_name("999999999998.json"))
    assert first(store).what == "a record of a quarantine was altered"
    record.write_bytes(b"{}")
    assert not verify(store).ok


def test_verify_changes_nothing(store):
    before = tree(store.root)
    entry_path(store, 3).write_bytes(b"broken")
    verify(store)
    entry_path(store, 3).write_bytes(before[entry_key("flights", 3)])
    assert tree(store.root) == before


def test_a_draft_is_no_entry(store):
    """A file that is JSON of another kind is reported, not raised."""
    entry_path(store, 2).write_bytes(canonical(Draft(action="disabled", actor="a", reason="b", at=NOON)))
    assert first(store).where == str(entry_path(store, 2))
