"""`keepfit export`: an ONNX file that answers as the version does, or none. `make test-onnx` installs what it needs."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import serving_world as world
from compiled_samples import FEATURES, OUTPUTS, asked, compiled_bytes, pipeline, records
from msgspec.structs import replace

from flows.cli import main
from keepfit import features
from keepfit.config import CANDIDATES
from keepfit.errors import IntegrityError
from keepfit.export import CompiledFile, Probe, load_compiled
from keepfit.export.compiled import array
from keepfit.records import canonical, parse
from keepfit.registry import manifest
from keepfit.score import Scorer
from keepfit.score.onnx_file import columns_of, onnx_file
from keepfit.score.onnx_graph import graph_of
from keepfit.store import get, open_store, put

ROWS = records()
INSTALLED = find_spec("onnxruntime") is not None
needs_onnx = pytest.mark.skipif(not INSTALLED, reason="the extra is not installed: make test-onnx")
FORMULAS = [
    (candidate, task)
    for candidate in ("logistic_regression", "ridge", "elastic_net", "neural_network")
    for task in sorted(CANDIDATES[candidate].tasks)
]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a use case whose champion is a formula."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KEEPFIT_STORE", raising=False)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/visits.yaml").write_text(json.dumps(world.yaml_of()))
    world.champion(open_store(str(tmp_path / ".keepfit")))
    return tmp_path


def exported(capsys, *words):
    """Exit code, what was said, and what went wrong."""
    with pytest.raises(SystemExit) as done:
        main(["export", "visits", *words])
    said = capsys.readouterr()
    return done.value.code, said.out, said.err


def run(data, matrix):
    import onnxruntime

    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    return dict(zip(names, session.run(None, {"features": matrix}), strict=True)), session.get_modelmeta()


@needs_onnx
@pytest.mark.parametrize(("candidate", "task"), FORMULAS)
def test_every_formula_and_correction_answers_as_it_is_served(candidate, task):
    encoding, estimator = pipeline(candidate, task, FEATURES["everything"], ROWS)
    data = compiled_bytes(estimator)
    rows = asked(encoding, ROWS[:80])
    matrix = features.plan_of(encoding).of_records(rows)
    for output in OUTPUTS[task]:
        serving = Scorer(encoding, load_compiled(data), output)
        expected = serving.predict_records(rows)
        found, _ = run(graph_of(parse(data, CompiledFile).form, output, {}), matrix)
        assert found["answers"].dtype == np.float64
        assert found["answers"].shape == expected.shape
        np.testing.assert_allclose(found["answers"], expected, rtol=1e-12, atol=1e-12)
        if task != "regression":
            np.testing.assert_array_equal(found["decision"], serving.decide(expected))


@needs_onnx
def test_the_file_says_what_it_takes_and_of_which_version_it_is(place, capsys):
    code, out, _ = exported(capsys, "--format", "onnx", "--output", "visits.onnx", "--json")
    said = json.loads(out)
    assert (code, said["version"], said["probe"]["rows"]) == (0, 1, 60)
    assert said["probe"]["difference"] <= said["probe"]["within"] == 1e-9
    store = open_store(str(place / ".keepfit"))
    version = manifest(store, "visits", said["digest"])
    encoding = parse(get(store, version.files["features"]), features.Encoding)
    probe = parse(get(store, version.files["probe"]), Probe)
    matrix = features.plan_of(encoding).of_records(probe.records)
    found, about = run(Path("visits.onnx").read_bytes(), matrix)
    np.testing.assert_allclose(found["answers"], np.array(probe.expected), rtol=0, atol=1e-9)
    told = about.custom_metadata_map
    assert json.loads(told["columns"]) == columns_of(encoding)
    assert len(columns_of(encoding)) == len(set(columns_of(encoding))) == matrix.shape[1]
    assert (told["use_case"], told["digest"], told["classes"]) == ("visits", said["digest"], '["false","true"]')


@needs_onnx
def test_a_file_that_answers_otherwise_is_not_written_and_the_row_is_named(place, capsys):
    store = open_store(str(place / ".keepfit"))
    version = world.version(store, 1)
    probe = parse(get(store, version.files["probe"]), Probe)
    expected = [list(row) for row in probe.expected]
    expected[6] = [expected[6][0] + 2e-9, expected[6][1] - 2e-9]
    off = put(store, canonical(Probe(records=probe.records, expected=tuple(map(tuple, expected)))))
    seat = world.registered(store, replace(version, files={**version.files, "probe": off}))
    code, _, err = exported(capsys, "--version", str(seat.number), "--output", "visits.onnx")
    assert (code, list(place.glob("*.onnx")), list(place.glob(".*.tmp"))) == (6, [], [])
    assert "2e-09 in row 7 of 60" in err


@needs_onnx
def test_an_answer_that_is_no_number_is_never_right(place):
    store = open_store(str(place / ".keepfit"))
    version = world.version(store, 1)
    form = parse(get(store, version.files["compiled"]), CompiledFile).form
    weights = form.layer.weights.numbers().copy()
    weights[0] = np.nan
    broken = replace(form, layer=replace(form.layer, weights=array(weights)))
    files = {**version.files, "compiled": put(store, canonical(CompiledFile(form=broken)))}
    with pytest.raises(IntegrityError, match="does not answer as the trained model did"):
        onnx_file(store, replace(version, files=files), world.registered(store, version))


@needs_onnx
def test_what_is_no_formula_is_refused(place, capsys):
    store = open_store(str(place / ".keepfit"))
    encoding, forest = world._slow("binary")
    files = {"compiled": compiled_bytes(forest), "features": canonical(encoding)}
    for version in (world.version(store, 1, compile_it=False, **files), world.version(store, "slow", compile_it=False)):
        seat = world.registered(store, version)
        code, _, err = exported(capsys, "--version", str(seat.number), "--output", "visits.onnx")
        assert (code, Path("visits.onnx").exists()) == (2, False)
        assert "cannot be written as ONNX" in err


@needs_onnx
def test_a_file_that_is_there_is_kept_unless_it_may_be_replaced(place, capsys):
    Path("visits.onnx").write_text("mine")
    assert exported(capsys, "--output", "visits.onnx")[0] == 2
    assert Path("visits.onnx").read_text() == "mine"
    assert exported(capsys, "--output", "visits.onnx", "--overwrite")[0] == 0
    assert Path("visits.onnx").read_bytes()[:1] == b"\x08"
    assert exported(capsys, "--output", "none/visits.onnx")[0] == 4
    assert exported(capsys, "--version", "9", "--output", "other.onnx")[0] == 2


@pytest.mark.skipif(INSTALLED, reason="the extra is installed")
def test_without_the_extra_it_says_what_to_install(place, capsys):
    code, _, err = exported(capsys, "--output", "visits.onnx")
    assert (code, Path("visits.onnx").exists()) == (2, False)
    assert "keepfit[onnx]" in err
