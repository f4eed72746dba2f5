"""Histories in a bucket: each promise of the ledger whatever two clients do, what it costs, many writers at once."""

import json
import os
import secrets
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import s3_servers
from history_machine import histories
from history_world import PERSON, ran
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from keepfit.ledger import append
from keepfit.records import Draft
from keepfit.registry import show, show_all, verify
from keepfit.store import open_store

ROOT = Path(__file__).parents[2]
WORKER = ROOT / "tests/e2e/races_worker.py"


@pytest.fixture
def here(weed, aws):
    """SeaweedFS is what S3 is for this process."""
    aws(weed)
    return weed


def new_address():
    return f"s3://{s3_servers.BUCKET}/{secrets.token_hex(6)}"


@pytest.fixture
def store(here):
    return open_store(new_address())


@contextmanager
def bucket():
    """Opens clients of a new store."""
    address = new_address()
    yield lambda: open_store(address)


def explore(examples, steps):
    run_state_machine_as_test(
        histories(bucket),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=[*HealthCheck],
        ),
    )


def test_two_clients_keep_every_promise(here):
    explore(examples=3, steps=6)


@pytest.mark.soak
def test_two_clients_keep_every_promise_for_long(here):
    explore(examples=150, steps=20)


def test_what_a_look_and_an_entry_cost_in_requests_of_http(store):
    for number in range(1, 13):
        ran(store, number)
    sent = []
    store._s3.client.meta.events.register("before-send.s3", lambda request, **_: sent.append(request.method))
    assert show(store, "flights").entries_in_all == 24
    assert sent == ["GET", "GET"]
    sent.clear()
    append(store, "flights", lambda _: Draft(action="disabled", **PERSON))
    assert sent == ["GET", "GET", "PUT"]
    sent.clear()
    assert len(show_all(store, "flights").ledger) == 25
    assert len(sent) <= 26


def race(server, address, runs):
    """Eight processes register and promote; the numbers that they were given."""
    environ = {**os.environ, **server.environ, "KEEPFIT_CACHE": ""}
    environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests/unit")])
    command = [sys.executable, str(WORKER), "race", address]
    workers = [
        subprocess.Popen([*command, str(n), str(runs)], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for n in range(8)
    ]
    given = []
    for worker in workers:
        said, errors = worker.communicate(timeout=3_000)
        assert worker.returncode == 0, errors.decode()
        given += json.loads(said)
    return given


def see_a_race(server, runs):
    address = new_address()
    given = race(server, address, runs)
    store = open_store(address)
    verified = verify(store)
    assert verified.problems == ()
    assert sorted(given) == list(range(1, 8 * runs + 1))
    assert verified.checked.versions == 8 * runs
    shown = show_all(store, "flights")
    assert [line.seq for line in shown.ledger] == list(range(len(shown.ledger), 0, -1))
    assert shown.champion in given


def test_eight_processes_register_and_promote_at_once(here):
    see_a_race(here, 3)


@pytest.mark.soak
def test_eight_processes_register_and_promote_a_hundred_times_each(here):
    see_a_race(here, 100)
