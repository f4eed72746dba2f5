"""Requests that come together are scored together, and each gets what it would have got alone."""

import asyncio
import time
from datetime import timedelta
from time import perf_counter

import pytest
import serving_world as world

from keepfit.errors import InfrastructureError
from keepfit.serving.asked import Asked
from keepfit.serving.log import predictions
from keepfit.serving.log.log import PredictionLog
from keepfit.serving.metrics import Metrics
from keepfit.serving.problems import HttpProblem
from keepfit.serving.turn import ENOUGH, MOST_RECORDS, Turn
from keepfit.serving.version import load
from keepfit.store import open_store

CASE = "visits"
FOREVER = (world.NOON.replace(year=2000), world.NOON.replace(year=2100))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return open_store(str(tmp_path_factory.mktemp("store")))


@pytest.fixture(scope="module")
def versions(store):
    return [load(store, CASE, world.champion(store, turn)) for turn in (1, 2)]


def rows(live, count, seed):
    return live.rows.checked(world.raw_records(count, seed), ("records",))


def told(asked_for, log=None):
    """What each is told that joins in one turn of a loop: (live, records, id) → answered or exception, in order."""
    heard = {}

    async def one_turn():
        turn = Turn({CASE: log} if log else {}, Metrics((CASE,)), deadline=5.0)
        all_heard = asyncio.Event()

        def hear(name, outcome):
            heard[name] = outcome
            if len(heard) == len(asked_for):
                all_heard.set()

        for live, records, name in asked_for:
            turn.join(Asked(live, records, name, perf_counter(), lambda _, outcome, name=name: hear(name, outcome)))
        assert len(heard) <= len(asked_for) // ENOUGH * ENOUGH  # the others at the end of the turn
        await asyncio.wait_for(all_heard.wait(), 10)

    asyncio.run(one_turn())
    return heard


def test_each_is_answered_as_it_would_be_alone_by_its_own_version(versions):
    asked_for = [(versions[place % 2], rows(versions[0], 1 + place % 4, place), f"r{place}") for place in range(40)]
    heard = told(asked_for)
    assert heard == {name: live.answer(records, name) for live, records, name in asked_for}
    scores = {name: [each.score for each in answered.predictions] for name, answered in heard.items()}
    assert scores["r0"] != [each.score for each in versions[1].answer(asked_for[0][1], "r0").predictions]


def test_one_that_cannot_be_scored_fails_alone(versions):
    live = versions[0]
    broken = [world.GOOD | {"minutes": "no number"}]
    asked_for = [(live, broken if place == 3 else rows(live, 2, place), f"r{place}") for place in range(6)]
    heard = told(asked_for)
    assert isinstance(heard.pop("r3"), ValueError)
    assert heard == {name: live.answer(records, name) for live, records, name in asked_for if name != "r3"}


def test_many_records_are_scored_in_several_goes(versions):
    live = versions[0]
    sizes = [MOST_RECORDS, 1, 300, 300, 700, 5]
    asked_for = [(live, rows(live, size, place), f"r{place}") for place, size in enumerate(sizes)]
    assert told(asked_for) == {name: live.answer(records, name) for live, records, name in asked_for}


@pytest.mark.parametrize("sync", [False, True])
def test_what_is_told_is_logged(store, versions, tmp_path, sync):
    log = PredictionLog(tmp_path, store, CASE, f"told-{sync}".lower(), sync=sync)
    broken = [world.GOOD | {"minutes": "no number"}]
    asked_for = [
        (versions[place % 2], broken if place == 4 else rows(versions[0], 3, place), f"{sync}{place}")
        for place in range(8)
    ]
    heard = told(asked_for, log)
    log.close()
    good = [(live, heard[name]) for live, records, name in asked_for if records is not broken]
    expected = {
        each.id: (each.score, versions.index(live) + 1) for live, answered in good for each in answered.predictions
    }
    found = {
        row["id"]: (row["score"][1], row["version"])
        for table in predictions(store, CASE, *FOREVER)
        for row in table.to_pylist()
        if row["id"].startswith(str(sync))
    }
    assert found == expected
    assert len(found) == 21


def test_where_the_log_has_no_room_nobody_is_answered(store, versions, tmp_path):
    log = PredictionLog(tmp_path, store, CASE, "full", sync=False, limit=1, window=timedelta(hours=1))
    time.sleep(0.5)  # its writer now waits, for minutes: what is there before that is written at once
    asked_for = [(versions[0], rows(versions[0], 1, place), f"f{place}") for place in range(4)]
    first, *others = told(asked_for, log), told(asked_for, log)
    log.close()
    assert all(not isinstance(each, Exception) for each in first.values())
    for each in others[0].values():
        assert isinstance(each, HttpProblem)
        assert (each.status, each.code) == (503, "log_full")


def test_where_the_disk_fails_nobody_is_answered(store, versions, tmp_path):
    log = PredictionLog(tmp_path, store, CASE, "gone", sync=True)
    folder = tmp_path / CASE / "gone"
    folder.rename(tmp_path / "elsewhere")
    heard = told([(versions[0], rows(versions[0], 1, place), f"g{place}") for place in range(3)], log)
    (tmp_path / "elsewhere").rename(folder)
    log.close()
    assert [(each.status, each.code) for each in heard.values()] == [(503, "not_logged")] * 3
    assert not any(isinstance(each, InfrastructureError) for each in heard.values())
