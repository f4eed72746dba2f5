"""Every row is kept, quarantined with its reasons, or dropped by a rule with a name."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from keepfit.data import read_snapshot
from keepfit.data.tables import PART
from keepfit.errors import DataError, IntegrityError, Problem
from keepfit.records import Moment, RowCount
from keepfit.validate import validate
from tests.unit.data_world import MOMENT, World, row, rows, use_case


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def refusal(world: World, *args, **changes) -> Problem:
    with pytest.raises(DataError) as caught:
        world.validate(use_case(**changes), *args)
    return caught.value.problems[0]


def dropped(validated) -> dict[str, int]:
    return {each.rule: each.rows for each in validated.dropped}


def test_all_failures_of_all_rows_at_once(world):
    world.write("a.csv", [*rows(9), row(9, colour="green", size="-1"), row(10, size="101"), row(11, colour="")])
    validated = world.validate()
    assert validated.rows == RowCount(total=12, kept=9, quarantined=3, dropped=0)
    assert [(bad["_row"], sorted(bad["_reasons"])) for bad in world.quarantine(validated)] == [
        (10, ["colour: one of red, blue", "size: at least 0"]),
        (11, ["size: at most 100"]),
        (12, ["colour: missing"]),
    ]
    assert world.quarantine(validated)[0]["size"] == -1.0
    found = {(each.column, each.rule): (each.rows, each.examples) for each in validated.broken}
    assert found["size", "at most 100"] == (1, ("101.0 (data/a.csv, row 11)",))


def test_limits_are_inclusive_and_null_only_where_allowed(world):
    world.write("a.csv", [*rows(3), row(3, size="0"), row(4, size="100"), row(5, size="")])
    assert world.validate().rows.kept == 6


def test_rows_of_readers_and_of_the_contract_lie_together(world):
    world.write("a.csv", [*rows(9), row(9, size="x"), row(10, size="-1")])
    bad = world.quarantine(world.validate())
    assert [(each["_row"], each["id"], each["_raw"] is None) for each in bad] == [(11, "r010", True), (10, None, False)]


def test_more_than_the_tolerance_stops_and_says_where_the_rows_lie(world):
    world.write("a.csv", [*rows(97), *(row(97 + number, size="-1") for number in range(3))])
    assert world.validate(use_case(contract__quarantine_at_most="3%")).rows.quarantined == 3
    problem = refusal(world, contract__quarantine_at_most="2%")
    assert problem.found.startswith("3 rows (3.00%): size at least 0: 3 (3.00%), such as -1.0 (data/a.csv, row 98)")
    assert problem.expected == "at most 2.00% of 100 rows"
    assert "`keepfit quarantine list small`" in problem.do


def test_a_column_of_another_type_altogether_names_its_rows(world):
    world.write("a.csv", [row(number, size="n/a") for number in range(9)])
    problem = refusal(world)
    assert "size not of the declared type: 9" in problem.found


def test_rows_later_than_the_start_are_quarantined(world):
    world.write("a.csv", [*rows(9), row(9, at="2031-01-01T00:00:00Z")])
    (bad,) = world.quarantine(world.validate())
    assert bad["_reasons"] == ["when_at: later than the run's start"]


def test_copies_are_dropped_and_conflicts_quarantined(world):
    world.write("a.csv", [*rows(9), row(3), row(3), row(4, colour="blue")])
    validated = world.validate()
    assert dropped(validated) == {"duplicate row": 2}
    bad = world.quarantine(validated)
    assert [(each["id"], each["colour"]) for each in bad] == [("r004", "red"), ("r004", "blue")]
    assert validated.rows == RowCount(total=12, kept=8, quarantined=2, dropped=2)


def test_a_file_delivered_twice_changes_nothing(world):
    world.write("a.csv", rows(30))
    before = world.validate().snapshot
    world.write("b.csv", rows(30))
    after = world.validate()
    assert after.snapshot == before
    assert dropped(after) == {"duplicate row": 30}


def test_a_broken_row_is_no_conflict_for_a_sound_one(world):
    world.write("a.csv", [*rows(9), row(3, size="-5")])
    validated = world.validate()
    assert validated.rows == RowCount(total=10, kept=9, quarantined=1, dropped=0)


def test_labels_missing_within_the_tolerance_are_dropped(world):
    world.write("a.csv", [*rows(8), row(8, late="") + "", *(f"x{n},2020-01-03T00:00:00Z,red,1," for n in range(2))])
    assert dropped(world.validate(use_case(data__label={"column": "late", "missing_at_most": "20%"}))) == {
        "no label": 2
    }
    problem = refusal(world, data__label={"column": "late", "missing_at_most": "10%"})
    assert "2 of 11 (18.2%)" in problem.found


def test_labels_not_known_yet_are_neither_missing_nor_used(world):
    world.write("a.csv", rows(48))
    noon = Moment(as_of=datetime(2020, 1, 2, 12, tzinfo=UTC), started=MOMENT.started)
    validated = world.validate(use_case(data__label={"column": "late", "known_after": "1d"}), noon)
    assert dropped(validated) == {"label not known yet": 24}
    assert validated.rows.kept == 12


def test_rows_before_the_history_are_part_of_the_count(world):
    world.write("a.csv", rows(48))
    noon = Moment(as_of=datetime(2020, 1, 2, 12, tzinfo=UTC), started=MOMENT.started)
    validated = world.validate(use_case(data__history="30h", data__label={"column": "late"}), noon)
    assert dropped(validated) == {"outside history": 6}
    assert validated.rows == RowCount(total=36, kept=30, quarantined=0, dropped=6)


def test_one_class_is_told_with_its_count(world):
    world.write("a.csv", [row(number, late="true") for number in range(9)])
    problem = refusal(world)
    assert (problem.expected, problem.found) == ("exactly two classes", "true: 9")


def test_three_classes_in_a_binary_task(world):
    case = {"contract__columns__late": {"type": "category"}}
    world.write("a.csv", [row(number, late="abc"[number % 3]) for number in range(9)])
    assert refusal(world, **case).found == "a: 3, b: 3, c: 3"


def test_nothing_left_is_no_snapshot(world):
    world.write("a.csv", [row(number, size="-1") for number in range(3)])
    assert "no row is left" in refusal(world, contract__quarantine_at_most="100%").what


def test_lost_rows_are_an_integrity_error(world):
    world.write("a.csv", rows(9))
    extracted = world.extract()
    for rows_said in (8, 10):
        with pytest.raises(IntegrityError, match="rows were lost"):
            validate(world.store, use_case(), replace(extracted, rows=rows_said), MOMENT)


def test_the_snapshot_holds_what_was_kept(world):
    world.write("a.csv", [*rows(9), row(9, size="-1")])
    validated = world.validate()
    table = read_snapshot(world.store, "small", validated.snapshot)
    assert sorted(table.column_names) == ["colour", "id", "late", "size", "when_at"]
    assert sorted(table["id"].to_pylist()) == [f"r{number:03d}" for number in range(9)]
    size = next(each for each in validated.columns if each.name == "size")
    assert (size.low, size.median, size.high, size.missing, size.distinct) == (1.5, 1.5, 1.5, 0, 1)
    late = next(each for each in validated.columns if each.name == "late")
    assert late.top == (("true", 6), ("false", 3))


def test_a_failure_in_a_later_slice_names_its_own_row(world):
    count = PART + 5
    world.write("a.csv", [f"{n:06d},2020-01-01T00:00:00Z,red,{1 - 2 * (n == count - 2)},{n % 2}" for n in range(count)])
    validated = world.validate()
    (bad,) = world.quarantine(validated)
    assert (bad["id"], bad["_row"], bad["size"]) == (f"{count - 2:06d}", count - 1, -1.0)
