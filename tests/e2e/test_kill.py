"""kill -9 at any moment of a run: the store verifies, the champion stays, the same command completes the run once."""

import random
import shutil
import signal

import pytest
from journeys import EXPECTING, FIRST, REFUSING, SECOND, STAGES, TINY, World, lasting, state

POINTS = [f"{when} {stage}" for stage in STAGES for when in ("before", "made", "kept")]
REGISTERED, RELEASED = POINTS.index("made register"), POINTS.index("made release")
COMMAND = ("run", "visits", "--json", "--as-of", SECOND)
KILLED = -signal.SIGKILL


@pytest.fixture(scope="module")
def history(tmp_path_factory, warm):
    """A use case whose first version is champion, and the next month's data have come."""
    world = World(tmp_path_factory.mktemp("history")).tiny()
    ended = warm.run(world, "run", "visits", "--json", "--as-of", FIRST)
    assert (ended.code, ended.answer["champion"]) == (0, 1), ended.err
    return world


@pytest.fixture(scope="module")
def undisturbed(history, warm, tmp_path_factory):
    """What the next run answers, and the state that it leaves, when nobody kills it."""
    world = copy(history, tmp_path_factory.mktemp("undisturbed"))
    ended = warm.run(world, *COMMAND)
    assert ended.code == 0, ended.err
    assert ended.answer["released"]
    assert [stage for stage in ended.computed if stage != "parse"] == list(STAGES)
    return lasting(ended.answer), state(world)


@pytest.fixture
def world(history, tmp_path):
    return copy(history, tmp_path / "world")


def copy(world, folder):
    shutil.copytree(world.work, folder / "work")
    return World(folder)


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_boundary_the_same_command_continues_there(point, world, warm, undisturbed):
    reached = POINTS.index(point)
    before = state(world)
    ended = warm.run(world, *COMMAND, die=point)
    assert (ended.code, ended.out) == (KILLED, ""), ended.err
    champion, versions = state(world)
    assert champion == (2 if reached >= RELEASED else 1)
    assert versions == (undisturbed[1][1] if reached >= REGISTERED else before[1])
    assert warm.running() == []

    again = warm.run(world, *COMMAND)
    assert again.code == 0, again.err
    assert (lasting(again.answer), state(world)) == undisturbed
    kept = STAGES[: (reached + 1) // 3]
    assert [stage for stage in again.remembered if stage in STAGES] == list(kept)
    assert [stage for stage in again.computed if stage in STAGES] == [stage for stage in STAGES if stage not in kept]


def test_killed_at_every_boundary_one_after_the_other_a_run_completes_once(world, warm, undisturbed):
    for point in POINTS:
        ended = warm.run(world, *COMMAND, die=point)
        assert ended.code == KILLED, (point, ended.err)
        state(world)
    again = warm.run(world, *COMMAND)
    assert again.computed == []
    assert (lasting(again.answer), state(world)) == undisturbed
    verified = warm.run(world, "verify", "--json")
    assert (verified.code, verified.answer["ok"], verified.answer["checked"]["versions"]) == (0, True, 2)
    assert warm.running() == []


@pytest.mark.parametrize("seed", range(10))
def test_killed_at_a_random_moment_and_again_while_it_recovers(seed, world, warm, undisturbed):
    moments = random.Random(seed)
    killed = 0
    for _ in range(2):
        ended = warm.run(world, *COMMAND, after=moments.uniform(0.2, 2.5))
        killed += ended.code == KILLED
        champion, versions = state(world)
        assert champion in {1, len(versions)}
        assert warm.running() == []
    again = warm.run(world, *COMMAND)
    assert (lasting(again.answer), state(world)) == undisturbed


@pytest.mark.parametrize("point", ["before validate", "made evaluate", "made register", "before release", "made report"])
def test_a_champion_whose_challenger_is_refused_stays_through_kills(point, world, warm):
    world.write("configs/visits.yaml", TINY.replace("release:", f"{REFUSING}release:") + EXPECTING)
    assert warm.run(world, *COMMAND, die=point).code == KILLED
    assert state(world)[0] == 1
    again = warm.run(world, *COMMAND)
    assert (again.code, again.answer["verdict"]["outcome"], again.answer["released"]) == (5, "fail", False)
    champion, versions = state(world)
    assert (champion, len(versions)) == (1, 2)
