"""The automation of runs that fell silent, at work on a real server: the killed one crashes, the living one goes on."""

import os
import signal
import subprocess
import sys
import time

import httpx
import pytest
from prefect_process import prefect_with_pages

from flows.deploy.automations import silence
from flows.deploy.wanted import owner_tag

pytestmark = pytest.mark.soak
STORE = "/srv/models"
SILENT = 45.0  # seconds; heartbeats are at least 30 s apart

RUN = """
import sys, time
from prefect import flow, tags

@flow(name="works", flow_run_name=sys.argv[1])
def works(seconds):
    time.sleep(seconds)

with tags(*sys.argv[3:]):
    works(float(sys.argv[2]))
"""


@pytest.fixture
def server(tmp_path):
    with prefect_with_pages(tmp_path) as (origin, environ):
        yield origin, environ


def started(environ, name, seconds, *tags):
    command = [sys.executable, "-c", RUN, name, str(seconds), *tags]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, env=environ | {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}, **quiet)


def runs(http):
    return {each["name"]: each["state"] for each in http.post("/flow_runs/filter", json={}).json()}


def until(holds, seconds):
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end
        time.sleep(1)
    return found


def beaten(http, count):
    """Whether so many runs have sent a heartbeat."""
    asked = {"filter": {"event": {"name": ["prefect.flow-run.heartbeat"]}}}
    events = http.post("/events/filter", json=asked).json()["events"]
    return len({each["resource"]["prefect.resource.id"] for each in events}) >= count


def test_a_killed_run_is_told_as_crashed_and_others_are_left_alone(server):
    origin, environ = server
    own = owner_tag(STORE)
    with httpx.Client(base_url=f"{origin}/api", trust_env=False, timeout=30) as http:
        made = http.post("/automations/", json=silence(STORE, SILENT).body)
        assert made.status_code == 201, made.text
        living = started(environ, "living", 4 * SILENT, own)
        killed = [started(environ, "killed", 3600, own), started(environ, "of another store", 3600, "keepfit-store-0")]
        try:
            until(lambda: beaten(http, 3), 120)
            for each in killed:
                os.kill(each.pid, signal.SIGKILL)
            assert runs(http)["killed"]["type"] == "RUNNING"
            until(lambda: runs(http)["killed"]["type"] == "CRASHED", 3 * SILENT)
            assert "no heartbeat for 45 seconds" in runs(http)["killed"]["message"]
            assert living.wait(6 * SILENT) == 0
            until(lambda: runs(http)["living"]["type"] == "COMPLETED", 30)
            assert runs(http)["of another store"]["type"] == "RUNNING"
        finally:
            for each in (living, *killed):
                each.kill()
                each.wait()
