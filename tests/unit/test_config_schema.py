"""The JSON schema: current, documented, and as generous as the loader with files that are right."""

import json
from pathlib import Path

import jsonschema
import pytest

from keepfit.config.schema import schema, schema_file
from keepfit.config.strict_yaml import parse

ROOT = Path(__file__).parents[2]
FLIGHTS = Path(__file__).with_name("flight_delay.yaml")


def validator():
    return jsonschema.Draft202012Validator(schema())


def test_the_file_beside_the_use_cases_is_current():
    assert (ROOT / "configs" / "use_case.schema.json").read_text() == schema_file(), "run `keepfit schema`"


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("file", [FLIGHTS, *sorted((ROOT / "configs").glob("*.yaml"))], ids=lambda file: file.name)
def test_an_editor_accepts_what_the_loader_accepts(file):
    assert [error.message for error in validator().iter_errors(parse(file.read_bytes(), file.name).tree)] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("at_least: 0.62", "treshold: 0.62"),
        ("at_least: 0.62", 'at_least: "0.62"'),
        ("learning_rate: [0.02, 0.3, log]", "learning_rte: 0.1"),
        ("learning_rate: [0.02, 0.3, log]", "learning_rate: [0.02, 0.3, linear]"),
        ("hist_gradient_boosting", "boosting"),
        ("distance: number", "distance: numbr"),
        ("holdout: 28d", "holdout: 28 days"),
        ("missing_at_most: 10%", "missing_at_most: 10"),
        ("name: flight_delay", "name: Flight Delay"),
        ("flights: {kind", "Flights: {kind"),
        ("risk: low", "approvals: {by: ada}"),
        ("metric: roc_auc", "metric: auc"),
    ],
)
def test_an_editor_marks_what_the_loader_refuses(old, new):
    text = FLIGHTS.read_text()
    assert text.count(old) == 1
    assert list(validator().iter_errors(parse(text.replace(old, new).encode(), "a.yaml").tree))


def fields(node, path=""):
    """Every property of the schema, with its path."""
    if isinstance(node, dict):
        for name, inner in node.get("properties", {}).items():
            yield f"{path}.{name}", inner
        for key, inner in node.items():
            yield from fields(inner, f"{path}/{key}")
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            yield from fields(inner, f"{path}/{index}")


def test_every_field_is_documented():
    whole = schema()
    found = dict(fields(whole))
    assert len(found) > 60
    for path, field in found.items():
        reference = whole["$defs"].get(str(field.get("$ref", "")).rpartition("/")[2], {})
        text = field.get("description") or reference.get("description", "")
        assert len(text) > 10, f"{path} has no description"
        assert text[-1] in ".;", f"the description of {path} is not a sentence: {text}"


def test_defaults_are_written_as_a_file_would_write_them():
    defaults = {path: field["default"] for path, field in fields(schema()) if "default" in field}
    assert json.dumps(defaults)
    assert not [path for path, default in defaults.items() if isinstance(default, str) and default.startswith("P")]
