"""Files are read when they are new, and named when they do not go together."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keepfit.data import fingerprint, look
from keepfit.data.index import Known, files_of, read_index
from keepfit.data.places import Found, Local, Read
from keepfit.errors import DataError, InfrastructureError
from keepfit.records import Moment
from tests.unit.data_world import MOMENT, World, row, rows, use_case

LATER = Moment(as_of=MOMENT.as_of, started=datetime(2100, 1, 1, tzinfo=UTC))  # files written now are at rest by then
A = Found("a.csv", "", 0, 0)
OPENED: list[str] = []
sys.addaudithook(lambda event, given: OPENED.append(str(given[0])) if event == "open" else None)


@contextmanager
def opening(folder: Path) -> Iterator[set[str]]:
    """The files below a folder that were opened meanwhile."""
    OPENED.clear()
    names: set[str] = set()
    yield names
    names.update(Path(path).name for path in OPENED if path.startswith(str(folder)))


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    for day in range(1, 5):
        world.write(f"{day}.csv", rows(24, first=24 * (day - 1)))
    return world


def known(world: World) -> list[Known]:
    """The files of the newest index."""
    segments = read_index(world.store, "small", "items").segments
    return [file for files in files_of(world.store, segments) for file in files]


def parses(caplog: pytest.LogCaptureFixture) -> int:
    return sum(record.how == "computed" for record in caplog.records if getattr(record, "stage", "") == "parse")


def test_a_run_opens_what_is_new(world):
    first = world.extract(moment=LATER)
    world.write("5.csv", rows(24, first=96))
    with opening(world.root / "data") as names:
        second = world.extract(moment=LATER)
        seen = look(world.store, use_case(), world.root)
        assert fingerprint(seen).files == {}
    assert names == {"5.csv"}
    assert (first.rows, second.rows) == (96, 120)


def test_a_file_that_changed_a_moment_ago_is_read_again(world):
    world.extract()  # the run began before the files were written
    with opening(world.root / "data") as names:
        world.extract()
    assert names == {"1.csv", "2.csv", "3.csv", "4.csv"}


@pytest.mark.parametrize("keep_time", [False, True])
def test_a_file_that_looks_otherwise_is_read_again(world, keep_time):
    world.extract(moment=LATER)
    path = world.root / "data" / "2.csv"
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"red", b"blu"))
    if keep_time:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with opening(world.root / "data") as names:
        table = world.table(use_case(contract__columns__colour={"type": "category"}), LATER)
    assert names == {"2.csv"}
    assert table["colour"].to_pylist().count("blu") == 24


def test_an_index_forgets_files_that_are_gone_and_is_written_only_if_something_changed(world):
    world.extract(moment=LATER)
    world.extract(moment=LATER)
    assert len(world.store.list("small/sources/items/")) == 1
    (world.root / "data" / "1.csv").unlink()
    assert world.extract(moment=LATER).rows == 72
    index = read_index(world.store, "small", "items")
    assert (index.number, [file.path for file in known(world)]) == (2, ["data/2.csv", "data/3.csv", "data/4.csv"])


def test_segments_of_an_index_are_shared(tmp_path):
    world = World(tmp_path)
    for number in range(600):
        world.write(f"{number:04d}.csv", [row(number)])
    world.extract(moment=LATER)
    before = set(world.store.list("objects/"))
    world.write("0700.csv", [row(700, at="2020-01-05T00:00:00Z")])
    world.extract(moment=LATER)
    # The new file's part and profile, its segment of the index, and the table of examples; not the other segments.
    assert len(set(world.store.list("objects/")) - before) == 4


def test_history_is_not_read_where_nothing_needs_it(world, caplog):
    world.extract(moment=LATER)
    noon = Moment(as_of=datetime(2020, 1, 4, tzinfo=UTC), started=LATER.started)
    case = use_case(data__history="1d")
    parts = {file.path: file.parsed.parts[0] for file in known(world)}
    with opening(world.root / "store" / "objects") as names:
        extracted = world.extract(case, noon)
    assert (extracted.rows, extracted.not_yet, extracted.outside_history) == (24, 24, 48)
    assert parts["data/3.csv"] in names
    assert not names & {parts["data/2.csv"], parts["data/4.csv"]}
    assert [file.path for file in extracted.sources] == ["data/3.csv"]


@pytest.mark.parametrize(("lookback", "seen"), [(None, 96), ("1d", 48)])
def test_a_query_looks_back_as_far_as_it_says(world, lookback, seen):
    sql = "select id, when_at, colour, size, late, count(*) over () as seen from items"
    case = use_case(
        data__query=sql, data__history="1d", data__lookback=lookback, contract__columns__seen={"type": "int"}
    )
    moment = Moment(as_of=datetime(2020, 1, 5, tzinfo=UTC), started=LATER.started)
    extracted = world.extract(case, moment)
    assert set(world.table(case, moment)["seen"].to_pylist()) == {seen}
    assert (extracted.rows, extracted.outside_history) == (24, 72)


def test_how_rows_lie_in_files_does_not_matter(tmp_path):
    """One file, or one a day: the same examples, counts and bytes but for where a row came from."""
    noon = Moment(as_of=datetime(2020, 1, 4, 12, tzinfo=UTC), started=LATER.started)
    tables, counts = [], []
    for size in (24, 96, 7):
        world = World(tmp_path / str(size))
        for start in range(0, 96, size):
            world.write(f"{start:03d}.csv", rows(min(size, 96 - start), first=start))
        extracted = world.extract(use_case(data__history="2d"), noon)
        tables.append(world.table(use_case(data__history="2d"), noon).drop_columns(["_file", "_row"]))
        counts.append((extracted.rows, extracted.not_yet, extracted.outside_history, extracted.newest))
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])
    assert len(set(counts)) == 1


def test_files_without_a_needed_column_are_named_and_since_when(world):
    world.write("5.csv", ["r200,2020-01-06T00:00:00Z,1.5,true"], head="id,when_at,size,late")
    with pytest.raises(DataError, match="colour is missing") as caught:
        world.extract(moment=LATER)
    (problem,) = caught.value.problems
    assert problem.where == "data.sources.items: data/5.csv (events since 2020-01-06)"
    assert problem.expected == "colour, as in data/1.csv, data/2.csv, data/3.csv and 1 more (events since 2020-01-01)"
    assert "alias" in problem.do


def test_a_column_that_nobody_needs_may_come_and_go(world):
    world.write("5.csv", ["r200,2020-01-06T00:00:00Z,red,1.5,true,7"], head="id,when_at,colour,size,late,gate")
    extracted = world.extract(moment=LATER)
    assert "`items`: data/5.csv (events since 2020-01-06) have a column gate that" in extracted.warnings[0]
    assert extracted.rows == 97


def test_a_file_that_is_no_table_may_be_set_aside(world):
    world.write("5.csv", b"<html>please log in</html>")
    with pytest.raises(DataError, match="HTML"):
        world.extract(moment=LATER)
    case = use_case(data__sources={"items": {"kind": "files", "path": "data/*", "unreadable_at_most": "20%"}})
    extracted = world.extract(case, LATER)
    assert extracted.rows == 96
    (file,) = extracted.unread
    assert (file.source, file.path) == ("items", "data/5.csv")
    assert "HTML" in file.why
    world.write("6.csv", b"")
    with pytest.raises(DataError, match="HTML") as caught:
        world.extract(case, LATER)
    assert "2 of 6 files of `items` cannot be read, at most 20.00%" in str(caught.value)


def test_a_file_is_parsed_as_it_was_hashed(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"1")
    seen = []

    def use(read: Read) -> bytes:
        data = read.file.read()
        seen.append(data)
        if len(seen) < 3:
            path.write_bytes(data + b"1")
        return data

    assert Local(tmp_path, "*").reading(A, use) == b"111"
    assert seen == [b"1", b"11", b"111"]


def test_a_file_that_never_comes_to_rest_is_told(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"1")
    with pytest.raises(DataError, match="changes while it is read"):
        Local(tmp_path, "*").reading(A, lambda read: path.write_bytes(read.file.read() + b"1"))


def test_a_file_that_cannot_be_read_is_the_disks_fault(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(InfrastructureError, match="cannot be read"):
        Local(tmp_path, "*").reading(A, lambda read: read.digest)


def test_a_column_may_stand_in_the_path(tmp_path):
    """Two files with the same bytes, told apart by their folder alone."""
    world, head = World(tmp_path), "id,when_at,size,late"
    for colour, number in (("red", 0), ("blue", 1)):
        world.write(f"colour={colour}/{number}.csv", [f"r{number},2020-01-01T00:00:00Z,1.5,true"], head)
        world.write(f"colour={colour}/same.csv", ["r2,2020-01-01T00:00:00Z,1.5,true"], head)
    case = use_case(data__sources={"items": {"kind": "files", "path": "data/colour=*/*.csv"}})
    found = {(each["id"], each["colour"]) for each in world.table(case, LATER).to_pylist()}
    assert found == {("r0", "red"), ("r1", "blue"), ("r2", "red"), ("r2", "blue")}
    world.write("colour=red/1.csv", [row(7)])
    with pytest.raises(DataError, match="in the path and in the file"):
        world.extract(case, LATER)


def deliver(world: World, day: int, head: str = "id,when_at,colour,size,late", times: float = 1.0) -> None:
    """A day of rows whose size is never the same."""
    sizes = [(37 * number + day) % 97 + number / 400 for number in range(400)]
    lines = [
        f"d{day}n{number:03d},2020-01-{day:02d}T00:{number % 60:02d}:00Z,red,{size * times:.4f},true"
        for number, size in enumerate(sizes)
    ]
    world.write(f"{day:02d}.csv", lines, head)


def test_a_renamed_column_is_recognised(tmp_path):
    world = World(tmp_path)
    for day in range(1, 6):
        deliver(world, day)
    deliver(world, 6, head="id,when_at,colour,breadth,late")
    with pytest.raises(DataError, match="size is missing") as caught:
        world.extract(moment=LATER)
    assert "breadth" in caught.value.problems[1].what
    assert "alias: breadth" in str(caught.value)


def test_a_changed_unit_is_a_warning(tmp_path):
    world = World(tmp_path)
    for day in range(1, 6):
        deliver(world, day)
    case = use_case(contract__columns__size={"type": "float", "unit": "m"})
    assert world.extract(case, LATER).warnings == ()
    deliver(world, 6, times=1000)
    (warning,) = world.extract(case, LATER).warnings
    assert warning.startswith("data/06.csv: ")
    assert "size" in warning
    assert "about 1000 times what it was" in warning
