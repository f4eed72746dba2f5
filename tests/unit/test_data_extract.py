"""What was there at the moment, and nothing else."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from keepfit.data import fingerprint, get_table, look
from keepfit.errors import ConfigError, DataError
from keepfit.records import Moment
from tests.unit.data_world import MOMENT, World, row, rows, use_case

NOON = Moment(as_of=datetime(2020, 1, 2, 12, tzinfo=UTC), started=MOMENT.started)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.write("a.csv", rows(48))  # two days, an hour a row
    return world


def parses(caplog) -> int:
    return sum(record.how == "computed" for record in caplog.records if getattr(record, "stage", "") == "parse")


def test_rows_from_as_of_on_are_not_there_yet(world):
    extracted = world.extract(moment=NOON)
    assert (extracted.rows, extracted.not_yet, extracted.future) == (36, 12, 0)
    assert extracted.newest == datetime(2020, 1, 2, 11, tzinfo=UTC)


def test_a_label_is_seen_only_after_it_became_known(world):
    extracted = world.extract(moment=NOON)
    table = get_table(world.store, extracted.parts[0])
    known = [each["id"] for each in table.to_pylist() if each["late"] is not None]
    # Known a day after the event, and only if that is before noon: 11:00 of the first day is, 12:00 is not.
    assert known == [f"r{number:03d}" for number in range(12)]
    assert extracted.labels_pending == 24


def test_history_and_freshness(world):
    extracted = world.extract(use_case(data__history="1d"), NOON)
    assert (extracted.rows, extracted.outside_history) == (24, 12)
    week = Moment(as_of=datetime(2020, 1, 12, tzinfo=UTC), started=MOMENT.started)
    with pytest.raises(DataError, match="too old") as caught:
        world.extract(use_case(data__freshness="7d"), week)
    assert "1w before 2020-01-12" in caught.value.problems[0].expected
    assert "9.0 days" in caught.value.problems[0].found


def test_nothing_before_as_of_is_no_table(world):
    with pytest.raises(DataError, match="0 rows to learn from"):
        world.extract(moment=Moment(as_of=datetime(2019, 1, 1, tzinfo=UTC), started=MOMENT.started))


def test_rows_later_than_the_real_start_stay_for_quarantine(world):
    world.write("b.csv", [row(99, at="2031-01-01T00:00:00Z")])
    extracted = world.extract(moment=NOON)
    assert (extracted.rows, extracted.future, extracted.not_yet) == (37, 1, 12)


def test_a_query_cannot_look_ahead(world):
    sql = "select id, when_at, colour, size, late, count(*) over () as seen from items"
    case = use_case(data__query=sql, contract__columns__seen={"type": "int"})
    table = world.table(case, NOON)
    assert set(table["seen"].to_pylist()) == {36}
    assert world.extract(case, NOON).not_yet == 12


def test_the_result_of_a_query_does_not_depend_on_its_order(world):
    tables = []
    for order in ("asc", "desc"):
        sql = f"select _file, _row, id, when_at, colour, size, late from items order by size, id {order}"
        tables.append(world.extract(use_case(data__query=sql)).parts)
    assert tables[0] == tables[1] == world.extract().parts


def test_rows_of_a_query_that_passes_no_origin_on_are_numbered(world):
    table = world.table(use_case(data__query="select id, when_at, colour, size, late from items"))
    assert table["_file"].unique().to_pylist() == ["query"]
    assert sorted(table["_row"].to_pylist()) == list(range(1, 49))


def test_a_wrong_query_is_a_config_error(world):
    with pytest.raises(ConfigError, match="colr"):
        world.extract(use_case(data__query="select colr from items"))


def test_only_new_bytes_are_parsed(world, caplog):
    caplog.set_level(logging.DEBUG, "keepfit.memo")
    world.extract()
    assert parses(caplog) == 1
    (world.root / "data" / "a.csv").rename(world.root / "data" / "renamed.csv")
    world.write("b.csv", rows(3, first=48))
    caplog.clear()
    table = world.table()
    assert parses(caplog) == 1
    assert table["_file"].unique().to_pylist() == ["data/renamed.csv", "data/b.csv"]


def test_a_type_that_changed_in_the_yaml_is_parsed_again(world):
    assert world.table()["size"].type == pa.float64()
    assert world.table(use_case(contract__columns__size={"type": "text"}))["size"].type == pa.string()


def test_fingerprint_is_that_of_the_files_read(world):
    world.write("b.csv", rows(3, first=48))
    seen = look(world.store, use_case(), world.root)
    assert {file.path: file.digest for file in world.extract().sources} == fingerprint(seen).files


def test_refused_rows_before_the_history_are_none_of_this_run(world):
    world.write("b.csv", [row(99, at="2018-01-01T00:00:00Z", size="x"), row(98, at="2020-01-02T00:00:00Z", size="x")])
    assert world.extract(use_case(data__history="30d")).refused_rows == 1
    assert world.extract().refused_rows == 2


def test_undated_data_have_no_moment(tmp_path):
    world = World(tmp_path)
    world.write("a.csv", ["a,red,1,true", "b,blue,2,false"], head="id,colour,size,late")
    case = use_case(data__event_time=None, data__label={"column": "late"}, split={"by": "key", "holdout": "50%"})
    extracted = world.extract(case)
    assert (extracted.rows, extracted.newest, extracted.labels_pending) == (2, None, 0)


def test_key_time_and_label_need_no_declaration(tmp_path):
    world = World(tmp_path)
    world.write("a.csv", rows(3))
    case = use_case(contract__columns={"size": {"type": "float"}}, features={"size": ["number"]})
    table = world.table(case)
    assert {"id", "when_at", "late", "size"} < set(table.column_names)
    assert table.schema.field("when_at").type == pa.timestamp("us", tz="UTC")


def test_a_file_that_changes_is_its_old_or_its_new_self(world):
    before = world.extract()
    world.write("a.csv", rows(47))
    after = world.extract()
    assert (before.rows, after.rows) == (48, 47)
    assert get_table(world.store, before.parts[0]).num_rows == 48


def test_as_of_in_the_future_of_the_start_sees_no_future(world):
    ahead = Moment(as_of=MOMENT.as_of, started=MOMENT.as_of - timedelta(days=30, hours=12))
    extracted = world.extract(moment=ahead)
    assert (extracted.rows, extracted.future) == (48, 35)  # rows after 12:00 of the first day
