"""kill -9, many times at random: nothing that was acknowledged is lost, torn or doubled."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from log_killed import WINDOW
from log_world import LOG_OF, as_it_was, in_store

from keepfit.serving.log import ship as shipping
from keepfit.store import Directory

CHILD = Path(__file__).with_name("log_killed.py")


def killed(tmp_path, worker, mode, seconds, *, group):
    """Let a worker live for so long; what it said is safe (number → when), and when it was killed."""
    command = [sys.executable, str(CHILD), str(tmp_path / "log"), str(tmp_path / "store"), worker, mode]
    out = tmp_path / f"{worker}.out"
    with out.open("wb") as file:
        child = subprocess.Popen(command, stdout=file, start_new_session=True)
    while not out.read_bytes().startswith(b"ready\n"):
        assert child.poll() is None
        time.sleep(0.01)
    time.sleep(seconds)
    at = time.clock_gettime(time.CLOCK_MONOTONIC)
    os.killpg(child.pid, signal.SIGKILL) if group else child.kill()  # with the process that ships, or without it
    child.wait()
    lines = out.read_text().split("\n")[1:-1]
    return {int(number): float(when) for number, when in map(str.split, lines)}, at


def shipped(tmp_path):
    """What another worker of this machine finds and ships."""
    done = shipping.ship(tmp_path / "log", Directory(tmp_path / "store"), LOG_OF, None)
    assert done.problems == []
    assert done.damaged == 0
    return done


def rows_of(tmp_path):
    day = timedelta(days=1)
    now = datetime.now(UTC)
    return in_store(Directory(tmp_path / "store"), now - day, now + day)


@pytest.mark.parametrize("kills", [6, pytest.param(20, marks=pytest.mark.soak)])
@pytest.mark.parametrize("mode", ["sync", "later"])
def test_kills(tmp_path, mode, kills):
    chance = random.Random(5)
    safe, lost, unclean = {}, 0, 0
    for turn in range(kills):
        worker = f"w{turn}"
        said, at = killed(tmp_path, worker, mode, chance.uniform(0, 1.5), group=turn % 2 == 0)
        safe[worker] = said, at
        if turn % 4 == 0:
            unclean += shipped(tmp_path).killed
    unclean += shipped(tmp_path).killed
    rows = rows_of(tmp_path)
    there = {row["id"] for row in rows}
    assert len(there) == len(rows), "doubled"
    assert all(map(as_it_was, rows)), "torn"
    promised = 0
    for worker, (said, at) in safe.items():
        for number, when in said.items():
            missing = f"{worker}-{number}" not in there
            lost += missing
            if mode == "sync" or when < at - WINDOW.total_seconds():
                promised += 1
                assert not missing, f"{worker}-{number}, {at - when:.3f} s before the kill"
    assert promised > 100
    assert 0 < unclean <= kills  # the processes that ship for living workers count some of them too
    assert not list((tmp_path / "log").rglob("*.open")) + list((tmp_path / "log").rglob("*.closed"))
    print(f"{mode}: {len(rows)} rows in the store, {lost} of those that were told are missing, {promised} promised")
