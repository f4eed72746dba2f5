"""However long the history is, a run looks at all of it and reads what matters."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from data_world import World, row, use_case
from quarantine_world import Memory

from keepfit.data import extract, fingerprint, get_table, look
from keepfit.data.extent import ParsedFile, extent, together
from keepfit.data.groups import Group, by_time, newest_before
from keepfit.data.index import Index, Known, segment_of
from keepfit.data.moment import Span
from keepfit.errors import DataError
from keepfit.quarantine import Asked, replay
from keepfit.quarantine.files import Line
from keepfit.quarantine.reading import rows, taken
from keepfit.records import Moment
from keepfit.store import object_key
from keepfit.validate import validate

FIRST = datetime(2000, 1, 1, tzinfo=UTC)
WEEK = use_case(data__history="7d")


class Counted(Memory):
    """A store that says how often it is asked."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def read(self, key):
        self.asked.append(f"read {key}")
        return super().read(key)

    def create(self, key, data):
        self.asked.append(f"create {key}")
        super().create(key, data)

    def list(self, prefix, limit=None):
        self.asked.append(f"list {prefix}")
        return super().list(prefix, limit)


class Days:
    """A file a day, and a run after the last."""

    def __init__(self, root, days):
        self.world, self.store, self.days = World(root), Counted(), 0
        for _ in range(days):
            self.deliver()
        if days:
            self.run()

    def deliver(self):
        day = self.days
        self.write(day, [row(2 * day + number, at=self.at(day)) for number in range(2)])
        self.days += 1

    def write(self, day, lines):
        self.world.write(f"{self.at(day)[:10]}.csv", lines)

    def at(self, day):
        return f"{FIRST + timedelta(days=day):%Y-%m-%dT%H:00:00Z}"

    def run(self, as_of=None, case=WEEK):
        moment = Moment(
            as_of=FIRST + timedelta(days=self.days if as_of is None else as_of),
            started=datetime(2100, 1, 1, tzinfo=UTC),
        )
        self.store.asked.clear()
        return extract(self.store, case, moment, self.world.root)


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """Three hundred days; tests leave them as they were."""
    return Days(tmp_path_factory.mktemp("long"), 300)


def test_one_more_day_asks_the_store_as_often_after_a_month_as_after_years(tmp_path):
    counts = []
    for days in (30, 600):
        it = Days(tmp_path / str(days), days)
        for _ in range(3):
            it.deliver()
            assert it.run().rows == 14
            counts.append((days, len(it.store.asked)))
    of = [[count for days, count in counts if days == wanted] for wanted in (30, 600)]
    assert max(of[1]) <= max(of[0]) + 4, counts  # the week may lie in two segments, and what came before it in a third


@pytest.mark.parametrize("day", [0, 150, 299])
def test_what_changes_anywhere_in_the_past_is_seen(long, day):
    before = long.run()
    seen = fingerprint(look(long.store, WEEK, long.world.root))
    assert seen.files == {}
    long.write(day, [row(2 * day, at=long.at(day))])
    changed = long.run()
    assert before.rows + before.outside_history - changed.rows - changed.outside_history == 1
    other = fingerprint(look(long.store, WEEK, long.world.root))
    assert other.digest != seen.digest
    (long.world.root / "data" / f"{long.at(day)[:10]}.csv").unlink()
    gone = long.run()
    assert before.rows + before.outside_history - gone.rows - gone.outside_history == 2
    long.write(day, [row(2 * day + number, at=long.at(day)) for number in range(2)])
    assert long.run() == before
    assert fingerprint(look(long.store, WEEK, long.world.root)).digest == seen.digest


def test_the_answer_is_the_same_whatever_was_known(long):
    known = long.run(as_of=100)
    assert (known.rows, known.outside_history, known.not_yet) == (14, 186, 400)
    new = Moment(as_of=FIRST + timedelta(days=100), started=datetime(2100, 1, 1, tzinfo=UTC))
    assert extract(Memory(), WEEK, new, long.world.root) == known


def test_every_file_that_does_not_matter_is_told_somewhere(long):
    names = get_table(long.store, long.run().left_out[0])["_file"].to_pylist()
    assert len(names) < 100
    for day in range(290):
        path = f"data/{long.at(day)[:10]}.csv"
        assert sum(Asked(file=path).fits(name, 1, "outside history") for name in names) == 1, path


@pytest.mark.parametrize("day", [2, 9])
def test_what_does_not_matter_may_have_other_columns(tmp_path, day):
    """Files of years ago, or of the future of a run that looks back."""
    it = Days(tmp_path, 10)
    it.world.write(f"{it.at(day)[:10]}.csv", [f"r{2 * day},{it.at(day)},1.5,true"], head="id,when_at,size,late")
    assert it.run(as_of=9, case=use_case(data__history="2d")).rows == 4
    with pytest.raises(DataError, match="colour is missing"):
        it.run(case=use_case())


def test_refused_rows_of_years_ago_cost_nothing(tmp_path):
    it = Days(tmp_path, 0)
    for day in range(20):
        it.write(day, [row(2 * day, at=it.at(day)), row(2 * day + 1, at=it.at(day), size="x")])
    it.days = 20
    extracted = it.run()
    assert [file.path[5:] for file in extracted.sources] == [f"{it.at(day)[:10]}.csv" for day in range(13, 20)]
    assert (extracted.rows, extracted.refused_rows, extracted.outside_history) == (7, 7, 26)


@pytest.mark.parametrize("line", ["r003,yesterday,red,1.5,true", "r003,,red,1.5,true"])
def test_a_row_without_a_time_always_matters(tmp_path, line):
    it = Days(tmp_path, 10)
    it.write(0, [row(0, at=it.at(0)), row(1, at=it.at(0), size="x")])
    it.write(1, [row(2, at=it.at(1)), line])
    extracted = it.run()
    assert (extracted.rows + extracted.refused_rows, extracted.outside_history) == (15, 5)
    parts = [part for file in extracted.sources if file.refused and file.rows == 1 for part in file.parts]
    it.run()
    # Once, for the columns: its own rows do not matter.
    assert all(it.store.asked.count(f"read {object_key(part)}") == 1 for part in parts)


def test_a_file_without_times_always_matters(tmp_path):
    it = Days(tmp_path, 10)
    it.world.write(f"{it.at(1)[:10]}.csv", ["r003,red,1.5,true"], head="id,colour,size,late")
    with pytest.raises(DataError, match="when_at is missing"):
        it.run()


def test_rows_that_were_put_back_are_counted_once_when_their_file_no_longer_matters(tmp_path):
    it = Days(tmp_path, 9)
    it.write(9, [row(18, at=it.at(9)), row(19, at=it.at(9), colour="green")])
    it.days, started = 10, datetime(2100, 1, 1, tzinfo=UTC)
    validate(it.store, WEEK, it.run(), Moment(as_of=FIRST + timedelta(days=10), started=started))
    found = taken(it.store, "small")
    lines = [Line(each.source, each.place, each.values | {"colour": "red"}, "") for each in rows(it.store, found)]
    assert replay(it.store, WEEK, found, lines, actor="ada", reason="mended", at=started).put_back == 1
    for _ in range(290):
        it.deliver()
    extracted = it.run()
    assert (extracted.rows, extracted.outside_history) == (14, 586)


def test_what_the_yaml_reads_otherwise_is_read_again(long):
    sizes = []
    for nulls in ([""], ["1.5"]):
        case = use_case(data__sources={"items": {"kind": "files", "path": "data/*", "nulls": nulls}})
        sizes.append(get_table(long.store, long.run(case=case).parts[0])["size"].null_count)
    assert sizes == [0, 600]


def test_an_index_of_another_release_is_as_none(tmp_path):
    it = Days(tmp_path, 10)
    before = it.run()
    (key,) = it.store.list("small/sources/items/")
    it.store.create(key.replace("999999999999", "999999999998"), b'{"number":2,"written":"otherwise"}')
    assert it.run() == before
    assert len(it.store.list("small/sources/items/")) == 3


@pytest.mark.parametrize("seed", range(20))
def test_the_newest_files_before_are_found_wherever_they_lie(seed):
    draw = random.Random(seed)
    files = [file_of(number, draw.randrange(100), draw.randrange(5)) for number in range(60)]
    span = Span("at", FIRST + timedelta(days=80), FIRST + timedelta(days=200), FIRST + timedelta(days=300))
    groups = [Group(segment_of(Memory(), Index(0, "", ()), part), part) for part in batched(files, 7)]
    inside = [group for group in groups if group.segment.extent.outside(span) is None]
    outside = [group for group in groups if group not in inside]
    given = [file for group in inside for file in group.files]
    early = sorted((file for file in files if file.parsed.last < span.since), key=by_time)
    assert newest_before(Memory(), span, given, outside, 12) == early[-12:]


@pytest.mark.parametrize("seed", range(50))
def test_files_do_not_matter_together_if_none_of_them_does(seed):
    draw = random.Random(seed)
    span = Span("at", FIRST + timedelta(days=10), FIRST + timedelta(days=20), FIRST + timedelta(days=30))

    def ends():
        first = draw.choice([0, 0, 0, 0, 0, 5, 15, 25, 35])
        return FIRST + timedelta(days=first), FIRST + timedelta(days=first + draw.choice([0, 0, 0, 7]))

    def one():
        rows, refused = draw.choice([0, 3, 3]), draw.choice([0, 0, 2])
        dated = ends() if rows and draw.random() < 0.9 else (None, None)
        undated = int(dated[0] is not None and draw.random() < 0.1)
        refused_ends = ends() if refused and draw.random() < 0.8 else None
        return extent(parsed(rows, refused, *dated, undated, refused_ends))

    for _ in range(50):
        each = [one() for _ in range(draw.randrange(1, 4))]
        of_each = [file.outside(span) for file in each]
        if (of_all := together(each).outside(span)) is not None:
            assert None not in of_each, each
            assert of_all == tuple(map(sum, zip(*of_each, strict=True))), each


def batched(files, size):
    return [tuple(files[start : start + size]) for start in range(0, len(files), size)]


def file_of(number, day, length):
    first = FIRST + timedelta(days=day - (40 if number < 40 else 0))
    return Known(
        path=f"{number:03d}",
        signature="",
        digest="",
        size=0,
        parsed=parsed(1, 0, first, first + timedelta(days=length)),
    )


def parsed(rows, refused, first, last, undated=0, refused_ends=None):
    return ParsedFile(
        parts=(),
        rows=rows,
        refused=(),
        refused_rows=refused,
        columns=(),
        first=first,
        last=last,
        undated=undated,
        refused_ends=refused_ends,
        profile="",
    )


def test_a_new_file_is_compared_with_those_before_the_history(tmp_path):
    """Also where names are not in the order of time."""
    it = Days(tmp_path, 0)
    for day in range(200):
        sizes = [(37 * number + day) % 97 + number / 400 for number in range(100)]
        lines = [
            row(100 * day + n, at=it.at(day), size=f"{size * (1000 if day == 199 else 1):.4f}")
            for n, size in enumerate(sizes)
        ]
        it.world.write(f"{(day * 77) % 200:03d}.csv", lines)
    it.days = 200
    case = use_case(data__history="1d", contract__columns__size={"type": "float", "unit": "m"})
    (warning,) = it.run(case=case).warnings
    assert f"data/{(199 * 77) % 200:03d}.csv" in warning
    assert "about 1000 times" in warning
