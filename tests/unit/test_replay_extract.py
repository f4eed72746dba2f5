"""Rows that were put back, through extract and validate as a run does it."""

import pytest
from data_world import MOMENT, World, row, rows, use_case

from keepfit.data import get_table
from keepfit.quarantine import replay
from keepfit.quarantine.files import Line
from keepfit.quarantine.reading import rows as quarantined
from keepfit.quarantine.reading import taken

QUERY = "select _file, _row, id, when_at, colour, size * 2 as size, late from items"


@pytest.fixture(params=[None, QUERY], ids=["plain", "query"])
def case(request):
    return use_case(data__query=request.param)


@pytest.fixture
def world(tmp_path):
    it = World(tmp_path)
    it.write("a.csv", [*rows(20), row(20, size="abc"), row(21, size="300"), row(22, colour="green")])
    it.write("b.csv", rows(20, 30))
    return it


def put_back(world, case, **values):
    """All quarantined rows, with these values; the query doubles a size, which is no row's own matter."""
    it = taken(world.store, "small")
    lines = [Line(each.source, each.place, each.values | values, "") for each in quarantined(world.store, it)]
    return replay(world.store, case, it, lines, actor="ada", reason="mended", at=MOMENT.started)


def ids(world, validated):
    from keepfit.data import read_snapshot

    return sorted(read_snapshot(world.store, "small", validated.snapshot, ["id"])["id"].to_pylist())


EVERY = sorted([f"r{n:03d}" for n in (*range(23), *range(30, 50))])


def test_every_row_comes_back_once(world, case):
    assert world.validate(case).rows.quarantined == 3
    assert put_back(world, case, size="5", colour="red").put_back == 3
    after = world.validate(case)
    assert (after.rows.total, after.rows.kept) == (43, 43)
    assert ids(world, after) == EVERY


def test_also_when_the_file_is_gone(world, case):
    world.validate(case)
    put_back(world, case, size="5", colour="red")
    (world.root / "data" / "a.csv").unlink()
    after = world.validate(case)
    assert ids(world, after) == ["r020", "r021", "r022", *EVERY[23:]]
    assert {file.path[:10] for file in world.extract(case).sources} == {"data/a.csv", "data/b.csv"}


def test_also_when_the_file_has_another_name(world, case):
    world.validate(case)
    put_back(world, case, size="5", colour="red")
    (world.root / "data" / "a.csv").rename(world.root / "data" / "z.csv")
    assert ids(world, world.validate(case)) == EVERY


def test_upstream_wins_when_it_has_corrected_the_rows(world, case):
    world.validate(case)
    put_back(world, case, size="5", colour="red")
    world.write("a.csv", [*rows(20), row(20, size="7"), row(21, size="8"), row(22, size="9")])
    after = world.validate(case)
    assert (after.rows.total, ids(world, after)) == (43, EVERY)
    table = [get_table(world.store, part).to_pylist() for part in world.extract(case).parts]
    sizes = {each["id"]: each["size"] for part in table for each in part}
    assert sizes["r021"] == (8.0 if case.data.query is None else 16.0)


def test_what_stays_wrong_stays_in_quarantine_and_can_be_put_back_later(world, case):
    world.validate(case)
    assert put_back(world, case, size="5").stay == 1
    (world.root / "data" / "a.csv").unlink()
    put_back(world, case, size="6", colour="blue")
    assert ids(world, world.validate(case)) == ["r020", "r021", "r022", *EVERY[23:]]


def test_a_row_that_fails_again_without_its_file_is_found_again(world):
    """The contract has become stricter since."""
    world.validate(use_case())
    put_back(world, use_case(), size="50", colour="red")
    (world.root / "data" / "a.csv").unlink()
    strict = use_case(contract__columns__size={"type": "float", "max": 10, "nullable": True})
    assert world.validate(strict).rows.quarantined == 3
    assert put_back(world, strict, size="5").put_back == 3
    assert ids(world, world.validate(strict)) == ["r020", "r021", "r022", *EVERY[23:]]


def test_a_row_of_a_later_day_is_not_seen_by_an_earlier_run(world):
    from datetime import UTC, datetime

    from keepfit.records import Moment

    case = use_case()
    world.write("c.csv", [row(n, at=f"2020-01-20T0{n - 60}:00:00Z", size="abc") for n in range(60, 65)])
    world.validate(case)
    put_back(world, case, size="5", colour="red")
    (world.root / "data" / "c.csv").unlink()
    before = Moment(as_of=datetime(2020, 1, 15, tzinfo=UTC), started=MOMENT.started)
    assert not [each for each in ids(world, world.validate(case, before)) if each >= "r060"]
    assert len([each for each in ids(world, world.validate(case)) if each >= "r060"]) == 5
