"""Prefect tries a stage again when disk or network failed, and only then."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PROGRAM = """
from flows.server import prefect_server
with prefect_server() as server:
    from prefect import flow, task
    from prefect.cache_policies import NO_CACHE
    from keepfit.errors import DataError, Denied, InfrastructureError
    from tasks.stage import _may_help
    turns = []

    @task(retries=2, retry_delay_seconds=0, retry_condition_fn=_may_help, cache_policy=NO_CACHE)
    def read():
        turns.append(1)
        if len(turns) < 3:
            raise {error}("the disk is away")
        return "read"

    @flow
    def reading():
        return read()

    server.wait_ready()
    try:
        reading()
    except (DataError, Denied):
        pass
    print(len(turns))
"""


@pytest.mark.parametrize(("error", "turns"), [("InfrastructureError", 3), ("Denied", 1), ("DataError", 1)])
def test_only_what_trying_again_can_help_is_tried_again(error, turns, tmp_path):
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PREFECT_HOME": str(tmp_path)}
    command = [sys.executable, "-c", PROGRAM.format(error=error)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == str(turns)
