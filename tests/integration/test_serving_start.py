"""A server loads what it needs to answer, and nothing of what trains."""

import re
from pathlib import Path

import pytest
import serving_world as world
from serving_process import serving

from keepfit.store import open_store

APART = {"prefect", "pandas", "sklearn", "scipy", "skops", "pyarrow", "duckdb", "boto3", "fastapi", "treelite",
         "optuna", "pandera", "great_expectations", "httpx", "pydantic", "jinja2", "altair"}  # fmt: skip
MOST_MEGABYTES = 120


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_a_server_that_has_answered_is_small_and_has_not_imported_what_trains(tmp_path):
    world.champion(open_store(str(tmp_path / "store")))
    told = {"PYTHONPROFILEIMPORTTIME": "1"}  # every import is written to stderr
    with serving(tmp_path / "work", tmp_path / "store", "visits", environ=told) as server, server.client() as client:
        for path in ("/v1/models/visits/predict", "/invocations"):
            body = {"dataframe_records": [world.GOOD]} if path == "/invocations" else {"records": [world.GOOD] * 20}
            assert client.post(path, json=body).status_code == 200
        assert client.get("/readyz").status_code == 200
        status = Path(f"/proc/{server.said['pid']}/status").read_text()
        imported = {
            name.partition(".")[0] for name in re.findall(r"^import time:.*\| +(\S+)$", server.log.read_text(), re.M)
        }
        assert "numpy" in imported
        assert imported & APART == set()
        assert int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024 < MOST_MEGABYTES
