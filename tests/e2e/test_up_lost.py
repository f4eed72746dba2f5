"""What `keepfit up` outlives: a worker killed in the middle of training, Prefect's server killed, its database lost."""

import contextlib
import shutil
import signal
import time

import psutil
import pytest
from journeys import World, state
from upped import SERVER, WORKER, Up
from watched_world import WATCHED, write

from keepfit.ledger import head
from keepfit.registry import verify

pytestmark = pytest.mark.soak
LEASE = 300  # seconds for which Prefect keeps the place of a run that was killed, at most


SLOW = "train: {candidates: [{hist_gradient_boosting: {learning_rate: [0.02, 0.3, log]}}], trials: 40, seed: 7}\n"
QUICK = "train: {candidates: [logistic_regression], seed: 7}\n"


@pytest.fixture
def world(tmp_path):
    world = write(World(tmp_path))
    assert QUICK in WATCHED
    world.write("configs/visits.yaml", WATCHED.replace(QUICK, SLOW))
    yield world
    world.stop()


def training(up):
    """A run of the train flow that is fitting: its stage `train` has begun, and is still at it a second later."""
    run = up.start("train", as_of="2020-04-01")
    up.until(lambda: fitting(up, run))
    time.sleep(1)
    assert fitting(up, run)
    return run


def fitting(up, run):
    asked = {"flow_runs": {"id": {"any_": [run]}}, "task_runs": {"state": {"type": {"any_": ["RUNNING"]}}}}
    return any(each["name"].startswith("train") for each in up.ask("POST", "/task_runs/filter", asked))


def see_that_one_version_was_released_once(up, world):
    assert up.until(up.version) == 1
    champion, versions = state(world)
    assert (champion, len(versions)) == (1, 1)
    actions = [each["action"] for each in world.run("show", "visits", "--all", "--json").answer["ledger"]]
    assert sorted(actions) == ["promoted", "registered"]
    assert verify(world.store).problems == ()
    up.until(lambda: up.ask("GET", "/v2/concurrency_limits/keepfit:visits")["active_slots"] == 0)


def kill_with_children(process):
    for each in [*process.children(recursive=True), process]:
        with contextlib.suppress(psutil.Error):
            each.send_signal(signal.SIGKILL)


def test_after_a_worker_was_killed_in_training_a_later_run_finishes_and_releases_once(world):
    up = Up(world)
    try:
        training(up)
        assert state(world)[1] == []
        kill_with_children(up.child(WORKER))
        run = up.start("train", as_of="2020-04-01")
        assert up.ended(run, LEASE + 120) == "COMPLETED", up.log()
        see_that_one_version_was_released_once(up, world)
    finally:
        up.stop()


def test_a_run_goes_on_when_the_server_is_killed_beneath_it(world):
    up = Up(world)
    try:
        run = training(up)
        up.child(SERVER).kill()
        up.until(up.healthy)
        if up.ended(run, LEASE + 120) != "COMPLETED":
            assert up.ended(up.start("train", as_of="2020-04-01"), LEASE + 120) == "COMPLETED", up.log()
        see_that_one_version_was_released_once(up, world)
    finally:
        up.stop()


def test_without_prefects_database_the_ledger_tells_everything_and_the_rest_is_made_anew(world):
    up = Up(world)
    up.done("train", as_of="2020-04-01")
    before, seq = state(world), head(world.store, "visits").seq
    up.stop()
    kept = world.home / ".local" / "state" / "keepfit" / "up"
    assert list(kept.rglob("*.db"))
    shutil.rmtree(kept)
    assert state(world) == before
    up = Up(world)
    try:
        assert up.until(up.version) == 1
        assert up.runs() == []
        assert {flow: up.deployment(flow)["name"] for flow in ("train", "monitor", "retrain")}
        assert up.ask("POST", "/automations/filter", {})
        up.done("train", as_of="2020-04-01")  # all of it is remembered: nothing new
        assert head(world.store, "visits").seq == seq
        assert state(world) == before
    finally:
        up.stop()
