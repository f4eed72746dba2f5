"""Every validation leaves a record of what it took out, whether it ended well or not."""

from collections import Counter

import pytest
from contract_world import MOMENT, Table, placed, row, use_case
from msgspec.structs import replace

from keepfit.data.tables import get_table
from keepfit.errors import DataError, IntegrityError
from keepfit.profile import Profile
from keepfit.records import Extracted, canonical, parse
from keepfit.store import get
from keepfit.validate import archive, validate
from keepfit.validate.validate import conserved_by_file


@pytest.fixture
def table(tmp_path):
    return Table(tmp_path)


def case(**data):
    return use_case({"size": {"type": "float", "min": 0}}, **data)


def rows(bad=1, **more):
    return placed(row(number, size=-1.0 if number < bad else 1.0, **more) for number in range(20))


def numbers(table):
    return [each.number for each in archive.newest_first(table.store, "small")]


def test_what_was_taken_out_is_found_again_with_its_origin(table):
    found = table.judged(case(), [*rows(2), {**row(5, size=1.0), "_file": "b.csv", "_row": 7}])
    record = found.record
    assert (record.number, record.config, record.failed) == (1, "of the yaml", "")
    assert (record.as_of, record.started) == (MOMENT.as_of, MOMENT.started)
    assert parse(get(table.store, record.extracted), Extracted).rows == 21
    assert (record.quarantine, record.absent) == (found.validated.quarantine, found.validated.absent)
    assert [(each["size"], each["_row"], each["_raw"]) for each in found.quarantine()] == [
        (-1.0, 1, None),
        (-1.0, 2, None),
    ]
    assert found.absent() == {("b.csv", 7): "duplicate row"}
    assert get_table(table.store, record.absent[0]).column_names == ["_file", "_row", "rule"]


@pytest.mark.parametrize(
    ("data", "bad", "more", "failed"),
    [
        ({"quarantine_at_most": "5%"}, 2, {}, "too many rows break the contract"),
        (
            {"label": {"column": "late", "missing_at_most": "0%"}},
            2,
            {"late": None},
            "too many rows lack the label late; no row is left to learn from",
        ),
        ({}, 20, {}, "no row is left to learn from"),
        ({}, 2, {"late": True}, "the label late has 1 class"),
    ],
)
def test_one_that_failed_is_recorded_before_it_raises(table, data, bad, more, failed):
    found = table.judged(case(**data), rows(bad, **more))
    assert isinstance(found.error, DataError)
    assert found.record.failed == failed == "; ".join(each.what for each in found.error.problems)
    assert len(found.quarantine()) == found.record.rows.quarantined == bad


def test_what_was_seen_of_the_table_is_recorded_too_whatever_stopped_the_run(table):
    mean = {"expect_column_mean_to_be_between": {"column": "size", "max_value": 0.5}}
    by_expectation = table.judged(case().model_copy(update={"expectations": (mean,)}), rows(2))
    seen = by_expectation.record
    assert by_expectation.error.problems[0].found == "1"
    assert "`keepfit docs small`" in by_expectation.error.problems[0].do
    assert seen.failed == "expect_column_mean_to_be_between failed"
    assert [(each.outcome, each.observed) for each in seen.expectations][:1] == [("fail", "1")]
    assert parse(get(table.store, seen.profile), Profile).columns["size"].rows == seen.rows.kept == 18
    both = table.judged(case(quarantine_at_most="5%").model_copy(update={"expectations": (mean,)}), rows(2))
    assert both.record.failed == "too many rows break the contract; expect_column_mean_to_be_between failed"
    assert both.record.expectations == seen.expectations
    fine = table.judged(case(), rows(2))
    assert fine.record.expectations == fine.validated.expectations
    assert fine.record.profile == fine.validated.profile == seen.profile


def test_what_was_noticed_in_the_sources_is_told_beside_what_stopped_the_run(table):
    warnings = tuple(f"{month}.csv: the unit of size looks changed" for month in range(1, 8))
    extracted = replace(table.extracted(case(), rows(20)), warnings=warnings)
    with pytest.raises(DataError) as caught:
        validate(table.store, case(), extracted, MOMENT)
    assert caught.value.problems[-1].found == "; ".join([*warnings[:5], "and 2 more"])
    assert archive.newest(table.store, "small").failed == "no row is left to learn from"


def test_records_are_numbered_and_the_same_is_not_said_again(table):
    table.judged(case(), rows(1))
    table.judged(case(), rows(1))
    assert numbers(table) == [1]
    extracted = table.extracted(case(), rows(1))
    validate(table.store, case(), extracted, replace(MOMENT, started=MOMENT.as_of), config="of the yaml")
    assert numbers(table) == [1]
    table.judged(case(), rows(2))
    table.judged(case(), rows(1))
    assert numbers(table) == [3, 2, 1]


def test_a_run_that_is_overtaken_takes_the_next_number(table):
    record = table.judged(case(), rows(1)).record

    class Slow(type(table.store)):
        """A store in which somebody else writes between the look and the leap."""

        def create(self, key, data):
            if "/quarantine/" in key and numbers(table) == [1]:
                archive.write(table.store, "small", replace(record, failed="by another run"))
            super().create(key, data)

    mine = archive.write(Slow(table.root / "store"), "small", replace(record, failed="by mine"))
    assert mine.number == 3
    assert [each.failed for each in archive.newest_first(table.store, "small")] == ["by mine", "by another run", ""]


def test_before_the_first_there_is_none_and_a_record_under_another_name_is_refused(table):
    assert archive.newest(table.store, "small") is None
    record = table.judged(case(), rows(1)).record
    table.store.create(archive.quarantine_key("small", 2), canonical(record))
    with pytest.raises(IntegrityError, match="that of another validation"):
        archive.newest(table.store, "small")


def test_a_late_correction_counts_where_the_yaml_says_so(table):
    corrections = [
        {**row(3, size=1.0), "_file": "2020-01.csv", "_row": 9},
        {**row(3, size=2.0), "_file": "2020-02.csv", "_row": 1},
        {**row(3, size=1.0), "_file": "2020-03.csv", "_row": 5},
        {**row(3, size=-1.0), "_file": "2020-04.csv", "_row": 1},
    ]
    others = [{**row(number, size=1.0), "_file": "2020-01.csv", "_row": number} for number in (4, 5)]
    broken = {("2020-04.csv", 1): {"size: at least 0"}}
    last = table.judged(case(duplicates="last"), corrections + others, [1, 2])
    assert last.reasons() == broken
    assert last.absent() == {
        ("2020-01.csv", 9): "duplicate row",
        ("2020-02.csv", 1): "superseded by a later row",
    }
    first = table.judged(case(duplicates="first"), corrections + others, [2, 4])
    assert first.absent() == {
        ("2020-02.csv", 1): "an earlier row has this key",
        ("2020-03.csv", 5): "duplicate row",
    }
    error = table.judged(case(duplicates="error"), corrections + others, [3])
    differ = {"the key stands on other rows with other values"}
    assert error.reasons() == {**broken, ("2020-01.csv", 9): differ, ("2020-02.csv", 1): differ}
    assert error.absent() == {("2020-03.csv", 5): "duplicate row"}


def test_a_part_that_is_handed_over_twice_is_found_out(table):
    extracted = table.extracted(case(), [*rows(0), *placed([row(90, size=1.0)], "b.csv")], [20])
    first, second = extracted.parts
    with pytest.raises(IntegrityError, match="rows were lost"):
        validate(table.store, case(), replace(extracted, parts=(first, second, second)), MOMENT)


def test_each_row_of_a_file_goes_one_way():
    files = Counter({"a.csv": 3, "b.csv": 1})
    conserved_by_file(files, Counter({"a.csv": 2}), Counter({"a.csv": 1, "b.csv": 1}))
    with pytest.raises(IntegrityError, match=r"b\.csv"):
        conserved_by_file(files, Counter({"a.csv": 3}))
    with pytest.raises(IntegrityError, match=r"a\.csv"):
        conserved_by_file(files, Counter({"a.csv": 3, "b.csv": 1}), Counter({"a.csv": 1}))
