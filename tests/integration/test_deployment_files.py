"""What `deployments/` holds for teams: it parses, and Prefect takes the pools and the settings."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import httpx
import pytest
import serving_world as world
from ruamel.yaml import YAML
from serving_process import serving

from flows.doctor.prefect import server as look_at_server
from flows.server import prefect_server
from keepfit.records import sha256
from keepfit.store import open_store

FOLDER = Path(__file__).parents[2] / "deployments"
POOLS = {"docker": FOLDER / "docker-pool.json", "kubernetes": FOLDER / "kubernetes-pool.json"}


@pytest.mark.parametrize("kind", POOLS)
def test_a_server_takes_the_pool_and_a_deployment_that_overrides_it(kind):
    from prefect.server.schemas.actions import WorkPoolCreate
    from prefect.utilities.schema_tools import validate

    template = json.loads(POOLS[kind].read_text())
    made = WorkPoolCreate(name="keepfit", type=kind, base_job_template=template)
    variables = made.base_job_template["variables"]
    validate({"env": {"KEEPFIT_STORE": "s3://models/keepfit"}}, variables, raise_on_error=True, preprocess=True)
    with pytest.raises(Exception, match="Validation failed"):
        validate({"env": "KEEPFIT_STORE"}, variables, raise_on_error=True, preprocess=True)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Address and key of a server of our own, with the settings for teams."""
    folder = tmp_path_factory.mktemp("pools")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "KEEPFIT_"))}
    environ = clean | {"PREFECT_HOME": str(folder / "prefect"), "HOME": str(folder)} | hardened()
    with prefect_server(environ) as started:
        yield started.wait_ready(), environ["PREFECT_API_AUTH_STRING"]


@pytest.fixture(scope="module")
def server(place):
    """Asks it, as its own pages do."""
    url, key = place
    with httpx.Client(base_url=url, auth=tuple(key.split(":", 1)), trust_env=False, timeout=30) as http:
        token = http.get("/csrf-token", params={"client": "tests"}).json()["token"]
        http.headers.update({"Prefect-Csrf-Token": token, "Prefect-Csrf-Client": "tests"})
        yield http


def hardened():
    """What `server.env` makes of an environment with a key and an address."""
    script = f"set -a; . {FOLDER / 'server.env'}; set +a; env"
    given = {"PREFECT_SERVER_API_AUTH_STRING": "a:b", "PREFECT_ORIGIN": "https://prefect.example"}
    done = subprocess.run(
        ["sh", "-c", script], env={"PATH": os.environ["PATH"]} | given, capture_output=True, text=True, check=True
    )
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if line.startswith("PREFECT_SERVER_"))


def test_the_doctor_finds_nothing_to_harden_at_a_server_with_the_settings_for_teams(place):
    url, key = place
    found = {each.check: each.health for each in look_at_server(url, key, [], "/srv/models")}
    assert {found[f"Prefect's {name}"] for name in ("key", "CORS", "CSRF")} == {"ok"}
    assert "Prefect's locks" not in found
    assert httpx.get(f"{url}/admin/settings", trust_env=False).status_code == 401  # a stranger


@pytest.mark.parametrize("kind", POOLS)
def test_a_running_server_holds_runs_to_the_variables_of_a_pool(kind, server):
    template = json.loads(POOLS[kind].read_text())
    made = server.post("/work_pools/", json={"name": f"of-{kind}", "type": kind, "base_job_template": template})
    assert made.status_code == 201, made.text
    back = server.get(f"/work_pools/of-{kind}").json()
    assert (back["type"], back["base_job_template"]) == (kind, template)

    flow = server.post("/flows/", json={"name": f"flow-{kind}"}).json()["id"]
    body = {"name": "d", "flow_id": flow, "work_pool_name": f"of-{kind}", "entrypoint": "flows.train.train"}
    wrong = server.post("/deployments/", json=body | {"job_variables": {"env": "KEEPFIT_STORE"}})
    assert wrong.status_code == 422, wrong.text
    right = {"image": "registry.example/keepfit:7", "env": {"KEEPFIT_STORE": "s3://models/keepfit"}}
    deployed = server.post("/deployments/", json=body | {"job_variables": right})
    assert deployed.status_code == 201, deployed.text

    start = f"/deployments/{deployed.json()['id']}/create_flow_run"
    memory = {"docker": "mem_limit", "kubernetes": "memory"}[kind]
    refused = server.post(start, json={"job_variables": {memory: 8}})
    assert refused.status_code == 422, refused.text
    asked = server.post(start, json={"job_variables": {memory: "8g"}})
    assert asked.status_code == 201, asked.text
    assert asked.json()["job_variables"] == {memory: "8g"}


@pytest.mark.parametrize("kind", POOLS)
def test_a_run_becomes_the_job_that_the_pool_describes(kind):
    """Rendered as a worker renders it: no placeholder is left, and what the run asked for is in its place."""
    from prefect.utilities.templating import apply_values

    template = json.loads(POOLS[kind].read_text())
    defaults = {
        name: each["default"] for name, each in template["variables"]["properties"].items() if "default" in each
    }
    given = defaults | {"name": "quick-fox", "labels": {"a": "b"}, "env": {"KEEPFIT_STORE": "s3://models/keepfit"}}
    job = apply_values(template["job_configuration"], given)
    assert "{{" not in json.dumps(job)
    assert job["command"] == "python -P -m prefect.engine"
    if kind == "kubernetes":
        spec = job["job_manifest"]["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        assert container["resources"]["limits"]["memory"] == "4Gi"
        assert job["job_manifest"]["spec"]["ttlSecondsAfterFinished"] == 86_400
        assert container["args"] == job["command"]
        # what the worker of prefect-kubernetes refuses to start a job without, there and not elsewhere
        assert container["name"] == "prefect-job"
        assert (spec["parallelism"], spec["completions"], spec["restartPolicy"]) == (1, 1, "Never")
        see_that_only_these_can_be_written(spec, {"/tmp", "/home/keepfit"})
    else:
        assert (job["image"], job["privileged"], job["auto_remove"]) == ("keepfit", False, True)
        assert job["container_create_kwargs"]["read_only"]
        assert set(job["container_create_kwargs"]["tmpfs"]) == {"/tmp", "/home/keepfit"}


@pytest.mark.parametrize("kind", POOLS)
def test_every_variable_of_a_pool_is_used_and_known(kind):
    template = json.loads(POOLS[kind].read_text())
    used = {part.split("}}")[0].strip() for part in json.dumps(template["job_configuration"]).split("{{")[1:]}
    assert used == set(template["variables"]["properties"])


def test_the_manifests_of_kubernetes_parse_and_ask_for_no_rights():
    documents = list(YAML(typ="safe").load_all((FOLDER / "kubernetes.yaml").read_text()))
    assert [each["kind"] for each in documents] == ["Service", "Deployment", "Deployment"]
    for each in documents[1:]:
        spec = each["spec"]["template"]["spec"]
        assert spec["securityContext"]["runAsNonRoot"]
        assert not spec["automountServiceAccountToken"]
        assert all(not one["securityContext"]["allowPrivilegeEscalation"] for one in spec["containers"])
        see_that_only_these_can_be_written(spec, {"/tmp", "/home/keepfit"})


def see_that_only_these_can_be_written(spec, places):
    """The image was tried so: a read-only root, and room where Prefect and the libraries write."""
    (container,) = spec["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    mounted = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
    assert places <= set(mounted)
    empty = {each["name"] for each in spec["volumes"] if "emptyDir" in each}
    assert {mounted[place] for place in places} <= empty


def test_the_scoring_service_of_kubernetes_starts_and_answers_its_probes_without_a_token(tmp_path):
    documents = list(YAML(typ="safe").load_all((FOLDER / "kubernetes.yaml").read_text()))
    (container,) = documents[1]["spec"]["template"]["spec"]["containers"]
    program, command, use_case, *words = container["args"]
    assert (program, command, use_case) == ("keepfit", "serve", "flight_delay")
    words[words.index("--log") + 1] = str(tmp_path / "log")
    (token,) = [each for each in container["env"] if each["name"] == "KEEPFIT_TOKENS"]
    mounted = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
    assert str(Path(token["value"]).parent) == mounted["tokens"]
    (tmp_path / "tokens").write_text(f"{sha256(b'secret')} score us\n")
    world.champion(open_store(str(tmp_path / "store")))
    environ = {token["name"]: str(tmp_path / "tokens")}
    with serving(tmp_path / "work", tmp_path / "store", "visits", *words, environ=environ) as running:
        url = f"http://127.0.0.1:{running.port}"
        for probe in ("livenessProbe", "readinessProbe"):
            where = container[probe]["httpGet"]
            assert where["port"] == container["ports"][0]["containerPort"] == 8000  # the default of `keepfit serve`
            answer = httpx.get(url + where["path"], headers={"host": "10.1.2.3:8000"}, trust_env=False)
            assert answer.status_code == 200, answer.text
        asked = httpx.post(f"{url}/v1/models/visits/predict", json=world.GOOD, trust_env=False)
        assert asked.status_code == 401


def test_the_hardened_settings_need_a_key_and_mean_something_to_prefect():
    from prefect.settings import Settings
    from prefect.settings.legacy import _get_valid_setting_names

    script = f"set -a; . {FOLDER / 'server.env'}; set +a; env"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    bare = subprocess.run(["sh", "-c", script], env=clean, capture_output=True, text=True, check=False)
    assert bare.returncode != 0
    given = clean | {"PREFECT_SERVER_API_AUTH_STRING": "a:b", "PREFECT_ORIGIN": "https://prefect.example"}
    done = subprocess.run(["sh", "-c", script], env=given, capture_output=True, text=True, check=True)
    said = {line.split("=")[0] for line in done.stdout.splitlines() if line.startswith("PREFECT_SERVER_")}
    assert len(said) == 6
    assert said <= set(_get_valid_setting_names(Settings))


def instructions():
    """Those of the Dockerfile, lines that go on joined, comments left out."""
    text = re.sub(r"\\\n", " ", (FOLDER / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [tuple(line.split(None, 1)) for line in lines]


def test_whatever_the_image_copies_is_there_and_is_all_that_the_wheel_needs():
    top = FOLDER.parent
    copied = {}
    for name, rest in instructions():
        if name == "COPY":
            *sources, target = [word for word in shlex.split(rest) if not word.startswith("--")]
            copied |= dict.fromkeys(sources, target)
    assert all((top / source).exists() for source in copied), copied
    packages = {path.parent.name for path in top.glob("*/__init__.py")} - {"tests"}
    assert packages <= set(copied)
    import tomllib

    project = tomllib.loads((top / "pyproject.toml").read_text())["project"]
    assert {"pyproject.toml", project["readme"], *project["license-files"]} <= set(copied)
    rules = [
        line for line in (FOLDER / "Dockerfile.dockerignore").read_text().splitlines() if line[:1] not in {"", "#"}
    ]
    assert rules[0] == "*"  # else environments, data and stores would go to the builder
    assert {rule[1:] for rule in rules if rule.startswith("!")} == set(copied)


def test_the_image_installs_as_the_readme_does_and_runs_as_nobody():
    steps = instructions()
    runs = [rest for name, rest in steps if name == "RUN"]
    readme = (FOLDER.parent / "README.md").read_text()
    for words in ("--require-hashes -r", "--no-deps --no-build-isolation"):
        assert any(words in run for run in runs)
        assert words in readme
    names = [name for name, _ in steps]
    assert names.index("USER") > max(place for place, name in enumerate(names) if name == "RUN")
    assert dict(steps)["USER"] == "10001"  # Kubernetes cannot tell of a name that it is not root
    assert json.loads(dict(steps)["CMD"]) == ["keepfit", "--help"]
