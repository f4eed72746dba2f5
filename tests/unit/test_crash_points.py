"""Killed at any point of any write of the store, the memo, the ledger and the snapshot: nothing is half there.

Every deed of a history is repeated from the state before it and killed at each point it reaches, in order. The next
client finds a store that verifies and the champion of before or after, and the same deed ends as if nothing had been.
"""

import shutil
from datetime import UTC, datetime

import pytest
from crash_points import Crash, Dying, DyingDirectory, Points
from history_world import PERSON, put_back, ran, tree

from keepfit.memo import remembered
from keepfit.records import Moment
from keepfit.registry import show, verify
from keepfit.release import disable, promote, rollback
from keepfit.store import Directory

MOMENT = datetime(2013, 4, 1, tzinfo=UTC)


def a_snapshot(store):
    """Three months of days, a partition each."""
    import pyarrow as pa

    from keepfit.data.snapshot import Writer

    writer = Writer(store, "flights", {"at": "time", "delay": "float"}, ("at",), "at")
    for month in (1, 2, 3):
        days = pa.array([datetime(2013, month, day, tzinfo=UTC) for day in range(1, 29)])
        writer.add(pa.table({"at": days, "delay": [0.5] * 28}))
    return writer.close()


def a_memo(store):
    def stage():
        return Moment(as_of=MOMENT, started=MOMENT)

    return remembered(store, "flights", "extract", {"source": "d1"}, Moment, stage)


DEEDS = {
    "a memo": a_memo,
    "a snapshot": a_snapshot,
    "the first run": lambda store: ran(store, 1),
    "a run that passes": lambda store: ran(store, 2),
    "an undecided run": lambda store: ran(store, 3, "not_enough_evidence"),
    "a promotion": lambda store: promote(store, "flights", 3, **PERSON),
    "a rollback": lambda store: rollback(store, "flights", 1, **PERSON),
    "a disabling": lambda store: disable(store, "flights", **PERSON),
    "rows put back": lambda store: put_back(store, b"rows that a person put back"),
    "a run that is held": lambda store: ran(store, 4, held=("ten times the usual rows",)),
    "a promotion of what was held": lambda store: promote(store, "flights", 4, **PERSON),
}


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """The store as it is before each deed, and after the last one."""
    folders, here = {}, tmp_path_factory.mktemp("crashes") / "start"
    here.mkdir()
    for name, deed in DEEDS.items():
        folders[name] = here
        here = shutil.copytree(here, here.with_name(f"after {name}"))
        deed(Directory(here))
    return folders | {"": here}


def after(before, name):
    return before[[*DEEDS, ""][[*DEEDS].index(name) + 1]]


def lasting(root):
    """What a store holds; names that no key can have are what killed processes left."""
    return {name: data for name, data in tree(root).items() if not name.rpartition("/")[2].startswith(".")}


def points_of(root, folder, deed):
    """The names of all points that a deed reaches when nobody kills it."""
    outside, inside = Points(), Points()
    deed(Dying(Directory(shutil.copytree(root, folder / "outside")), outside))
    deed(DyingDirectory(shutil.copytree(root, folder / "inside"), inside))
    return [(Dying, at, name) for at, name in enumerate(outside.names)] + [
        (DyingDirectory, at, name) for at, name in enumerate(inside.names)
    ]


def killed(kind, root, at, deed):
    """Do a deed in a client that dies at a point; the name of the point."""
    points = Points(at)
    with pytest.raises(Crash) as crash:
        deed(Dying(Directory(root), points) if kind is Dying else DyingDirectory(root, points))
    return str(crash.value)


@pytest.mark.parametrize("name", DEEDS)
def test_killed_at_any_point_of_a_deed_it_is_done_once(name, before, tmp_path):
    deed, root, expected = DEEDS[name], before[name], after(before, name)
    champions = {show(Directory(each), "flights").champion for each in (root, expected)}
    points = points_of(root, tmp_path, deed)
    assert len({kind for kind, _, _ in points}) == 2
    for kind, at, point in points:
        store = Directory(shutil.copytree(root, tmp_path / f"{kind.__name__} {at}"))
        assert killed(kind, store.root, at, deed) == point
        assert verify(store).problems == (), point
        assert show(store, "flights").champion in champions, point
        deed(Directory(store.root))
        assert lasting(store.root) == lasting(expected), point
        assert verify(store).problems == (), point


def test_the_points_are_those_of_every_write(before, tmp_path):
    points = points_of(before["the first run"], tmp_path, DEEDS["the first run"])
    outside = [name for kind, _, name in points if kind is Dying]
    inside = [name for kind, _, name in points if kind is DyingDirectory]
    writes = [
        *("object 1", "snapshot 1", "memo position", "object 2", "object 3", "object 4"),
        *("object 5", "object 6", "manifest 1", "verdict 1", "ledger 1", "ledger 2"),
    ]
    there = "object 6"  # the same bytes as object 3, so nothing is written
    whens, steps = ("before", "after"), ("half written", "written", "linked", "synced")
    assert outside == [f"{when} {each}" for each in writes for when in whens if f"{when} {each}" != f"after {there}"]
    assert inside == [f"{each} {step}" for each in writes for step in steps if each != there]
