"""Rows that were put back stand in the data exactly once, whatever becomes of their files."""

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from quarantine_world import Place, good

from keepfit.data import get_table
from keepfit.data.replay import (
    PutBack,
    Replays,
    as_text,
    raw_digest,
    raw_texts,
    read_replays,
    replays,
    without_superseded,
    write_replays,
)
from keepfit.quarantine import rows, taken
from keepfit.quarantine.files import Line

BAD = {"size": "abc"}  # a reader refuses it
BROKEN = {"size": "300"}  # the contract does


@pytest.fixture
def place():
    return Place()


def lines(place, number=None, **values):
    """All quarantined rows as a person corrects them."""
    it = taken(place.store, "small", number)
    return [
        Line(row.source, row.place, row.values | values, f"line {at}")
        for at, row in enumerate(rows(place.store, it), 2)
    ]


def sizes(outcome):
    return {row["id"]: row["size"] for row in outcome.kept}


@pytest.mark.parametrize("fault", [BAD, BROKEN])
class TestARowThatWasCorrected:
    @pytest.fixture(autouse=True)
    def corrected(self, place, fault):
        place.files = {"a.csv": [good("r1"), good("r2", **fault), good("r3")]}
        assert len(place.run().quarantined) == 1
        assert place.put_back(lines(place, size="7")).put_back == 1

    def test_is_there_once_while_its_file_is(self, place):
        outcome = place.run()
        assert sizes(outcome) == {"r1": 1.5, "r2": 7.0, "r3": 1.5}
        assert outcome.rows == 3

    def test_is_there_once_when_its_file_has_another_name(self, place):
        place.files = {"b.csv": place.files["a.csv"]}
        outcome = place.run()
        assert sizes(outcome)["r2"] == 7.0
        assert outcome.rows == 3

    def test_is_there_once_when_its_file_is_gone(self, place):
        place.files = {"b.csv": [good("r9")]}
        outcome = place.run()
        assert sizes(outcome) == {"r9": 1.5, "r2": 7.0}
        assert outcome.rows == 2

    def test_gives_way_to_what_upstream_has_corrected_since(self, place):
        place.files["a.csv"] = [good("r1"), good("r2", size="8"), good("r3")]
        outcome = place.run()
        assert sizes(outcome)["r2"] == 8.0
        assert outcome.rows == 3

    def test_gives_way_to_what_upstream_has_written_badly_since(self, place):
        place.files["a.csv"] = [good("r1"), good("r2", size="worse"), good("r3")]
        outcome = place.run()
        assert "r2" not in sizes(outcome)
        assert outcome.keys()["r2"] == 1

    def test_is_as_the_newer_correction_says(self, place):
        assert place.put_back(lines(place, size="9")).put_back == 1
        assert sizes(place.run())["r2"] == 9.0

    def test_is_not_put_back_twice(self, place):
        again = place.put_back(lines(place, size="7"))
        assert (again.put_back, again.already, again.entry) == (0, 1, None)

    def test_is_not_undone_by_putting_back_all_the_others_as_they_are(self, place):
        place.case = place.case.model_copy(update={"contract": wide(place.case)})
        place.put_back()
        assert sizes(place.run())["r2"] == 7.0


def wide(case):
    """A contract that takes any size."""
    size = case.contract.columns["size"].model_copy(update={"max": 1000.0})
    return case.contract.model_copy(update={"columns": {**case.contract.columns, "size": size}})


def test_a_file_that_is_delivered_twice_gives_a_row_and_its_copy(place):
    place.files = {"a.csv": [good("r1"), good("r2", **BAD)]}
    place.run()
    place.put_back(lines(place, size="7"))
    place.files["b.csv"] = place.files["a.csv"]
    outcome = place.run()
    assert (sizes(outcome), len(outcome.dropped), outcome.rows) == ({"r1": 1.5, "r2": 7.0}, 2, 4)


def test_a_correction_lasts_while_its_file_grows(place):
    place.files = {"a.csv": [good("r1"), good("r2", **BAD)]}
    place.run()
    place.put_back(lines(place, size="7"))
    place.files["a.csv"] = [*place.files["a.csv"], good("r3")]
    outcome = place.run()
    assert sizes(outcome) == {"r1": 1.5, "r2": 7.0, "r3": 1.5}
    assert outcome.rows == 3


def test_of_rows_that_read_alike_only_the_corrected_one_is_put_back(place):
    twice = good("r2", **BAD)
    place.files = {"a.csv": [twice, twice]}
    place.run()
    place.put_back(lines(place, size="7")[:1])
    outcome = place.run()
    assert (len(outcome.kept), len(outcome.quarantined)) == (1, 1)


def test_rows_come_back_as_they_are_when_it_was_the_contract_that_was_wrong(place):
    place.files = {"a.csv": [good("r1"), good("r2", **BROKEN)]}
    place.run()
    assert (place.put_back().put_back, place.put_back().stay) == (0, 1)
    place.case = place.case.model_copy(update={"contract": wide(place.case)})
    place.files = {"b.csv": [good("r1")]}
    assert place.put_back().put_back == 1
    assert sizes(place.run()) == {"r1": 1.5, "r2": 300.0}


def test_a_label_that_became_known_since_is_not_lost():
    back = Replays("", (put_back(values={"id": "r1", "size": "7.0", "late": None}, changed=("size",)),))
    today = pa.table({"id": ["r1"], "size": [300.0], "late": [True], "_file": ["a.csv"], "_row": [1]})
    texts = [
        *back.over_examples([(today, nothing())], {"a.csv": "d1"}, {"d1"}, ["id"], lambda table: (table, nothing()))
    ][-1][0]
    assert texts.to_pylist() == [{"id": "r1", "size": "7.0", "late": "true", "_file": "a.csv", "_row": 1}]


def test_an_example_that_the_query_leaves_out_today_does_not_come_back_by_itself():
    back = Replays("", (put_back(),))
    found = [
        *back.over_examples(
            [(examples(["r2"]), nothing())], {"a.csv": "d1"}, {"d1"}, ["id"], lambda table: (table, nothing())
        )
    ]
    assert [table.num_rows for table, _ in found] == [1]


def put_back(**changes):
    values = {"level": "example", "source": "items", "file": "a.csv", "digest": "d1", "row": 1, "number": 1}
    return PutBack(**{**values, "values": {"id": "r1"}, **changes})


def examples(keys):
    return pa.table({"id": keys, "_file": ["a.csv"] * len(keys), "_row": [*range(2, len(keys) + 2)]})


def nothing():
    kinds = {"_file": pa.string(), "_row": pa.int64(), "_raw": pa.string()}
    return pa.schema(list(kinds.items())).empty_table()


def test_in_a_source_without_the_key_a_file_written_anew_supersedes_its_rows():
    back = Replays("", (put_back(level="source"),))
    assert back.of_gone_files("items", {"a.csv": "d2"}, keyed=False).num_rows == 0
    assert back.of_gone_files("items", {"b.csv": "d2"}, keyed=False).num_rows == 1


def refused(raw):
    return pa.table({"_row": [4], "_raw": [raw]})


def test_the_same_words_in_a_file_that_grew_are_the_row_that_was_corrected():
    back = Replays("", (put_back(level="source", raw=raw_digest("oops")),))
    grown = {"a.csv": "d2"}
    rows, texts = back.at_source("items", "d2", grown, refused("oops"))
    assert (rows, texts["_row"].to_pylist()) == ({4}, [4])
    assert back.of_gone_files("items", grown, [refused("oops")]).num_rows == 0


def test_the_same_words_in_another_file_are_another_row():
    back = Replays("", (put_back(level="source", raw=raw_digest("oops")),))
    assert back.at_source("items", "d2", {"a.csv": "d1", "b.csv": "d2"}, refused("oops"))[0] == set()


def test_words_that_stand_twice_in_a_file_tell_nothing():
    place = Place(files={"a.csv": [good("r2", **BAD), good("r2", **BAD), good("r3", **BAD)]})
    place.run()
    place.put_back(lines(place, size="7"))
    assert {row.row: bool(row.raw) for row in replays(place.store, "small").rows} == {1: False, 2: False, 3: True}


def test_what_was_put_back_again_is_the_newest():
    store = Place().store
    first = read_replays(store, write_replays(store, Replays("", ()), [put_back(row=1), put_back(row=2)]))
    second = read_replays(store, write_replays(store, first, [put_back(row=1, values={"id": "r9"})]))
    assert [(row.row, row.values) for row in second.rows] == [(2, {"id": "r1"}), (1, {"id": "r9"})]


def test_rows_put_back_lie_in_parts_and_those_that_are_full_are_not_written_again(monkeypatch):
    monkeypatch.setattr("keepfit.data.tables.PART", 4)
    store, back = Place().store, Replays("", ())
    for start in (0, 3, 6):
        back = read_replays(store, write_replays(store, back, [put_back(row=start + n) for n in range(3)]))
    assert [get_table(store, part).column("row").to_pylist() for part in back.parts] == [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8],
    ]
    assert [row.row for row in back.rows] == list(range(9))
    again = read_replays(store, write_replays(store, back, [put_back(row=1, values={"id": "r9"})]))
    assert again.parts[:2] == back.parts[:2]
    assert [row.row for row in again.rows] == [0, *range(2, 9), 1]


def test_of_one_key_in_two_files_that_are_gone_the_newer_stands():
    table = pa.table({"id": ["r1", "r2", "r1"], "size": [1.0, 2.0, 3.0]})
    assert without_superseded(table, ["id"], []).to_pylist() == [{"id": "r2", "size": 2.0}, {"id": "r1", "size": 3.0}]


def test_nothing_is_read_where_nothing_was_put_back():
    assert replays(Place().store, "small") == Replays("", ())


@pytest.mark.parametrize("value", [0.1, 1e20, -3, 2**62, True, "x", None])
def test_a_value_survives_as_text(value):
    assert as_text(value) == (value if value is None else str(value).lower() if value is True else str(value))


@pytest.mark.parametrize("raw", ['{"a": NaN}', '{"a": 1e999}', '{"a": 12345678901234567890.5}'])
def test_numbers_of_a_refused_row_are_taken_to_the_letter(raw):
    assert raw_texts(raw) == {"a": raw[6:-1]}


KEYS = [f"k{n}" for n in range(8)]
VALUES = st.sampled_from([{}, {}, {"size": "3"}, BAD, BROKEN, {"colour": "green"}, {"late": "perhaps"}])
FIXES = st.sampled_from(
    [{"size": "5", "colour": "blue", "late": "true"}, {"size": "6"}, {"colour": "red"}, {"size": "x"}]
)


class Conservation(RuleBasedStateMachine):
    """Files come, go, grow, are corrected and renamed; people put back what they like: each row is there once."""

    files = Bundle("files")

    @initialize()
    def begin(self):
        self.place = Place()
        self.written = 0

    def write(self, rows):
        self.written += 1
        path = f"f{self.written}.csv"
        self.place.files[path] = rows
        return path

    @rule(target=files, keys=st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True), data=st.data())
    def deliver(self, keys, data):
        there = {row["id"] for rows in self.place.files.values() for row in rows}
        return self.write([good(key, **data.draw(VALUES)) for key in keys if key not in there])

    @rule(path=files)
    def remove(self, path):
        self.place.files.pop(path, None)

    @rule(path=files, target=files)
    def rename(self, path):
        rows = self.place.files.pop(path, None)
        return self.write(rows or [])

    @rule(path=files, key=st.sampled_from(KEYS), values=VALUES)
    def grow(self, path, key, values):
        there = {row["id"] for rows in self.place.files.values() for row in rows}
        if path in self.place.files and key not in there:
            self.place.files[path] = [*self.place.files[path], good(key, **values)]

    @rule(path=files, data=st.data())
    def correct_upstream(self, path, data):
        rows = self.place.files.get(path)
        if rows:
            at = data.draw(st.integers(0, len(rows) - 1))
            self.place.files[path] = [*rows[:at], good(rows[at]["id"], **data.draw(VALUES)), *rows[at + 1 :]]

    @rule(data=st.data(), twice=st.booleans())
    def put_back_corrected(self, data, twice):
        number = self.ran()
        if number:
            chosen = data.draw(st.lists(st.sampled_from(lines(self.place, number) or [None]), unique_by=id))
            fixed = [each._replace(values=each.values | data.draw(FIXES)) for each in chosen if each is not None]
            first = self.place.put_back(fixed, number)
            assert first.asked == first.put_back + first.already + first.stay == len(fixed)
            if twice:
                assert self.place.put_back(fixed, number).put_back == 0

    @rule(data=st.data())
    def put_back_as_it_is(self, data):
        number = self.ran()
        if number:
            it = self.place.put_back(number=data.draw(st.integers(1, number)))
            assert it.asked == it.put_back + it.already + it.stay

    def ran(self):
        return len(self.place.store.list("small/quarantine/"))

    @invariant()
    def every_row_is_there_once(self):
        outcome = self.place.run()
        back = replays(self.place.store, "small").rows
        delivered = Counter(row["id"] for rows in self.place.files.values() for row in rows)
        expected = delivered | Counter(dict.fromkeys((row.values["id"] for row in back if self.gone(row)), 1))
        found = outcome.keys() + Counter(row["id"] for row in outcome.dropped)
        assert found == expected
        assert outcome.rows == expected.total()

    def gone(self, row):
        return row.digest not in self.place.digests().values()


TestConservation = Conservation.TestCase
TestConservation.settings = settings(
    max_examples=25, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
