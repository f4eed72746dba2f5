"""A team's Prefect server takes our deployment, by module and without a pull step."""

import json
import os
import subprocess
import sys
from pathlib import Path

from flows.server import prefect_server

ROOT = Path(__file__).parents[2]


def prefect(*words, environ, cwd):
    command = [str(Path(sys.executable).with_name("prefect")), "--no-prompt", *words]
    return subprocess.run(command, env=environ, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def test_prefect_deploys_the_flows(tmp_path):
    environ = {**os.environ, "PREFECT_HOME": str(tmp_path / "prefect"), "HOME": str(tmp_path)}
    with prefect_server(environ) as server:
        server.wait_ready()
        made = prefect("work-pool", "create", "keepfit", "--type", "process", environ=environ, cwd=tmp_path)
        assert made.returncode == 0, made.stderr
        file = str(ROOT / "deployments/prefect.yaml")
        deployed = prefect("deploy", "--prefect-file", file, "--all", environ=environ, cwd=tmp_path)
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        for name in ("train", "monitor", "retrain", "release"):
            shown = prefect("deployment", "inspect", f"{name}/{name}", "-o", "json", environ=environ, cwd=tmp_path)
            found = json.loads(shown.stdout)
            assert found["entrypoint"] == f"flows.{name}.{name}"
            assert found["pull_steps"] == []
            own = {"window_end"} if name == "retrain" else set()
            assert set(found["parameter_openapi_schema"]["properties"]) == {"use_case", "as_of", "store"} | own
