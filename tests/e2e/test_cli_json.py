"""What machines rely on: one JSON object on stdout, all else on stderr, and exit codes that say what happened."""

import json
import re
import socket

import pytest
from journeys import FIRST, REFUSING, SECOND, TINY, World, finish, state

from keepfit.ledger import head
from keepfit.registry import manifest
from keepfit.store import object_key

DIGEST = re.compile(r"[0-9a-f]{64}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
NUMBER = (int, float)
MAYBE = (*NUMBER, type(None))
OUTCOMES = {"pass", "fail", "not_enough_evidence", "skipped", "unjudged"}


class OneOf:
    """A value of a closed set."""

    def __init__(self, values):
        self.values = values


GATE = {
    "gate": str,
    "outcome": OneOf(OUTCOMES),
    "value": MAYBE,
    "low": MAYBE,
    "high": MAYBE,
    "threshold": MAYBE,
    "by": (str, type(None)),
    "group": (str, type(None)),
    "rows": int,
    "reason": str,
}
RUN = {
    "use_case": "visits",
    "as_of": MOMENT,
    "snapshot": DIGEST,
    "rows": {"in": int, "kept": int, "quarantined": int, "dropped": int},
    "version": int,
    "digest": DIGEST,
    "verdict": {"outcome": OneOf(OUTCOMES), "gates": [GATE]},
    "released": bool,
    "champion": (int, type(None)),
    "report": str,
    "measured": {
        "parity": float,
        "parity_rows": int,
        "bytes": int,
        "p50_ms": float,
        "p99_ms": float,
        "over": "http",
        "engine": "compiled: linear",
        "refused": int,
        "note": "",
        "cold_start": float,
        "memory": int,
    },
    "warnings": [str],
}
VERSION = {
    "version": int,
    "digest": DIGEST,
    "created": MOMENT,
    "as_of": MOMENT,
    "outcome": OneOf(OUTCOMES),
    "metrics": {"roc_auc": float, "log_loss": float},
    "candidate": "logistic_regression",
}
SHOW = {
    "use_case": "visits",
    "store": str,
    "champion": (int, type(None)),
    "challenger": (int, type(None)),
    "previous": (int, type(None)),
    "versions": [VERSION],
    "ledger": [{"seq": int, "at": MOMENT, "action": str, "actor": str, "reason": str}],
    "versions_in_all": int,
    "entries_in_all": int,
}
VERIFY = {
    "ok": bool,
    "checked": {"entries": int, "versions": int, "objects": int},
    "problems": [{"what": str, "where": str, "expected": str, "found": str}],
}
CHECK = {"ok": bool, "use_case": "visits", "digest": DIGEST, "gates": int}


def see(value, shape, where="$"):
    """That a value has a shape: keys (others may be there too), types, patterns; every item of a list alike."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), where
        assert shape.keys() <= value.keys(), (where, shape.keys() - value.keys())
        for name, expected in shape.items():
            see(value[name], expected, f"{where}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for number, item in enumerate(value):
            see(item, shape[0], f"{where}[{number}]")
    elif isinstance(shape, re.Pattern):
        assert shape.fullmatch(value), (where, value)
    elif isinstance(shape, OneOf):
        assert value in shape.values, (where, value)
    elif isinstance(shape, str):
        assert value == shape, (where, value)
    else:
        assert isinstance(value, shape), (where, value)
        assert not isinstance(value, bool) or shape is bool, (where, value)


def one_object(ended):
    """The answer, when stdout holds one line with one object and nothing else."""
    assert ended.out.endswith("}\n")
    assert ended.out.count("\n") == 1
    return json.loads(ended.out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path / "world").tiny()
    yield world
    world.stop()


@pytest.fixture(scope="module")
def released(tmp_path_factory, warm):
    world = World(tmp_path_factory.mktemp("released")).tiny()
    for moment in (FIRST, SECOND):
        assert warm.run(world, "run", "visits", "--as-of", moment).code == 0
    return world


def test_run_answers_machines_on_stdout_and_people_on_stderr(world, warm):
    ended = world.run("run", "visits", "--json", "--as-of", FIRST, **warm.server)
    answer = one_object(ended)
    see(answer, RUN)
    assert (ended.code, answer["released"], answer["champion"]) == (0, True, 1)
    rows = answer["rows"]
    assert rows["in"] == rows["kept"] + rows["quarantined"] + rows["dropped"] == 300
    assert rows["quarantined"] == 2
    assert len(answer["verdict"]["gates"]) == 5
    assert [line.split()[0] for line in ended.err.splitlines()][:3] == ["start", "extract", "validate"]


def test_a_failed_gate_is_exit_code_5_and_a_whole_answer(world, warm):
    world.write("configs/visits.yaml", TINY.replace("release:", f"{REFUSING}release:"))
    ended = warm.run(world, "run", "visits", "--json", "--as-of", FIRST)
    answer = one_object(ended)
    see(answer, RUN)
    assert (ended.code, answer["released"], answer["champion"]) == (5, False, None)
    outcomes = {gate["gate"]: gate["outcome"] for gate in answer["verdict"]["gates"]}
    assert outcomes["roc_auc at_least 0.999"] == "fail"


def test_undecided_is_done(world, warm):
    world.write("configs/visits.yaml", TINY.replace("at_least: 0.6", "at_least: 0.92"))
    ended = warm.run(world, "run", "visits", "--json", "--as-of", FIRST)
    answer = one_object(ended)
    assert (ended.code, answer["verdict"]["outcome"], answer["released"]) == (0, "not_enough_evidence", False)


def test_show_verify_and_check_answer_machines(released, warm):
    shown = warm.run(released, "show", "visits", "--json")
    see(one_object(shown), SHOW)
    assert (shown.code, shown.err) == (0, "")
    assert [version["version"] for version in shown.answer["versions"]] == [2, 1]
    assert [entry["action"] for entry in shown.answer["ledger"]] == ["promoted", "registered"] * 2
    assert (shown.answer["versions_in_all"], shown.answer["entries_in_all"]) == (2, 4)
    assert warm.run(released, "show", "visits", "--all", "--json").answer == shown.answer
    verified = warm.run(released, "verify", "--json")
    see(one_object(verified), VERIFY)
    assert (verified.code, verified.answer["ok"], verified.answer["checked"]["versions"]) == (0, True, 2)
    checked = warm.run(released, "check", "visits", "--json")
    see(one_object(checked), CHECK)
    assert (checked.code, checked.answer["gates"]) == (0, 5)


def test_show_of_a_use_case_without_history_is_empty_and_done(world, warm):
    shown = warm.run(world, "show", "visits", "--json")
    see(one_object(shown), SHOW)
    assert (shown.code, shown.answer["versions"], shown.answer["ledger"]) == (0, [], [])


FAULTS = {
    "unknown key in the YAML": (2, {"configs/visits.yaml": TINY.replace("owner:", "ownr:")}, ("visits",)),
    "no such use case": (2, {}, ("visitors",)),
    "not a moment": (2, {}, ("visits", "--as-of", "yesterday")),
    "the future": (2, {}, ("visits", "--as-of", "2999-01-01")),
    "no such file": (3, {"configs/visits.yaml": TINY.replace("data/visits", "data/visitors")}, ("visits",)),
    "a column is missing": (3, {"data/visits/2020-04.csv": "id,at,minutes\nx,2020-04-01T00:00:00Z,1\n"}, ("visits",)),
    "nothing before the moment": (3, {}, ("visits", "--as-of", "2019-01-01")),
    "too much quarantine": (
        3,
        {"configs/visits.yaml": TINY.replace("values: [north, south]", "values: [north]")},
        ("visits",),
    ),
    "an expectation fails": (
        3,
        {"configs/visits.yaml": TINY + "expectations:\n  - expect_table_row_count_to_be_between: {min_value: 5000}\n"},
        ("visits",),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_error_is_a_block_on_stderr_and_stdout_stays_empty(fault, world, warm):
    code, files, words = FAULTS[fault]
    for name, text in files.items():
        world.write(name, text)
    ended = warm.run(world, "run", "--json", *words)
    assert (ended.code, ended.out) == (code, ""), ended.err
    assert "\nerror  " in f"\n{ended.err}"
    assert "Traceback" not in ended.err
    assert state(world) == (None, [])


def test_a_configured_server_that_is_not_there_is_exit_code_4(world):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    ended = world.run("run", "visits", "--json", PREFECT_API_URL=f"http://127.0.0.1:{port}/api")
    assert (ended.code, ended.out) == (4, ""), ended.err
    assert f"127.0.0.1:{port}" in ended.err
    assert "Traceback" not in ended.err
    assert not world.store.root.exists()
    assert world.left() == ([], [])


@pytest.mark.parametrize("role", ["model", "compiled"])
def test_a_tampered_champion_is_exit_code_6_and_is_never_compared_with(role, world, warm):
    assert warm.run(world, "run", "visits", "--as-of", FIRST).code == 0
    seat = head(world.store, "visits").version
    model = world.store.root / object_key(manifest(world.store, "visits", seat.digest).files[role])
    model.chmod(0o644)
    model.write_bytes(model.read_bytes()[:-1] + b"X")
    before = head(world.store, "visits")

    verified = warm.run(world, "verify", "--json")
    see(one_object(verified), VERIFY)
    assert (verified.code, verified.answer["ok"]) == (6, False)
    assert str(model) in {problem["where"] for problem in verified.answer["problems"]}

    ended = warm.run(world, "run", "visits", "--json", "--as-of", SECOND)
    assert (ended.code, ended.out) == (6, ""), ended.err
    assert str(model) in ended.err
    assert "Traceback" not in ended.err
    assert head(world.store, "visits") == before


@pytest.mark.parametrize(("moments", "versions"), [((SECOND, SECOND), [1]), ((FIRST, SECOND), [1, 2])])
def test_two_runs_at_the_same_moment_on_one_store(moments, versions, world, warm):
    processes = [world.start("run", "visits", "--json", "--as-of", moment, **warm.server) for moment in moments]
    written = [finish(process) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], written
    answers = [json.loads(out) for out, _ in written]
    assert sorted({answer["version"] for answer in answers}) == versions
    champion, digests = state(world)
    assert set(digests) == {answer["digest"] for answer in answers}
    assert champion in versions
