"""Rows that are left out because of their time: counted whoever reads them, and named by file and row."""

from datetime import UTC, datetime

import pytest

from keepfit import quarantine
from keepfit.quarantine.explain import ByFile
from keepfit.quarantine.reading import taken
from keepfit.records import Moment
from tests.unit.data_world import MOMENT, World, row, rows, use_case

NOON = Moment(as_of=datetime(2020, 1, 4, 12, tzinfo=UTC), started=MOMENT.started)
CASE = {"data__history": "1d", "data__label": {"column": "late"}}
SQL = "select _file, _row, id, when_at, colour, size, late from items"
WAYS = {
    "no query": {},
    "a query that may look at all": {"data__query": SQL},
    "a query that looks back": {"data__query": SQL, "data__lookback": "1h"},
}


@pytest.fixture
def world(tmp_path):
    """A day a file, the first two before the history of one day and the last after the run's moment."""
    world = World(tmp_path)
    for day in range(5):
        world.write(f"{day}.csv", rows(24, first=24 * day))
    world.write("0.csv", [*rows(10), "r900,too short", row(11, size="big"), *rows(12, first=12)])
    world.write("4.csv", [row(96, size="big"), *rows(23, first=97)])
    return world


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_every_row_is_counted_and_named_by_its_file(world, way):
    case = use_case(**CASE, **way)
    extracted = world.extract(case, NOON)
    assert (extracted.rows, extracted.refused_rows) == (24, 1)
    assert (extracted.outside_history, extracted.not_yet) == (23 + 24 + 12, 12 + 24)
    world.validate(case, NOON)
    told = quarantine.explain(world.store, "small", taken(world.store, "small"))
    (outside,) = (each for each in told.dropped if each.rule == "outside history")
    assert [(each.file, each.rows) for each in outside.files] == [
        ("data/0.csv", 23),
        ("data/1.csv", 24),
        ("data/2.csv", 12),
    ]
    assert outside.files[1:] == (
        ByFile(file="data/1.csv", rows=24, ranges=((1, 24),)),
        ByFile(file="data/2.csv", rows=12, ranges=((1, 12),)),
    )
    assert outside.files[0].ranges in {((1, 24),), ((1, 10), (12, 24))}
    assert told.later == (
        ByFile(file="data/3.csv", rows=12, ranges=((13, 24),)),
        ByFile(file="data/4.csv", rows=24, ranges=((1, 24),)),
    )
    assert told.rows.total == told.rows.kept + told.rows.quarantined + told.rows.dropped == 24 + 1 + 59


def test_somebody_asks_for_one_of_them(world):
    case = use_case(**CASE)
    world.validate(case, NOON)
    it = taken(world.store, "small")
    early = quarantine.explain(world.store, "small", it, quarantine.Asked(file="1.csv", row=5))
    assert ([each.rule for each in early.dropped], early.later) == (["outside history"], ())
    late = quarantine.explain(world.store, "small", it, quarantine.Asked(file="4.csv", row=5))
    assert (late.dropped, [each.file for each in late.later]) == ((), ["data/4.csv"])
    kept = quarantine.explain(world.store, "small", it, quarantine.Asked(file="3.csv", row=5))
    assert (kept.dropped, kept.later) == ((), ())
