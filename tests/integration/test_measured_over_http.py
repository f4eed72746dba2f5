"""A version is asked over HTTP before it is judged, and what answers otherwise than the trained model does not pass."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import measured_world as world
import numpy as np
import pytest
from compiled_samples import FEATURES, OUTPUTS, pipeline, records, signature_of_all
from msgspec.structs import replace

from keepfit.config import CANDIDATES
from keepfit.config.gates import Parity
from keepfit.errors import InfrastructureError, IntegrityError
from keepfit.evaluate import Sample
from keepfit.export import CompiledFile, compiled_of
from keepfit.export.compiled import array
from keepfit.features import Encoding
from keepfit.judge.found import Made
from keepfit.judge.gates.parity import parity
from keepfit.records import Measured, canonical, parse
from keepfit.serving.measure import measure
from keepfit.serving.measure.process import lone
from keepfit.store import Directory, get, put

ROWS = records(240)
KINDS = [(candidate, task) for candidate, kind in CANDIDATES.items() for task in sorted(kind.tasks)]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Directory(tmp_path_factory.mktemp("store"))


@pytest.mark.parametrize("place", range(len(KINDS)), ids=[f"{candidate}-{task}" for candidate, task in KINDS])
def test_every_estimator_with_every_feature_answers_over_http_as_it_was_trained(store, place):
    candidate, task = KINDS[place]
    output = OUTPUTS[task][place % len(OUTPUTS[task])]
    exported, manifest = world.version(store, candidate, task, FEATURES["everything"], ROWS, output)
    found = measure(store, manifest, exported, world.sample(store, exported, ROWS[:60]))
    assert found.parity is not None, found.note
    assert found.parity <= 1e-10
    assert (found.over, found.note) == ("http", "")
    assert found.engine == exported.engine
    assert found.engine == "skops" or candidate != "nearest_neighbours"
    assert found.parity_rows > 200
    assert 0 < found.p50_ms <= found.p99_ms
    assert 0 < found.cold_start < 60


@pytest.mark.parametrize(("task", "place"), [("binary", 1), ("binary", 2), ("multiclass", 1)])
def test_every_calibration_is_applied_on_the_way(store, task, place):
    output = OUTPUTS[task][place]
    exported, manifest = world.version(store, "logistic_regression", task, FEATURES["number"], ROWS, output)
    assert measure(store, manifest, exported, Sample()).parity <= 1e-10


# planted


@pytest.fixture(scope="module")
def linear(store):
    return world.version(store, "logistic_regression", "binary", FEATURES["category"], ROWS)


@pytest.fixture(scope="module")
def boosting(store):
    return world.version(store, "hist_gradient_boosting", "binary", FEATURES["category"], ROWS)


def judged(found):
    (answer,) = parity(Parity(parity=1e-9), Made(split=None, trained=None, measured=found))
    return answer


def bent(store, made, **files):
    exported, _ = made
    changed = replace(exported, files=exported.files | {role: put(store, data) for role, data in files.items()})
    return changed, world.manifest(changed, "binary")


def form_of(store, made):
    return parse(get(store, made[0].files["compiled"]), CompiledFile).form


def measured(store, made, rows=ROWS[:40]):
    exported, manifest = made
    return measure(store, manifest, exported, world.sample(store, exported, rows))


def test_one_weight_that_is_a_millionth_off_fails_the_gate(store, linear):
    assert judged(measured(store, linear)).outcome == "pass"
    form = form_of(store, linear)
    weights = array(world.nudged(form.layer.weights.numbers()))
    wrong = replace(form, layer=replace(form.layer, weights=weights))
    found = measured(store, bent(store, linear, compiled=canonical(CompiledFile(form=wrong))))
    assert 1e-7 < found.parity < 1e-6  # of the record that it moves most, however many it does not move
    assert judged(found).outcome == "fail"


def test_one_leaf_that_is_off_fails_the_gate(store, boosting):
    assert judged(measured(store, boosting)).outcome == "pass"
    _, estimator = pipeline("hist_gradient_boosting", "binary", FEATURES["category"], ROWS)
    nodes = estimator._predictors[0][0].nodes
    nodes["value"][np.flatnonzero(nodes["is_leaf"])[0]] += 1e-6
    wrong = canonical(CompiledFile(form=compiled_of(estimator)))
    found = measured(store, bent(store, boosting, compiled=wrong))
    assert 1e-9 < found.parity < 1e-5
    assert judged(found).outcome == "fail"


@pytest.mark.parametrize("kind", ["linear", "boosting"])
def test_two_categories_that_have_changed_places_fail_the_gate(store, kind, request):
    made = request.getfixturevalue(kind)
    encoding = parse(get(store, made[0].files["features"]), Encoding)
    swapped = tuple(
        replace(feature, levels=(feature.levels[1], feature.levels[0], *feature.levels[2:]))
        if getattr(feature, "levels", None)
        else feature
        for feature in encoding.features
    )
    wrong = bent(store, made, features=canonical(replace(encoding, features=swapped)))
    assert judged(measured(store, wrong)).outcome == "fail"


def test_another_model_in_the_place_of_the_compiled_one_fails_the_gate(store, linear, boosting):
    other = get(store, world.version(store, "logistic_regression", "binary", FEATURES["category"], ROWS[:120])[0]
                .files["compiled"])  # fmt: skip
    assert judged(measured(store, bent(store, linear, compiled=other))).outcome == "fail"


def test_an_answer_that_is_not_a_number_fails_the_gate_and_is_told(store, linear):
    form = form_of(store, linear)
    wrong = replace(form, layer=replace(form.layer, intercepts=array(np.array([np.nan]))))
    found = measured(store, bent(store, linear, compiled=canonical(CompiledFile(form=wrong))))
    assert found.parity is None
    assert "answers are not numbers" in found.note
    assert found.cold_start is None
    assert judged(found).outcome == "fail"
    assert "answers are not numbers" in judged(found).reason


# the contract


LIMITS = {"x": {"min": -1.0, "max": 1.0}, "group": {"values": ("a", "b", "c", "d")}}


def test_records_that_the_contract_forbids_are_refused_and_counted(store):
    made = world.version(store, "logistic_regression", "binary", FEATURES["category"], ROWS, **LIMITS)
    found, loose = measured(store, made), measured(store, world.version(
        store, "logistic_regression", "binary", FEATURES["category"], ROWS))  # fmt: skip
    assert found.parity <= 1e-12
    assert found.note == ""
    assert found.refused > loose.refused
    assert found.parity_rows < loose.parity_rows
    assert found.parity_rows + found.refused == loose.parity_rows + loose.refused


def test_a_server_that_answers_what_the_contract_forbids_fails_the_gate(store, linear):
    exported, manifest = linear
    kinds = {"group": "category", "x": "number"}
    strict = put(store, canonical(signature_of_all(kinds, "binary", **LIMITS)))
    believed = replace(exported, files=exported.files | {"signature": strict})
    found = measure(store, manifest, believed, world.sample(store, exported, ROWS[:40]))
    assert found.parity is None
    assert "that the contract forbids were answered" in found.note
    assert judged(found).outcome == "fail"


def test_a_server_that_refuses_what_the_contract_allows_fails_the_gate(store, linear):
    exported, _ = linear
    strict = canonical(signature_of_all({"group": "category", "x": "number"}, "binary", **LIMITS))
    _, manifest = bent(store, linear, signature=strict)
    found = measure(store, manifest, exported, world.sample(store, exported, ROWS[:40]))
    assert found.parity is None
    assert "that the contract allows were not answered" in found.note


def test_a_decision_that_does_not_follow_from_the_answer_fails_the_gate(store, linear):
    exported, manifest = linear
    assert measure(store, manifest, exported, Sample()).parity <= 1e-12
    _, other = bent(store, linear, output=b'{"threshold":0.999}')
    found = measure(store, other, exported, Sample())
    assert found.parity is None
    assert "decisions do not follow from their answers" in found.note


# the process


def test_a_version_that_cannot_be_loaded_is_an_error_that_says_why(store, linear, boosting):
    narrow = canonical(CompiledFile(form=compiled_of(pipeline("ridge", "regression", {"x": ("number",)}, ROWS)[1])))
    exported, manifest = bent(store, linear, compiled=narrow)
    with pytest.raises(IntegrityError, match="do not fit each other"):
        measure(store, manifest, exported, Sample())


def test_a_server_that_dies_is_an_error_and_never_an_answer(store, linear):
    _, manifest = linear
    with lone(store, manifest) as server:
        assert server.ask("/livez") == (200, {"live": True})
        os.kill(server._process.pid, signal.SIGKILL)
        with pytest.raises(InfrastructureError, match="ended by signal 9") as error:
            server.ask("/livez")
    assert error.value.exit_code == 4
    assert "the champion stays" in str(error.value)


def test_nobody_else_is_answered(store, linear):
    import httpx

    with lone(store, linear[1]) as server:
        assert server.ask("/readyz")[0] == 200
        port = server._connection.port
        asked = httpx.post(f"http://127.0.0.1:{port}/v1/models/planted/predict", json={}, trust_env=False)
        assert asked.status_code == 401


PARENT = """
import os, sys, tempfile
from pathlib import Path
from keepfit.records import Manifest, parse
from keepfit.serving.measure.process import lone
from keepfit.store import Directory
manifest = parse(Path(sys.argv[2]).read_bytes(), Manifest)
with lone(Directory(Path(sys.argv[1])), manifest) as server:
    server.ask("/livez")
    print(server._process.pid, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_the_server_ends_with_its_parent_and_leaves_nothing(store, linear, tmp_path):
    (tmp_path / "manifest").write_bytes(canonical(linear[1]))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environ = os.environ | {"TMPDIR": str(scratch), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", PARENT, str(store.root), str(tmp_path / "manifest")], env=environ,
                          capture_output=True, text=True, check=False, timeout=60)  # fmt: skip
    assert done.returncode == -9, done.stderr
    end = time.monotonic() + 20
    while running(int(done.stdout)) or list(scratch.iterdir()):
        assert time.monotonic() < end
        time.sleep(0.05)


def running(pid):
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_an_old_measurement_is_still_read():
    old = b'{"bytes":10,"p50_ms":0.2,"p99_ms":0.5,"parity":1e-12,"parity_rows":9}'
    assert parse(old, Measured).over == "process"


def test_a_version_is_measured_on_what_a_server_needs_and_nothing_more():
    program = (
        "import sys, keepfit.serving.lone, keepfit.serving.routes, keepfit.serving.server\n"
        "apart = 'pydantic ruamel prefect pandas sklearn scipy pyarrow skops duckdb boto3'.split()\n"
        "print([name for name in apart if name in sys.modules])\n"
    )
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "[]"


def test_the_trained_estimator_is_not_copied_where_it_is_not_asked(store, boosting):
    with lone(store, boosting[1]) as server:
        server.ask("/livez")
        names = {path.name for path in Path(server._log).parent.rglob("objects/*")}
    assert boosting[0].files["model"] not in names
    assert boosting[0].files["compiled"] in names
