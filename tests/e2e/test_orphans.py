"""`keepfit run` with a Prefect server of its own: nothing of it outlives the run, nothing is written elsewhere."""

import shutil
import signal
import time

import pytest
from journeys import EXPECTING, SECOND, TINY, World, files_below, finish, lasting, ours, state

COMMAND = ("run", "visits", "--json", "--as-of", SECOND)
KILLED = -signal.SIGKILL


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path / "world").tiny(text=TINY + EXPECTING)
    yield world
    world.stop()


def test_kills_with_an_own_server_and_without_the_home_of_prefect(world):
    starting = world.start(*COMMAND)
    time.sleep(2.5)  # libraries load, the server starts
    starting.kill()
    finish(starting)
    assert world.left() == ([], [])

    for point in ("made train", "made release"):
        ended = world.run(*COMMAND, die=point)
        assert (ended.code, ended.out) == (KILLED, ""), ended.err
        assert world.left() == ([], [])
        state(world)
        shutil.rmtree(world.prefect_home)

    completed = world.run(*COMMAND)
    assert completed.code == 0, completed.err
    assert ours(completed.computed) == ["release", "report"]
    assert completed.answer["released"]
    assert state(world) == (1, [completed.answer["digest"]])
    assert world.family() == []

    shutil.rmtree(world.prefect_home)
    again = world.run(*COMMAND)
    assert again.computed == []
    assert lasting(again.answer) == lasting(completed.answer)
    assert world.left() == ([], [])


def test_a_run_writes_to_its_store_and_to_the_home_of_prefect_only(world):
    before = files_below(world.folder)
    ended = world.run(*COMMAND)
    assert ended.code == 0, ended.err
    written = files_below(world.folder) - before - {"told"}
    strange = {name for name in written if not name.startswith(("work/.keepfit/", "home/.prefect/"))}
    assert strange == set()
    assert {name.split("/")[2] for name in written if name.startswith("work/.keepfit/")} == {"objects", "visits"}
    assert world.left() == ([], [])
