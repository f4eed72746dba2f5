"""`keepfit selftest` on the small use cases that are shipped: everything that is planted is caught, by name."""

import json
import shutil
from datetime import date

import pytest
from journeys import ROOT, World

from flows.demo import write_demo

FAULT = {"fault", "kind", "planted", "caught", "by", "outcome", "reason", "expected", "advice", "worlds", "caught_in"}
TIMELESS = {"stale"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("selftest"))
    shutil.copytree(ROOT / "configs", world.work / "configs", dirs_exist_ok=True)
    write_demo(date(2013, 1, 1), world.work)
    return world


def by_name(answer):
    return {each["fault"]: each for each in answer["faults"]}


def caught(answer):
    return {each["fault"] for each in answer["faults"] if each["caught"]}


@pytest.mark.parametrize("name", ["digit_image", "diabetes_progression"])
def test_every_fault_is_caught_by_name_and_the_good_model_is_not_refused(world, said, name):
    code, out, err = said(world, "selftest", name, "--seeds", "4", "--strict", "--json")
    answer = json.loads(out)
    assert code == 0, out
    assert set(answer) == {"ok", "use_case", "as_of", "rows", "candidate", "faults", "good", "not_guarded"}
    assert all(set(each) == FAULT for each in answer["faults"])
    assert {each["fault"] for each in answer["faults"]} - caught(answer) == TIMELESS
    assert all(each["by"] for each in answer["faults"] if each["caught"])
    assert (answer["ok"], answer["good"]["refused"], answer["good"]["seeds"]) == (True, 0, 4)
    assert [line.split()[0] for line in err.splitlines()] == ["start", "prepare", "models", "data"]
    assert not (world.work / ".keepfit").exists()  # nothing of the use case's own is touched


def test_what_nothing_would_catch_is_said_and_is_an_error_only_where_one_asks_for_it(world, said):
    text = (ROOT / "configs" / "diabetes_progression.yaml").read_text()
    bare = "\n".join(line for line in text.splitlines() if "not_worse_than" not in line)
    world.write("configs/bare.yaml", bare.replace("name: diabetes_progression", "name: bare"))
    code, out, _ = said(world, "selftest", "bare", "--seeds", "2")
    assert code == 0
    assert "nothing in the YAML would catch: copy_of_champion, slightly_worse" in out
    code, out, _ = said(world, "selftest", "bare", "--seeds", "2", "--strict")
    assert code == 5


def test_a_number_of_worlds_that_is_none_is_refused(world, said):
    code, _, err = said(world, "selftest", "digit_image", "--seeds", "0")
    assert (code, "--seeds" in err) == (2, True)


def test_some_flights(world, said):
    """One flight of ten, and a single candidate: two sources, a query, times, groups of an airport each."""
    write_demo(date(2013, 4, 1), world.work)
    for file in (world.work / "data" / "flights").iterdir():
        head, *rows = file.read_text().splitlines()
        world.write(f"data/some_flights/{file.name}", "\n".join([head, *rows[::10]]) + "\n")
    text = (ROOT / "configs" / "flight_delay.yaml").read_text()
    for old, new in (
        ("name: flight_delay", "name: some_flights"),
        ("data/flights/*.csv", "data/some_flights/*.csv"),
        ("min_value: 20000", "min_value: 5000"),
        ("    - hist_gradient_boosting: {learning_rate: [0.02, 0.3, log], max_leaf_nodes: [15, 127]}\n", ""),
        ("trials: 5", "trials: 1"),
    ):
        assert old in text
        text = text.replace(old, new)
    world.write("configs/some_flights.yaml", text)
    _, out, _ = said(world, "selftest", "some_flights", "--as-of", "2013-04-01", "--seeds", "2", "--json")
    answer = json.loads(out)
    assert {each["fault"]: each["reason"] for each in answer["faults"] if not each["caught"]} == {}
    assert by_name(answer)["bad_slice"]["by"].startswith("roc_auc at_least 0.55 by origin")
    assert by_name(answer)["copies_on_both_sides"]["by"] == "leakage: near_copies"
    assert answer["good"]["refused"] == 0


@pytest.mark.soak
def test_the_flights(world, said):
    write_demo(date(2013, 4, 1), world.work)
    code, out, _ = said(world, "selftest", "flight_delay", "--as-of", "2013-04-01", "--strict", "--json")
    answer = json.loads(out)
    assert code == 0, out
    assert len(caught(answer)) == len(answer["faults"])
