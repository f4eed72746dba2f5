"""`keepfit deploy` on a real Prefect server: what it makes, leaves alone, changes, removes, and will not touch."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from flows.doctor.prefect import server as look_at_server
from flows.server import prefect_server
from keepfit.config import load

ROOT = Path(__file__).parents[2]


class Server:
    """A server of our own, and folders that deploy to it."""

    def __init__(self, folder, environ):
        self.folder, self.environ = folder, environ
        user, _, word = environ["PREFECT_API_AUTH_STRING"].partition(":")
        self.http = httpx.Client(base_url=environ["PREFECT_API_URL"], auth=(user, word), trust_env=False, timeout=30)

    def project(self, name, *configs):
        folder = self.folder / name
        (folder / "configs").mkdir(parents=True, exist_ok=True)
        for each in configs:
            shutil.copy(ROOT / "configs" / f"{each}.yaml", folder / "configs")
        return folder

    def deploy(self, folder, *words):
        """Exit code, what changed by what became of it, and stderr."""
        command = [sys.executable, "-P", "-m", "flows.cli", "deploy", "--json", *words]
        done = subprocess.run(
            command, cwd=folder, env=self.environ, capture_output=True, text=True, timeout=120, check=False
        )
        said = json.loads(done.stdout) if done.stdout else {"changes": []}
        changes = {}
        for each in said["changes"]:
            changes.setdefault(each["did"], set()).add(each["name"])
        return done.returncode, changes, done.stderr

    def find(self, path):
        return self.http.post(path, json={}).json()

    def everything(self):
        """All that deploying could touch, as the server has it: with its ids, and when it was changed."""
        kinds = ("deployments", "automations", "flows", "work_pools", "v2/concurrency_limits")
        return {kind: self.find(f"/{kind}/filter") for kind in kinds}

    def deployment(self, name):
        return self.http.get(f"/deployments/name/{name}").json()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deploy")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "KEEPFIT_"))}
    environ = clean | {"PREFECT_HOME": str(folder / "prefect"), "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    with prefect_server(environ) as started:
        started.wait_ready()
        server = Server(folder, dict(environ))
        yield server
        server.http.close()


def test_without_a_server_nothing_is_deployed(tmp_path):
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environ = clean | {"HOME": str(tmp_path), "PREFECT_HOME": str(tmp_path / "none"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-P", "-m", "flows.cli", "deploy"]
    for url, says in (("", "keepfit up"), ("http://127.0.0.1:9/api", "does not answer")):
        done = subprocess.run(
            command, cwd=tmp_path, env=environ | {"PREFECT_API_URL": url}, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (4, "")
        assert says in done.stderr
        assert "Traceback" not in done.stderr


def test_a_folder_is_deployed_left_alone_changed_and_removed(server):
    folder = server.project("one", "flight_delay", "digit_image")
    code, first, err = server.deploy(folder)
    assert code == 0, err
    flights = {f"{flow}/flight_delay" for flow in ("train", "monitor", "retrain", "judge", "score")}
    assert first["created"] >= flights | {"train/digit_image", "judge/digit_image", "score/digit_image", "keepfit"}
    assert "monitor/digit_image" not in first["created"]  # its rows have no time
    before = server.everything()
    assert all(before.values())
    code, again, _ = server.deploy(folder)
    assert (code, set(again)) == (0, {"unchanged"})
    assert server.everything() == before

    path = folder / "configs" / "flight_delay.yaml"
    path.write_text(path.read_text() + 'retrain: {schedule: "0 6 1 * *"}\n')
    code, changed, _ = server.deploy(folder)
    assert (code, changed["updated"]) == (0, flights)
    (schedule,) = server.deployment("train/flight_delay")["schedules"]
    assert (schedule["schedule"]["cron"], schedule["schedule"]["timezone"]) == ("0 6 1 * *", "America/New_York")
    (daily,) = server.deployment("monitor/flight_delay")["schedules"]
    assert daily["schedule"]["interval"] == 86_400
    assert daily["schedule"]["anchor_date"].startswith("1970-01-01T00:00:00")

    path.unlink()
    code, gone, _ = server.deploy(folder)
    assert gone["removed"] == flights | {"flight_delay: retrain when asked", "flight_delay: tell somebody of alarms"}
    assert all("flight_delay" not in each["name"] for each in server.find("/automations/filter"))
    limits = server.http.post("/v2/concurrency_limits/filter", json={}).json()
    assert [each["name"] for each in limits] == ["keepfit:digit_image"]


def test_what_a_person_has_switched_stays_switched(server):
    folder = server.project("one", "flight_delay")
    server.deploy(folder)
    (alarm,) = [each for each in server.find("/automations/filter") if each["name"].startswith("flight_delay: tell")]
    assert not alarm["enabled"]
    server.http.patch(f"/automations/{alarm['id']}", json={"enabled": True}).raise_for_status()
    server.http.post("/deployments/get_scheduled_flow_runs", json={"deployment_ids": []})
    monitor = server.deployment("monitor/flight_delay")
    server.http.post(f"/deployments/{monitor['id']}/pause_deployment").raise_for_status()
    assert set(server.deploy(folder)[1]) == {"unchanged"}
    assert server.deployment("monitor/flight_delay")["paused"]
    assert server.http.get(f"/automations/{alarm['id']}").json()["enabled"]


def test_deployments_are_by_module_typed_and_one_at_a_time(server):
    server.deploy(server.project("one", "flight_delay"))
    found = [server.deployment(f"{flow}/flight_delay") for flow in ("train", "retrain", "judge", "score")]
    for each in found:
        assert each["entrypoint"] in {f"flows.{flow}.{flow}" for flow in ("train", "retrain", "judge", "score")}
        assert each["pull_steps"] == []
        assert each["enforce_parameter_schema"]
        assert each["version"].count(".") == 2
        assert "| owner | flight-operations |" in each["description"]
    limits = {each["global_concurrency_limit"]["id"] for each in found}
    assert len(limits) == 1
    assert {each["global_concurrency_limit"]["limit"] for each in found} == {1}


def test_other_stores_and_other_peoples_deployments_are_left_alone(server):
    one = server.project("one", "flight_delay")
    server.deploy(one)
    other = server.project("other", "diabetes_progression")
    code, made, _ = server.deploy(other)
    assert "train/diabetes_progression" in made["created"]
    assert server.deployment("train/flight_delay")["entrypoint"]  # though the other folder has no such YAML
    shutil.copy(ROOT / "configs" / "flight_delay.yaml", other / "configs")
    code, _, err = server.deploy(other)
    assert code == 2
    assert "is not of this store" in err
    assert set(server.deploy(one)[1]) == {"unchanged"}


def test_a_mistake_in_one_file_deploys_nothing(server):
    folder = server.project("wrong", "digit_image", "diabetes_progression")
    for path in (folder / "configs").glob("*.yaml"):
        path.write_text(path.read_text() + "colour: blue\n")
    before = server.find("/deployments/filter")
    code, _, err = server.deploy(folder)
    assert code == 2
    assert "digit_image.yaml" in err
    assert "diabetes_progression.yaml" in err
    assert server.find("/deployments/filter") == before


def test_the_doctor_tells_of_missing_workers_stale_deployments_and_a_server_that_is_not_hardened(server):
    folder = server.project("one", "flight_delay")
    server.deploy(folder)
    path = folder / "configs" / "flight_delay.yaml"

    def looked():
        url, key = server.environ["PREFECT_API_URL"], server.environ["PREFECT_API_AUTH_STRING"]
        found = look_at_server(url, key, [load(path, {})], str(folder / ".keepfit"))
        return {each.check: each for each in found}

    found = looked()
    assert {check: each.health for check, each in found.items()} == {
        "Prefect": "ok",
        "Prefect's key": "ok",
        "Prefect's CORS": "warn",
        "Prefect's CSRF": "warn",
        "Prefect's locks": "warn",
        "clock of Prefect": "ok",
        "deployments": "ok",
        "worker": "fail",
        "runs": "ok",
    }
    assert all(each.do for each in found.values() if each.health != "ok")
    beat = {"name": "somebody", "heartbeat_interval_seconds": 30}
    server.http.post("/work_pools/keepfit/workers/heartbeat", json=beat).raise_for_status()
    path.write_text(path.read_text().replace("risk: low", "risk: high"))
    found = looked()
    assert found["worker"].health == "ok"
    assert "train/flight_delay" in found["deployments"].found
