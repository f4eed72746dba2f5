"""Requests that schemathesis makes from our own OpenAPI document, good ones and bad ones.

No 5xx but 503 and 504, and no text of a bad request in its answer or in what the server says.
"""

import pytest
import schemathesis
import serving_world as world
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.config import ChecksConfig, GenerationConfig, SchemathesisConfig
from serving_process import serving

from keepfit.store import open_store

SECRET = "zq9-secret-7f"  # in every text of a value
CASES = [pytest.param(150, id="some"), pytest.param(2500, id="thousands", marks=pytest.mark.soak)]
REFUSALS = ["400", "401", "404", "408", "410", "413", "415", "422", "431"]  # 413: too many records


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("schema")
    world.champion(open_store(str(folder / "store")))
    with serving(folder / "work", folder / "store", "visits") as running:
        yield running


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("cases", CASES)
@pytest.mark.filterwarnings("default")
def test_no_request_breaks_the_server_and_every_answer_is_as_described(server, mode, cases):
    config = SchemathesisConfig()
    config.projects.default.generation = GenerationConfig(modes=[mode])
    checks = {"negative_data_rejection": {"expected-statuses": REFUSALS}}
    config.projects.default.checks = ChecksConfig.from_dict(checks)
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json", config=config)
    statuses = set()
    for operation in schema.get_all_operations():
        found = operation.ok()
        if mode is GenerationMode.NEGATIVE and found.method != "post":
            continue  # there is nothing to be wrong in it

        @settings(
            max_examples=cases, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
        )
        def ask(case):
            answer = case.call(base_url=server.url)
            statuses.add(answer.status_code)
            assert answer.status_code < 500 or answer.status_code in {503, 504}, answer.text
            case.validate_response(answer)
            if case.method == "POST" and isinstance(case.body, dict | list):
                marked = case.call(base_url=server.url, json=marking(case.body))
                assert marked.status_code < 500 or marked.status_code in {503, 504}, marked.text
                assert SECRET not in marked.text

        given(case=found.as_strategy(generation_mode=mode))(ask)()
    said = server.log.read_text()
    assert SECRET not in said
    assert "Traceback" not in said
    assert 503 not in statuses, "one caller who waits for each answer is no crowd"
    assert 200 in statuses if mode is GenerationMode.POSITIVE else 422 in statuses


def marking(tree):
    """The same, with a mark in every text that is a value."""
    if isinstance(tree, dict):
        return {name: marking(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [marking(value) for value in tree]
    return f"{tree}{SECRET}" if isinstance(tree, str) else tree
