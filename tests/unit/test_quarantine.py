"""What a person is told about rows that are not there, and what happens when they want them back."""

import csv
import json
from itertools import pairwise

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from quarantine_world import AT, Memory, Place, good

from keepfit import quarantine
from keepfit.config.row_rules import Unique
from keepfit.errors import ConfigError, DataError, InfrastructureError
from keepfit.ledger import fold_of, head
from keepfit.quarantine.explain import ranges
from keepfit.quarantine.files import harmless, original
from keepfit.quarantine.reading import rows, taken
from keepfit.registry import show, verify

FORMULAS = ["=1+1", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1", "a;=1", 'a,"=1', "'=1", "a\n=1"]


@pytest.fixture
def place():
    it = Place()
    it.files = {
        "data/a.csv": [good("r1"), good("r2", size="abc"), good("r3", size="300"), good("r1")],
        "data/b.csv": [good("r4"), good("r5", colour="green", size="-1"), good("r6", late="perhaps")],
    }
    it.run()
    return it


def explained(place, **asked):
    it = taken(place.store, "small")
    return quarantine.explain(place.store, "small", it, quarantine.Asked(**asked))


def export(place, path, number=None):
    it = taken(place.store, "small", number)
    return quarantine.write(path, lambda: rows(place.store, it))


def corrected(path, changes):
    """Change cells of an exported CSV as a spreadsheet does: ``changes`` by row number."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    for line in lines:
        line.update(changes.get(int(line["_row"]), {}))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    return path


class TestExplain:
    def test_every_rule_is_counted_by_file_with_an_example(self, place):
        found = {(each.column, each.rule): each for each in explained(place).quarantined}
        assert {key: each.rows for key, each in found.items()} == {
            ("size", "is not a number"): 1,
            ("size", "at most 100"): 1,
            ("size", "at least 0"): 1,
            ("colour", "one of red, blue"): 1,
            ("late", "is neither true nor false"): 1,
        }
        one = found["size", "is not a number"]
        assert [(file.file, file.rows, file.ranges) for file in one.files] == [("data/a.csv", 1, ((2, 2),))]
        assert [(e.file, e.row, e.value, e.reason) for e in one.examples] == [
            ("data/a.csv", 2, "abc", "'abc' is not a number")
        ]

    def test_dropped_rows_are_named_by_number(self, place):
        (one,) = explained(place).dropped
        assert (one.rule, one.rows, one.files[0].file, one.files[0].ranges) == (
            "duplicate row",
            1,
            "data/a.csv",
            ((4, 4),),
        )

    def test_what_adds_up_adds_up(self, place):
        told = explained(place)
        assert told.rows.total == 7 == told.rows.kept + told.rows.quarantined + told.rows.dropped

    @pytest.mark.parametrize(
        ("asked", "matching"),
        [
            ({"rule": "at most"}, 1),
            ({"file": "data/b.csv"}, 2),
            ({"file": "b.csv", "row": 2}, 1),
            ({"rule": "AT LEAST"}, 1),
        ],
    )
    def test_rows_can_be_asked_for(self, place, asked, matching):
        assert explained(place, **asked).matching == matching

    def test_a_row_that_was_put_back_says_so(self, place, tmp_path):
        export(place, tmp_path / "x.csv")
        place.put_back(quarantine.read(corrected(tmp_path / "x.csv", {2: {"size": "5", "colour": "red"}})))
        assert explained(place).put_back == 2

    def test_a_rule_that_quotes_its_values_does_not_fill_the_page(self):
        place = Place(files={"a.csv": [good(f"r{n}", size=f"x{n}") for n in range(500)]})
        place.run()
        assert len(explained(place).quarantined) == 1

    def test_without_a_validation_the_answer_is_what_to_do(self):
        with pytest.raises(ConfigError, match="nothing was ever taken out of small"):
            taken(Memory(), "small")

    def test_a_number_that_is_not_there_is_refused(self, place):
        with pytest.raises(ConfigError, match="1 to 1"):
            taken(place.store, "small", 2)


@given(st.sets(st.integers(1, 60)))
def test_ranges_name_every_number_once(numbers):
    found = ranges(sorted(numbers))
    assert [n for first, last in found for n in range(first, last + 1)] == sorted(numbers)
    assert all(after[0] > before[1] + 1 for before, after in pairwise(found))


class TestExport:
    @pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.parquet"])
    def test_what_is_not_touched_has_not_changed(self, place, tmp_path, name):
        assert export(place, tmp_path / name) == 4
        lines = list(quarantine.read(tmp_path / name))
        assert len(lines) == 4
        assert place.put_back(lines, dry_run=True).changes == ()

    def test_values_are_there_as_they_came_with_where_they_came_from(self, place, tmp_path):
        export(place, tmp_path / "x.jsonl")
        lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
        (one,) = [line for line in lines if line["_file"] == "data/a.csv" and line["_row"] == 2]
        assert one == {
            "_source": "items",
            "_file": "data/a.csv",
            "_digest": place.digests()["data/a.csv"],
            "_row": 2,
            "_reasons": ["size: 'abc' is not a number"],
            **good("r2", size="abc"),
        }

    def test_parquet_has_one_table(self, place, tmp_path):
        export(place, tmp_path / "x.parquet")
        assert pq.read_table(tmp_path / "x.parquet")["_row"].to_pylist() == [3, 2, 2, 3]

    def test_a_file_that_is_there_is_left_alone(self, place, tmp_path):
        (tmp_path / "x.csv").write_text("mine")
        with pytest.raises(ConfigError, match="is there already"):
            export(place, tmp_path / "x.csv")
        assert (tmp_path / "x.csv").read_text() == "mine"

    def test_a_file_that_cannot_be_written_is_told(self, place, tmp_path):
        with pytest.raises(InfrastructureError, match="cannot be written"):
            export(place, tmp_path / "nowhere" / "x.csv")

    def test_what_fails_halfway_leaves_nothing(self, place, tmp_path):
        def broken():
            yield next(rows(place.store, taken(place.store, "small")))
            raise DataError("gone")

        answers = iter([iter(()), broken()])
        with pytest.raises(DataError):
            quarantine.write(tmp_path / "x.csv", lambda: next(answers))
        assert not (tmp_path / "x.csv").exists()

    @pytest.mark.parametrize("text", FORMULAS)
    def test_a_spreadsheet_runs_no_cell(self, text):
        assert harmless(text) != text
        assert original(harmless(text)) == text

    @pytest.mark.parametrize("text", ["-5.2", "+49", "1e-5", "2013-01-01", "a-b", "'s-Gravenhage", ""])
    def test_what_is_no_formula_stays_as_it_is(self, text):
        assert harmless(text) == text == original(text)

    @given(st.text(alphabet="=+-@\t\r\n'\";,| a1＝", max_size=12) | st.text())
    def test_every_text_comes_back(self, text):
        assert original(harmless(text)) == text

    def test_hostile_values_come_back_through_a_file(self, tmp_path):
        place = Place(files={"a.csv": [good(text, size="abc") for text in FORMULAS]})
        place.run()
        export(place, tmp_path / "x.csv")
        assert [line.values["id"] for line in quarantine.read(tmp_path / "x.csv")] == FORMULAS


class TestReplay:
    def test_rows_that_pass_come_back_and_the_others_stay_with_their_reasons(self, place, tmp_path):
        export(place, tmp_path / "x.csv")
        lines = quarantine.read(corrected(tmp_path / "x.csv", {2: {"size": "5"}}))
        found = place.put_back(lines)
        assert (found.asked, found.put_back, found.already, found.stay) == (4, 1, 0, 3)
        assert {(each.file, each.row): each.reasons for each in found.staying}["data/b.csv", 2] == (
            "colour: one of red, blue",
        )
        assert [(each.row, each.before, each.after) for each in found.changes] == [(2, "-1.0", "5"), (2, "abc", "5")]

    def test_the_ledger_says_who_and_why_and_verify_knows_the_rows(self, place, tmp_path):
        export(place, tmp_path / "x.csv")
        found = place.put_back(quarantine.read(corrected(tmp_path / "x.csv", {2: {"size": "5"}})))
        entry = head(place.store, "small")
        assert (entry.action, entry.actor, entry.reason, entry.seq) == ("replayed", "ada", "mended", found.entry)
        assert entry.details == {"quarantine": "1", "put_back": "1", "stay": "3", "in_all": "1"}
        assert fold_of(entry).replays == found.object == entry.objects["rows"]
        assert verify(place.store).ok
        assert show(place.store, "small").ledger[0].action == "replayed"

    def test_a_dry_run_writes_nothing(self, place, tmp_path):
        export(place, tmp_path / "x.csv")
        before = place.store.list("")
        lines = quarantine.read(corrected(tmp_path / "x.csv", {2: {"size": "5"}}))
        assert place.put_back(lines, dry_run=True).put_back == 1
        assert place.store.list("") == before

    def test_an_object_is_named_by_all_that_was_put_back(self, place, tmp_path):
        for at, number in enumerate((2, 3)):
            path = tmp_path / f"{at}.csv"
            export(place, path)
            fixed = {"size": "5", "colour": "red", "late": "true"}
            place.put_back(quarantine.read(corrected(path, {number: fixed})))
        assert head(place.store, "small").details["in_all"] == "4"

    def test_two_people_at_once_lose_nothing(self, place, tmp_path):
        """The second is told of the first only when it wants to write its entry."""
        export(place, tmp_path / "x.csv")
        one, other = (list(quarantine.read(corrected(tmp_path / "x.csv", {2: {"size": "5"}}))) for _ in range(2))
        create = place.store.create

        def interrupted(key, data):
            if "/ledger/" in key and place.store.create is not create:
                place.store.create = create
                place.put_back([line for line in one if line.values["id"] == "r2"])
            create(key, data)

        place.store.create = interrupted
        fixed = [line._replace(values=line.values | {"colour": "red"}) for line in other if line.values["id"] == "r5"]
        place.put_back(fixed)
        assert head(place.store, "small").details["in_all"] == "2"

    def test_an_unknown_row_is_refused(self, place, tmp_path):
        export(place, tmp_path / "x.jsonl")
        (line, *_) = quarantine.read(tmp_path / "x.jsonl")
        with pytest.raises(DataError, match="not a row of quarantine 1"):
            place.put_back([line._replace(place=(line.place[0], 99))])

    def test_a_row_that_stands_twice_is_refused(self, place, tmp_path):
        export(place, tmp_path / "x.jsonl")
        (line, *_) = quarantine.read(tmp_path / "x.jsonl")
        with pytest.raises(DataError, match="a row stands twice"):
            place.put_back([line, line._replace(where="line 9")])

    def test_a_column_that_no_row_has_is_refused(self, place, tmp_path):
        export(place, tmp_path / "x.jsonl")
        (line, *_) = quarantine.read(tmp_path / "x.jsonl")
        with pytest.raises(DataError, match=r"did you mean `?colour"):
            place.put_back([line._replace(values={"color": "red"})])

    @pytest.mark.parametrize(
        ("text", "told"),
        [("a,b\n1,2\n", "does not say which rows"), ("_source,_file,_digest,_row\nx\n", "another number of fields")],
    )
    def test_a_file_that_is_no_export_is_refused(self, tmp_path, text, told):
        (tmp_path / "x.csv").write_text(text)
        with pytest.raises(DataError, match=told):
            list(quarantine.read(tmp_path / "x.csv"))

    def test_utf_16_is_refused_with_what_to_do(self, tmp_path):
        (tmp_path / "x.csv").write_bytes("_source".encode("utf-16"))
        with pytest.raises(DataError, match="CSV UTF-8"):
            list(quarantine.read(tmp_path / "x.csv"))

    def test_a_decision_needs_its_reason(self, place):
        with pytest.raises(ConfigError, match="reason"):
            place.put_back(reason=" ")

    def test_a_corrected_key_may_not_take_a_sound_row_out(self, place, tmp_path):
        export(place, tmp_path / "x.csv")
        fixed = corrected(tmp_path / "x.csv", {3: {"id": "r4", "size": "5", "late": "true"}})
        found = place.put_back(quarantine.read(fixed))
        assert found.put_back == 0
        assert any("data/b.csv, row 1" in reason for each in found.staying for reason in each.reasons)

    def test_two_rows_with_one_key_do_not_come_back(self, place, tmp_path):
        export(place, tmp_path / "x.csv")
        fixed = corrected(tmp_path / "x.csv", {2: {"id": "r7", "size": "5", "colour": "red"}})
        lines = [line for line in quarantine.read(fixed) if line.values["id"] == "r7"]
        lines[0] = lines[0]._replace(values=lines[0].values | {"size": "6"})
        assert place.put_back(lines).put_back == 0

    def test_a_rule_of_uniqueness_counts_too(self, place, tmp_path):
        rules = (Unique(unique=("colour",)),)
        contract = place.case.contract.model_copy(update={"rules": rules})
        place.case = place.case.model_copy(update={"contract": contract})
        export(place, tmp_path / "x.csv")
        assert place.put_back(quarantine.read(corrected(tmp_path / "x.csv", {2: {"size": "5"}}))).put_back == 0

    def test_a_row_of_the_future_stays(self, place, tmp_path):
        export(place, tmp_path / "x.csv")
        fixed = corrected(tmp_path / "x.csv", {3: {"size": "5", "late": "true", "when_at": "2020-07-01T00:00:00Z"}})
        found = place.put_back(quarantine.read(fixed), at=AT)
        assert found.put_back == 0
        assert any("later than the run's start" in reason for each in found.staying for reason in each.reasons)

    def test_a_null_token_of_the_source_is_no_value(self, tmp_path):
        place = Place(files={"a.csv": [good("r1"), good("r2", size="abc")]})
        items = place.case.data.sources["items"].model_copy(update={"nulls": ("", "NA")})
        data = place.case.data.model_copy(update={"sources": {"items": items}})
        place.case = place.case.model_copy(update={"data": data})
        place.run()
        export(place, tmp_path / "x.csv")
        assert place.put_back(quarantine.read(corrected(tmp_path / "x.csv", {2: {"size": "NA"}}))).put_back == 1
        assert [row["size"] for row in place.run().kept] == [1.5, None]

    def test_an_example_without_a_place_says_what_the_query_must_select(self, place):
        it = taken(place.store, "small")
        nowhere = replace(it.extracted, sources=())
        found = quarantine.replay(
            place.store, place.case, it._replace(extracted=nowhere), actor="ada", reason="x", at=AT
        )
        assert found.put_back == 0
        assert all("add `_file` and `_row`" in each.reasons[0] for each in found.staying)

    def test_a_file_that_was_exported_may_be_shorter(self, place, tmp_path):
        export(place, tmp_path / "x.jsonl")
        (line, *_) = quarantine.read(tmp_path / "x.jsonl")
        assert place.put_back([line], dry_run=True).asked == 1
