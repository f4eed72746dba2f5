"""A valid file, broken in every way at every place: always a refusal that says where, never a crash, never a pass."""

import json
from contextlib import suppress
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepfit.config import understand
from keepfit.config.document import shown_path, walk
from keepfit.config.strict_yaml import parse
from keepfit.errors import ConfigError

FLIGHTS = Path(__file__).with_name("flight_delay.yaml").read_text()
LINES = FLIGHTS.splitlines(keepends=True)
DOCUMENT = parse(FLIGHTS.encode(), "a.yaml")
KEYS = sorted(DOCUMENT.keys)
NODES = sorted((path for path in DOCUMENT.values if path), key=str)
# names that a use case is free to choose: another name is another use case, or another error elsewhere
FREE = [("data", "sources"), ("data", "sources", "weather", "columns"), ("contract", "columns"), ("features",)]
IN_EXPECTATION = ("expectations", 0, "expect_table_row_count_to_be_between")
OPTIONAL = {
    *("risk", "expectations", "confidence", "if_unsure", "release", "data.timezone", "data.history", "data.freshness"),
    *("data.label.known_after", "data.label.missing_at_most", "contract.quarantine_at_most"),
    *("train.trials", "train.optimize", "train.seed"),
    *("data.sources.weather.nulls", "data.sources.weather.columns", "data.sources.weather.columns.wind_gust"),
    *("contract.columns.distance.min", "contract.columns.distance.max", "contract.columns.distance.unit"),
    *("contract.columns.wind_speed.min", "contract.columns.wind_speed.nullable", "contract.columns.origin.values"),
    *("contract.columns.origin", "contract.columns.wind_speed"),
    *("features.distance", "features.carrier", "features.time_hour", "data.sources.flights", "data.sources.weather"),
    *("train.candidates[1].hist_gradient_boosting.learning_rate",),
    *("train.candidates[1].hist_gradient_boosting.max_leaf_nodes",),
    f"{shown_path(IN_EXPECTATION)}.min_value",
}


def refusal(text):
    with pytest.raises(ConfigError) as caught:
        understand(text.encode(), Path("a.yaml"), {})
    assert caught.value.exit_code == 2
    assert all(problem.where.startswith("a.yaml") for problem in caught.value.problems)
    return str(caught.value)


def inserted(place, text, instead_of=0):
    lines = list(LINES)
    line = lines[place.line - 1]
    lines[place.line - 1] = line[: place.column - 1] + text + line[place.column - 1 + instead_of :]
    return "".join(lines)


def with_value(path, value):
    tree = deepcopy(DOCUMENT.tree)
    parent = tree
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    return json.dumps(tree, indent=1, ensure_ascii=False)


def test_what_is_mutated_is_valid_in_both_forms():
    assert understand(FLIGHTS.encode(), Path("a.yaml"), {}).digest
    as_json = json.dumps(DOCUMENT.tree, indent=1, ensure_ascii=False).encode()
    assert understand(as_json, Path("a.yaml"), {}).digest == understand(FLIGHTS.encode(), Path("a.yaml"), {}).digest


@pytest.mark.parametrize("path", KEYS, ids=shown_path)
def test_a_misspelt_key_is_named_with_the_key_that_was_meant(path):
    if path[:-1] in FREE or path == (*IN_EXPECTATION, "min_value"):
        return
    key, place = str(path[-1]), DOCUMENT.keys[path]
    typo = f"{key[:-1]}{key[-1]}{key[-1]}" if path != IN_EXPECTATION else key.replace("expect_", "expct_")
    message = refusal(inserted(place, typo, len(key)))
    assert f"a.yaml:{place.line}:{place.column} {shown_path((*path[:-1], typo))}\n" in message
    assert path == IN_EXPECTATION or f"did you mean `{key}`?" in message


@pytest.mark.parametrize("path", KEYS, ids=shown_path)
def test_a_key_that_stands_twice_is_told_with_both_lines(path):
    key, place = str(path[-1]), DOCUMENT.keys[path]
    before = LINES[place.line - 1][: place.column - 1]
    block = before.strip(" -") == ""
    message = refusal(inserted(place, f"{key}: 0\n{' ' * (place.column - 1)}" if block else f"{key}: 0, "))
    assert f"the key `{key}` stands twice" in message
    assert f"lines {place.line} and {place.line + block}\n" in message


@pytest.mark.parametrize("path", NODES, ids=shown_path)
@pytest.mark.parametrize(("text", "says"), [("&a ", "anchors are not"), ("!!str ", "tags are not")])
def test_an_anchor_or_a_tag_is_refused_at_any_node(path, text, says):
    place = DOCUMENT.values[path]
    message = refusal(inserted(place, text))
    dash = LINES[place.line - 1][place.column - 1] == "-"  # before a dash it is not YAML at all
    assert ("not valid YAML" if dash else says) in message
    assert f"a.yaml:{place.line}:" in message


@pytest.mark.parametrize("path", KEYS, ids=shown_path)
def test_a_required_key_that_is_missing_is_named(path):
    name = shown_path(path)
    tree = deepcopy(DOCUMENT.tree)
    parent = tree
    for step in path[:-1]:
        parent = parent[step]
    del parent[path[-1]]
    text = json.dumps(tree, indent=1)
    if name in OPTIONAL:
        with suppress(ConfigError):  # other parts may need it
            understand(text.encode(), Path("a.yaml"), {})
        return
    message = refusal(text)
    assert str(path[-1]) in message or shown_path(path[:-1]) in message


def test_what_is_missing_stands_at_the_section_that_lacks_it():
    message = refusal(
        FLIGHTS.replace("label: {column: late, known_after: 1d, missing_at_most: 10%}", "label: {known_after: 1d}")
    )
    assert "`data.label.column` is missing" in message
    assert "expected  The column that holds the answer." in message
    assert "a.yaml:18:3 data.label.column\n" in message


def _is_free_text(path):
    texts = {
        "name",
        "description",
        "owner",
        "data.query",
        "data.key[0]",
        "data.label.column",
        "contract.columns.distance.unit",
    }
    return shown_path(path) in texts or path[-1] == "path" or path[-2:-1] in {("nulls",), ("values",)}


@pytest.mark.parametrize("path", [path for path in NODES if path[:3] != IN_EXPECTATION], ids=shown_path)
@pytest.mark.parametrize("value", [{"x": [{}]}, [[{"x": 1}]], -5, True, "\u00a7"], ids=str)
def test_a_wrong_value_at_any_node_is_refused_there(path, value):
    if isinstance(value, str) and _is_free_text(path):
        return
    if (value is True and DOCUMENT.value(path) is True) or (value == -5 and path[-1] == "min"):
        return
    message = refusal(with_value(path, value))
    here = shown_path(path)
    near = [here, shown_path(path[:-1]), "features.late", "features.time_hour", "data.event_time"]
    assert any(f" {name}" in message or f"`{name}`" in message for name in near), message


@pytest.mark.parametrize(
    "threshold", ['"0.8"', "80", "-1", "nan", ".nan", ".inf", "1e999", "true", "null", "[0.8]", "80%", "1_0"]
)
@pytest.mark.parametrize("old", ["at_least: 0.62", "margin: 0.01", "parity: 1e-9"])
def test_a_threshold_is_a_number_in_its_range(old, threshold):
    key = old.partition(":")[0]
    if key == "margin" and threshold == "80":  # a loss has no upper end, so neither has its margin
        return
    message = refusal(FLIGHTS.replace(old, f"{key}: {threshold}"))
    line, column = next((n, text.index(key) + 1) for n, text in enumerate(LINES, 1) if old in text)
    assert f"a.yaml:{line}:{column} gates" in message or f"a.yaml:{line}:{column + len(key) + 2}\n" in message


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_random_damage_never_crashes(data):
    text = FLIGHTS
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text) - 1))
        end = start + data.draw(st.integers(0, 12))
        text = text[:start] + data.draw(st.text(alphabet=":-[]{}&*!'\" \n~0.9a%#$é\0", max_size=6)) + text[end:]
    with suppress(ConfigError):
        understand(text.encode(), Path("a.yaml"), {})


@settings(max_examples=300, deadline=None)
@given(
    path=st.sampled_from([(), *NODES]),
    value=st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**62), 2**62)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.text(min_size=1, max_size=8)
                | st.sampled_from(["metric", "choice", "kind", "files", "by", "ridge", "at_least"]),
                inner,
                max_size=3,
            )
        ),
        max_leaves=6,
    ),
)
def test_any_tree_in_any_place_is_understood_or_refused_with_its_place(path, value):
    text = with_value(path, value) if path else json.dumps(value)
    try:
        assert understand(text.encode(), Path("a.yaml"), {}).use_case.gates
    except ConfigError as refusal:
        assert all(problem.where.startswith("a.yaml") for problem in refusal.problems)


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_file():
    text = FLIGHTS.replace("risk: low", "rsk: low").replace("min: 10", "mn: 10").replace("seed: 7", "seed: seven")
    with pytest.raises(ConfigError) as caught:
        understand(text.encode(), Path("a.yaml"), {})
    assert [problem.where.split(" ")[1] for problem in caught.value.problems] == [
        "rsk",
        "contract.columns.distance.mn",
        "train.seed",
    ]


def test_a_file_that_is_wrong_everywhere_is_told_in_part():
    columns = "".join(f"    c{n}: {{type: nothing}}\n" for n in range(500))
    with pytest.raises(ConfigError) as caught:
        understand(
            FLIGHTS.replace("  quarantine_at_most", f"{columns}  quarantine_at_most").encode(), Path("a.yaml"), {}
        )
    assert len(caught.value.problems) == 21
    assert caught.value.problems[-1].what == "and 480 more"


def test_the_walk_sees_every_node():
    assert {path for path, _ in walk(DOCUMENT.tree)} == set(DOCUMENT.values)
