"""What `deployments/` holds for teams: it parses, and Prefect takes the pools and the settings."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

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
