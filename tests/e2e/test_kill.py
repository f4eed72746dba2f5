"""kill -9 at any moment of a run: the store verifies, the champion stays, the same command completes the run once."""

import os
import random
import shutil
import signal
import time

import pytest
from journeys import EXPECTING, FIRST, REFUSING, ROOT, SECOND, STAGES, TINY, World, finish, lasting, ours, state

from keepfit.validate import archive

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
    begin = time.monotonic()
    ended = warm.run(world, *COMMAND)
    seconds = time.monotonic() - begin
    assert ended.code == 0, ended.err
    assert ended.answer["released"]
    assert ours(ended.computed) == list(STAGES)
    return lasting(ended.answer), state(world), seconds


@pytest.fixture
def world(history, tmp_path):
    return copy(history, tmp_path / "world")


def copy(world, folder):
    shutil.copytree(world.work, folder / "work")
    return World(folder)


@pytest.mark.parametrize("stage", STAGES)
def test_killed_before_in_and_after_a_stage_the_same_command_continues_there(stage, world, warm, undisturbed):
    done = STAGES.index(stage)
    before = state(world)
    for when in ("before", "made", "kept"):
        point = f"{when} {stage}"
        ended = warm.run(world, *COMMAND, die=point)
        assert (ended.code, ended.out) == (KILLED, ""), ended.err
        champion, versions = state(world)
        assert champion == (2 if POINTS.index(point) >= RELEASED else 1)
        assert versions == (undisturbed[1][1] if POINTS.index(point) >= REGISTERED else before[1])
        assert warm.running() == []
        fresh = when == "before"
        assert ours(ended.remembered) == ([] if fresh else list(STAGES[:done]))
        assert ours(ended.computed) == [*(STAGES[:done] if fresh else []), *([stage] if when == "kept" else [])]

    again = warm.run(world, *COMMAND)
    assert again.code == 0, again.err
    assert (lasting(again.answer), state(world)) == undisturbed[:2]
    assert ours(again.remembered) == list(STAGES[: done + 1])
    assert ours(again.computed) == list(STAGES[done + 1 :])


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 8))])
def test_killed_at_a_random_moment_and_again_while_it_recovers(seed, world, warm, undisturbed):
    moments = random.Random(seed)
    for share in (1.0, 0.6):
        ended = warm.run(world, *COMMAND, after=moments.uniform(0.1, 0.9) * share * undisturbed[2])
        assert ended.code in {KILLED, 0}, ended.err
        champion, versions = state(world)
        assert champion in {1, len(versions)}
        assert warm.running() == []
    again = warm.run(world, *COMMAND)
    assert (lasting(again.answer), state(world)) == undisturbed[:2]


def test_a_champion_whose_challenger_is_refused_stays_through_kills(world, warm):
    world.write("configs/visits.yaml", TINY.replace("release:", f"{REFUSING}release:") + EXPECTING)
    for point in ("made validate", "before evaluate", "made register", "before release", "kept report"):
        assert warm.run(world, *COMMAND, die=point).code == KILLED
        assert state(world)[0] == 1
    again = warm.run(world, *COMMAND)
    assert (again.code, again.answer["verdict"]["outcome"], again.answer["released"]) == (5, "fail", False)
    champion, versions = state(world)
    assert (champion, len(versions)) == (1, 2)
    verified = warm.run(world, "verify", "--json")
    assert (verified.code, verified.answer["ok"], verified.answer["checked"]["versions"]) == (0, True, 2)


def test_a_rollback_between_the_kill_and_the_next_attempt_stands(world, warm, undisturbed):
    assert warm.run(world, *COMMAND, die="made release").code == KILLED
    assert warm.run(world, "rollback", "visits", "--reason", "the doors were swapped").code == 0
    again = warm.run(world, *COMMAND)
    assert (again.code, again.answer["version"], again.answer["champion"]) == (0, 2, 1)
    assert state(world) == (1, undisturbed[1][1])


def usual(world, as_of):
    """What the newest validation as of a moment said about its volume."""
    records = (each for each in archive.newest_first(world.store, "visits") if f"{each.as_of:%Y-%m-%d}" == as_of)
    return next(told.observed for told in next(records).expectations if told.name == "expect_rows_like_usual")


def test_a_killed_run_compares_its_data_with_what_it_saw_first(world, warm):
    assert warm.run(world, *COMMAND, die="made validate").code == KILLED
    assert usual(world, SECOND).endswith("(of 1 accepted)")
    between = warm.run(world, "run", "visits", "--json", "--as-of", "2020-03-15")
    assert between.code == 0, between.err
    again = warm.run(world, *COMMAND)
    assert again.code == 0, again.err
    assert "compared" in again.remembered
    assert usual(world, SECOND).endswith("(of 1 accepted)")
    later = warm.run(world, "run", "visits", "--json", "--as-of", "2020-04-02")
    assert later.code == 0, later.err
    assert usual(world, "2020-04-02").endswith("(of 3 accepted)")


@pytest.fixture(scope="module")
def writes(history, warm, tmp_path_factory):
    """The beginning and the end of every write to the store that a run makes, in order."""
    ended = warm.run(copy(history, tmp_path_factory.mktemp("writes")), *COMMAND, die="write -1")
    assert ended.code == 0, ended.err
    told = [line for line in ended.told if line.startswith(("writes ", "wrote "))]
    assert sum("/ledger/" in line for line in told) == 4
    assert {line.split()[1].split("/")[-2] for line in told} >= {"objects", "runs", "snapshots", "versions", "verdicts"}
    return told


def see_a_kill_at_a_write(history, warm, undisturbed, folder, number):
    world = copy(history, folder)
    ended = warm.run(world, *COMMAND, die=f"write {number}")
    assert (ended.code, ended.out) == (KILLED, ""), ended.err
    champion, versions = state(world)
    assert champion in {1, len(versions)}
    assert warm.running() == []
    again = warm.run(world, *COMMAND)
    assert (lasting(again.answer), state(world)) == undisturbed[:2], ended.told[-1]
    shutil.rmtree(folder)


def test_killed_at_some_writes_to_the_store(history, warm, undisturbed, writes, tmp_path):
    of_the_ledger = [number for number, line in enumerate(writes) if "/ledger/" in line]
    others = random.Random(len(writes)).sample(sorted({*range(len(writes))} - {*of_the_ledger}), 8)
    for number in (*of_the_ledger, *others):
        see_a_kill_at_a_write(history, warm, undisturbed, tmp_path / f"{number}", number)


@pytest.mark.soak
def test_killed_at_every_write_to_the_store(history, warm, undisturbed, writes, tmp_path):
    for number in range(len(writes)):
        see_a_kill_at_a_write(history, warm, undisturbed, tmp_path / f"{number}", number)


def linked(world, folder):
    """A copy that shares its files, which nobody ever writes to again."""
    shutil.copytree(world.work, folder / "work", copy_function=os.link)
    return World(folder)


@pytest.mark.soak
def test_fifty_kills_on_the_flights(tmp_path):
    """Each with a Prefect server of its own; five kills in a row, then the run completes; ten times."""
    history = World(tmp_path / "history")
    history.write("configs/flight_delay.yaml", (ROOT / "configs" / "flight_delay.yaml").read_text())
    assert history.run("demo", "--until", "2013-05-01").code == 0
    assert history.run("run", "flight_delay", "--as-of", "2013-04-01").code == 0
    command = ("run", "flight_delay", "--json", "--as-of", "2013-05-01")
    undisturbed = linked(history, tmp_path / "undisturbed")
    begin = time.monotonic()
    expected = lasting(undisturbed.run(*command).answer), state(undisturbed, "flight_delay")
    seconds = time.monotonic() - begin

    moments = random.Random(50)
    codes = []
    for turn in range(10):
        world = linked(history, tmp_path / f"{turn}")
        for _ in range(5):
            process = world.start(*command)
            time.sleep(moments.uniform(0.5, seconds))
            process.kill()
            finish(process)
            codes.append(process.returncode)
            champion, versions = state(world, "flight_delay")
            assert champion in {1, len(versions) if expected[0]["released"] else 1}
            assert world.left() == ([], [])
            if moments.random() < 0.3:
                shutil.rmtree(world.prefect_home, ignore_errors=True)
        again = world.run(*command)
        assert (lasting(again.answer), state(world, "flight_delay")) == expected
        assert world.left() == ([], [])
    assert codes.count(KILLED) >= 25
