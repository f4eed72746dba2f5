"""Processes beside each other, and processes that are killed: no number twice, no gap, and the store verifies."""

import json
import os
import shutil
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
from history_world import ran
from races_worker import die

from keepfit.registry import show_all, verify
from keepfit.store import open_store

ROOT = Path(__file__).parents[2]
WORKER = Path(__file__).with_name("races_worker.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "unit")])}


def start(*arguments):
    command = [sys.executable, str(WORKER), *map(str, arguments)]
    return subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process):
    """The exit code; anything but success and the kill is a failure of the test."""
    _, errors = process.communicate(timeout=60)
    assert process.returncode in {0, -signal.SIGKILL}, errors
    return process.returncode


@pytest.mark.parametrize("times", [25, pytest.param(100, marks=pytest.mark.soak)])
def test_eight_processes_register_and_promote_many_times_each(tmp_path, times):
    workers = [start("race", tmp_path, worker, times) for worker in range(8)]
    given = []
    for worker in workers:
        said, errors = worker.communicate(timeout=600)
        assert worker.returncode == 0, errors
        given += json.loads(said)
    assert sorted(given) == list(range(1, 8 * times + 1))
    store = open_store(str(tmp_path))
    verified = verify(store)
    assert verified.problems == ()
    assert verified.checked.versions == 8 * times
    shown = show_all(store, "flights")
    assert [entry.seq for entry in shown.ledger] == list(range(len(shown.ledger), 0, -1))
    assert shown.champion in given


def test_the_same_run_started_in_many_processes_is_one_version(tmp_path):
    for process in [start("die", tmp_path, -1, "run", 7) for _ in range(6)]:
        assert ended(process) == 0
    shown = show_all(open_store(str(tmp_path)), "flights")
    assert [entry.action for entry in shown.ledger] == ["promoted", "registered"]
    assert shown.champion == 1


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    store = open_store(str(tmp_path_factory.mktemp("races") / "store"))
    for number, outcome in ((1, "pass"), (2, "pass"), (3, "not_enough_evidence")):
        ran(store, number, outcome)
    return store.root


AFTER = {"run": 4, "promote": 3, "rollback": 1, "disable": None}
GIVEN = {"run": 4, "promote": 3, "rollback": 1, "disable": 0}


@pytest.mark.parametrize("action", sorted(AFTER))
def test_killed_at_any_step_of_writing_the_next_attempt_completes(history, tmp_path, action):
    for step in count():
        folder = shutil.copytree(history, tmp_path / f"{step}")
        store = open_store(str(folder))
        before = show_all(store, "flights")
        completed = ended(start("die", folder, step, action, GIVEN[action])) == 0
        between = show_all(store, "flights")
        assert verify(store).problems == ()
        assert between.champion in {before.champion, AFTER[action]}
        again(store, action)
        shown = show_all(store, "flights")
        assert verify(store).problems == ()
        assert shown.champion == AFTER[action]
        assert [one.version for one in shown.versions] == list(range(len(shown.versions), 0, -1))
        assert len(shown.versions) == len(before.versions) + (action == "run")
        assert len(shown.ledger) == len(before.ledger) + (2 if action == "run" else 1)
        if completed:
            break
    assert step >= 2


def again(store, action):
    """The same command once more, not killed this time."""
    die(str(store.root), -1, action, GIVEN[action])


def test_killed_again_and_again_a_run_still_completes_once(history, tmp_path):
    folder = shutil.copytree(history, tmp_path / "store")
    codes = []
    while not codes or codes[-1]:
        codes.append(ended(start("die", folder, 2, "run", 4)))
        assert verify(open_store(str(folder))).problems == ()
        assert len(codes) < 20
    assert len(codes) > 2
    shown = show_all(open_store(str(folder)), "flights")
    assert [entry.action for entry in shown.ledger][:2] == ["promoted", "registered"]
    assert shown.champion == len(shown.versions) == 4
