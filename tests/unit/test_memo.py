"""A stage runs once, whoever asks again."""

import json
import logging
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keepfit.errors import DataError, IntegrityError
from keepfit.memo import code_digest, remembered, requirements_digest
from keepfit.memo.code import files_digest
from keepfit.records import Estimate, Moment
from keepfit.store import open_store

MOMENT = Moment(as_of=datetime(2013, 4, 1, tzinfo=UTC), started=datetime(2013, 4, 2, tzinfo=UTC))


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path))


class Body:
    """A stage that counts how often it runs."""

    def __init__(self, record=MOMENT):
        self.record = record
        self.runs = 0

    def __call__(self):
        self.runs += 1
        return self.record


def test_the_second_time_the_body_does_not_run(store):
    body = Body()
    asked = (store, "flights", "extract", {"source": "d1"}, Moment, body)
    assert remembered(*asked) == remembered(*asked) == MOMENT
    assert body.runs == 1


def test_other_inputs_stages_and_use_cases_are_other_questions(store):
    body = Body()
    remembered(store, "flights", "extract", {"source": "d1"}, Moment, body)
    remembered(store, "flights", "extract", {"source": "d2"}, Moment, body)
    remembered(store, "flights", "validate", {"source": "d1"}, Moment, body)
    remembered(store, "digits", "extract", {"source": "d1"}, Moment, body)
    assert body.runs == 4


def test_the_first_answer_equals_the_later_ones_to_the_bit(store):
    whole = Estimate(value=1, low=0, high=2, rows=1, clusters=1)
    first = remembered(store, "u", "evaluate", {}, Estimate, Body(whole))
    later = remembered(store, "u", "evaluate", {}, Estimate, Body())
    assert repr(first) == repr(later)


def test_what_is_not_worth_keeping_is_computed_again(store):
    body = Body()
    for _ in range(2):
        assert remembered(store, "u", "extract", {}, Moment, body, keep=lambda record: record != MOMENT) == MOMENT
    assert body.runs == 2
    assert store.list("") == []


def test_a_stage_that_raises_leaves_nothing(store):
    def broken():
        raise DataError("the file is empty")

    with pytest.raises(DataError):
        remembered(store, "u", "extract", {}, Moment, broken)
    assert store.list("") == []


def test_the_loser_of_a_race_goes_on_with_the_record_of_the_winner(store):
    theirs = Moment(as_of=MOMENT.as_of, started=datetime(2014, 1, 1, tzinfo=UTC))

    def slow():
        assert remembered(store, "u", "extract", {}, Moment, Body(theirs)) == theirs
        return MOMENT

    assert remembered(store, "u", "extract", {}, Moment, slow) == theirs
    assert remembered(store, "u", "extract", {}, Moment, Body()) == theirs


@pytest.mark.parametrize("at", range(0, 400, 7))
def test_an_altered_memo_is_refused(store, at):
    remembered(store, "u", "extract", {"a": "b"}, Moment, Body())
    path = store.root / store.list("u/runs/")[0]
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(IntegrityError) as raised:
        remembered(store, "u", "extract", {"a": "b"}, Moment, Body())
    assert str(path) in str(raised.value)


def test_a_memo_under_another_name_is_refused(store):
    remembered(store, "u", "extract", {"a": "1"}, Moment, Body())
    remembered(store, "u", "extract", {"a": "2"}, Moment, Body())
    one, two = (store.root / key for key in store.list("u/runs/"))
    shutil.copy(one, two)
    asked = [json.loads(path.read_bytes())["inputs"]["a"] for path in (one, two)]
    other = {"1": "2", "2": "1"}[asked[0]]  # both files now answer the first question
    with pytest.raises(IntegrityError, match="a memo of"):
        remembered(store, "u", "extract", {"a": other}, Moment, Body())


def test_the_log_says_what_was_computed_and_what_remembered(store, caplog):
    with caplog.at_level(logging.DEBUG, logger="keepfit.memo"):
        for _ in range(2):
            remembered(store, "u", "extract", {}, Moment, Body())
    assert [(record.stage, record.how) for record in caplog.records] == [
        ("extract", "computed"),
        ("extract", "remembered"),
    ]


def a_checkout(root: Path) -> Path:
    for package in ("keepfit", "flows", "tasks"):
        (root / package / "inner").mkdir(parents=True)
        (root / package / "inner" / "module.py").write_text(f"NAME = {package!r}")
    (root / "keepfit" / "page.html").write_text("<p>")
    return root


def test_the_code_digest_sees_every_source_and_template_and_nothing_else(tmp_path):
    root = a_checkout(tmp_path / "one")
    before = files_digest(root)
    assert files_digest(a_checkout(tmp_path / "two")) == before

    (root / "keepfit" / "__pycache__").mkdir()
    (root / "keepfit" / "__pycache__" / "module.cpython-311.pyc").write_bytes(b"")
    (root / "README.md").write_text("")
    assert files_digest(root) == before

    seen = {before}
    for change in ("flows/inner/module.py", "tasks/inner/module.py", "keepfit/page.html", "keepfit/new.py"):
        (root / change).write_text("changed")
        seen.add(files_digest(root))
    (root / "keepfit/new.py").rename(root / "keepfit/newer.py")
    assert len(seen | {files_digest(root)}) == 6


def test_the_code_digest_of_some_packages_follows_these_and_no_other(tmp_path):
    root = a_checkout(tmp_path)
    (root / "keepfit" / "outer.py").write_text("")

    def digests():
        return [files_digest(root, some) for some in (("keepfit.inner",), ("keepfit.outer",), ("keepfit", "tasks"))]

    before = digests()
    assert len(set(before)) == 3
    (root / "flows/inner/module.py").write_text("changed")
    assert digests() == before
    (root / "keepfit/outer.py").write_text("changed")
    assert [one == two for one, two in zip(digests(), before, strict=True)] == [True, False, False]
    (root / "keepfit/inner/module.py").write_text("changed")
    assert [one == two for one, two in zip(digests(), before, strict=True)] == [False, False, False]


@pytest.mark.parametrize("name", ["keepfit.nothing", "keepfit.memo.kode", "os", "", "tests.unit"])
def test_a_misspelt_package_is_not_taken_for_one_that_never_changes(name):
    with pytest.raises(LookupError, match="no package"):
        code_digest("keepfit.memo", name)


def test_our_digests_are_stable_and_cheap_to_ask_again():
    assert code_digest() == code_digest() == code_digest("keepfit", "flows", "tasks")
    assert code_digest("keepfit.memo") == code_digest("keepfit.memo") != code_digest("keepfit.memo.code")
    assert len(code_digest()) == len(requirements_digest()) == 64


def test_code_is_part_of_the_question(store, monkeypatch):
    body = Body()
    remembered(store, "u", "extract", {}, Moment, body)
    monkeypatch.setattr(sys.modules["keepfit.memo.memo"], "code_digest", lambda: "other code")
    remembered(store, "u", "extract", {}, Moment, body)
    assert body.runs == 2
