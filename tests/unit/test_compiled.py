"""The compiled form answers as the training object does, for all that the YAML offers; what does not is seen."""

import dataclasses
import json
import subprocess
import sys
from math import inf
from pathlib import Path

import numpy as np
import pytest
from compiled_samples import FEATURES, OUTPUTS, asked, both, compiled_bytes, pipeline, records, signature_of_all
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from train_samples import rows, snapshot_of, use_case

from keepfit import export, features, score
from keepfit.config import CANDIDATES
from keepfit.errors import IntegrityError
from keepfit.export import CompiledFile, compiled_of, load_compiled
from keepfit.export.compiled import Array, array
from keepfit.export.trees import Forest
from keepfit.records import canonical, parse
from keepfit.serving.rows import Rows
from keepfit.split import split
from keepfit.store import get, open_store, put
from keepfit.train import train

ROWS = records()
EXACT = 1e-10
COMPILED = [
    (candidate, task)
    for candidate, kind in CANDIDATES.items()
    for task in sorted(kind.tasks)
    if candidate != "nearest_neighbours"
]


def differ(trained, serving, rows):
    return float(np.abs(trained.predict_records(rows) - serving.predict_records(rows)).max())


@pytest.mark.parametrize("kind", FEATURES)
@pytest.mark.parametrize(("candidate", "task"), COMPILED)
def test_every_estimator_task_and_feature_answers_as_it_was_trained(candidate, task, kind):
    encoding, estimator = pipeline(candidate, task, FEATURES[kind], ROWS)
    rows = asked(encoding, ROWS[:80])
    plain = both(encoding, estimator)
    for output in OUTPUTS[task]:
        trained, serving = (dataclasses.replace(scorer, output=output) for scorer in plain)
        expected, found = trained.predict_records(rows), serving.predict_records(rows)
        assert serving.engine.startswith("compiled: ")
        assert found.shape == expected.shape
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, expected, rtol=0, atol=EXACT)
        if task != "regression":
            np.testing.assert_array_equal(serving.decide(found), trained.decide(expected))


@pytest.mark.parametrize(("candidate", "task"), COMPILED)
def test_a_record_alone_is_answered_as_among_others_to_the_last_bit(candidate, task):
    encoding, estimator = pipeline(candidate, task, FEATURES["everything"], ROWS)
    for output in OUTPUTS[task]:
        _, serving = both(encoding, estimator, output)
        together = serving.predict_records(ROWS[:211])
        for size in (1, 2, 7, 32):
            parts = [serving.predict_records(ROWS[start : min(start + size, 211)]) for start in range(0, 211, size)]
            np.testing.assert_array_equal(np.concatenate(parts), together)
    assert serving.predict_records([]).shape == (0, *together.shape[1:])


SHAPES = {
    "logistic_regression": {"C": st.floats(1e-3, 1e3), "class_weight": st.sampled_from([None, "balanced"])},
    "ridge": {"alpha": st.floats(0.01, 1e4)},
    "elastic_net": {"alpha": st.floats(1e-4, 1.0), "l1_ratio": st.floats(0.0, 1.0)},
    "hist_gradient_boosting": {
        "max_iter": st.integers(1, 12),
        "max_leaf_nodes": st.integers(2, 40) | st.sampled_from([64, 65, 127, 128, 129, 256, 257]),
        "learning_rate": st.floats(0.01, 1.0),
        "min_samples_leaf": st.integers(1, 500),
    },
    "random_forest": {
        "n_estimators": st.integers(1, 8),
        "min_samples_leaf": st.integers(1, 30),
        "max_depth": st.sampled_from([None, 1, 3]),
    },
    "extra_trees": {"n_estimators": st.integers(1, 8), "max_features": st.floats(0.1, 1.0)},
    "neural_network": {"hidden_layer_sizes": st.integers(1, 20), "max_iter": st.integers(1, 4)},
}
VALUES = {
    "number": st.one_of(st.none(), st.floats(allow_nan=False), st.integers(), st.sampled_from([r["x"] for r in ROWS])),
    "category": st.one_of(st.none(), st.booleans(), st.text(max_size=12), st.sampled_from([r["shop"] for r in ROWS])),
    "time": st.one_of(st.none(), st.sampled_from([r["at"] for r in ROWS])),
}


@st.composite
def pipelines(draw):
    candidate, task = draw(st.sampled_from(COMPILED))
    kinds = draw(st.lists(st.sampled_from(sorted(FEATURES)), min_size=1, max_size=3, unique=True))
    wanted = {name: how for kind in kinds for name, how in FEATURES[kind].items()}
    chosen = {name: draw(values) for name, values in SHAPES[candidate].items()}
    drawn = records(draw(st.integers(60, 300)), seed=draw(st.integers(0, 2**20)))
    return (task, *pipeline(candidate, task, wanted, drawn, chosen)), draw(st.sampled_from(OUTPUTS[task]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(pipelines(), st.data())
def test_random_pipelines_answer_random_records_as_they_were_trained(made, data):
    (task, encoding, estimator), output = made
    record = st.fixed_dictionaries({}, optional={name: VALUES[kind] for name, kind in encoding.kinds.items()})
    asked_for = data.draw(st.lists(record, min_size=1, max_size=30))
    trained, serving = both(encoding, estimator, output)
    expected = trained.predict_records(asked_for)
    scale = max(np.abs(expected).max(), 1.0) if task == "regression" else 1.0
    assert differ(trained, serving, asked_for) <= EXACT * scale
    sendable = [row for row in asked_for if abs(row.get("x") or 0.0) < inf and abs(row.get("y") or 0.0) < inf]
    if sendable:  # and as a request brings them
        body = json.dumps({"records": sendable}, ensure_ascii=data.draw(st.booleans())).encode()
        found = serving.predict_records(Rows(signature_of_all(encoding.kinds, task)).read(body))
        np.testing.assert_allclose(found, trained.predict_records(sendable), rtol=0, atol=EXACT * scale)


def test_neighbours_are_served_as_they_were_trained_and_say_why():
    _, estimator = pipeline("nearest_neighbours", "binary", FEATURES["number"], ROWS)
    assert compiled_of(estimator) == "KNeighborsClassifier has no compiled form"


# a version in a store


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    """A store, and a version of each of three candidates, all trained on the same rows."""
    store = open_store(str(tmp_path_factory.mktemp("store")))

    def version(candidate):
        case = use_case(train={"candidates": [{candidate: {**SMALL.get(candidate, {})}}], "seed": 3})
        trained = train(store, case, split(store, case, snapshot_of(store, case, rows())))
        return export.export(store, trained)

    return store, {name: version(name) for name in ("hist_gradient_boosting", "random_forest", "nearest_neighbours")}


SMALL = {"hist_gradient_boosting": {"max_iter": 8}, "random_forest": {"n_estimators": 8}, "nearest_neighbours": {}}


def test_a_version_is_served_compiled_and_measured_on_that_path(versions):
    store, plain = versions
    made = score.compiled(store, plain["hist_gradient_boosting"])
    assert made.engine == "compiled: trees" == score.load(store, made.files).engine
    assert made.note == ""
    assert made.bytes == plain["hist_gradient_boosting"].bytes + len(get(store, made.files["compiled"]))
    measured = score.measure(store, made, ({"x": 0.25, "group": "b", "at": "2013-02-01T10:00:00+00:00"}, {}))
    assert measured.parity <= 1e-12
    assert measured.parity_rows == score.measure(store, made).parity_rows + 2


def test_a_version_of_an_earlier_build_is_served_from_skops(versions):
    store, plain = versions
    scorer = score.load(store, plain["random_forest"].files)
    assert scorer.engine == "skops"
    assert scorer.kinds == {"x": "number", "group": "category", "at": "time"}


def test_what_does_not_compile_is_served_from_skops_and_says_so(versions):
    store, plain = versions
    made = score.compiled(store, plain["nearest_neighbours"])
    assert "compiled" not in made.files
    assert (made.engine, made.note) == ("skops", "KNeighborsClassifier has no compiled form")


def test_what_is_not_exact_enough_is_served_from_skops_and_says_by_how_much(versions):
    store, plain = versions
    made = score.compiled(store, plain["random_forest"], within=-1.0)
    assert "compiled" not in made.files
    assert made.engine == "skops"
    assert "differs by" in made.note


def _bent(store, exported, form):
    """The version with another compiled form in its files."""
    changed = put(store, canonical(CompiledFile(form=form)))
    return replace(exported, files=exported.files | {"compiled": changed})


def _form(store, exported):
    return parse(get(store, exported.files["compiled"]), CompiledFile).form


def test_a_compiled_form_that_answers_otherwise_fails_the_gate_on_parity(versions):
    store, plain = versions
    right, other = (score.compiled(store, plain[name]) for name in ("hist_gradient_boosting", "random_forest"))
    assert score.measure(store, right).parity < 1e-12
    assert score.measure(store, _bent(store, right, _form(store, other))).parity > 1e-3


def test_a_compiled_form_that_does_not_fit_is_not_loaded(versions):
    store, plain = versions
    made = score.compiled(store, plain["hist_gradient_boosting"])
    form, narrow = _form(store, made), pipeline("logistic_regression", "binary", {"x": ("number",)}, ROWS)[1]
    for wrong in (replace(form, link="softmax"), replace(form, link="shares"), compiled_of(narrow)):
        with pytest.raises(IntegrityError):
            score.load(store, _bent(store, made, wrong).files)


def test_an_altered_compiled_file_is_never_parsed(versions):
    store, plain = versions
    made = score.compiled(store, plain["hist_gradient_boosting"])
    path = next(store.root.rglob(made.files["compiled"]))
    right = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(right[:-1] + b" ")
    with pytest.raises(IntegrityError):
        score.load(store, made.files)
    path.write_bytes(right)


def _apart():
    """Numbers that 32 bits just hold: spacing there is 8; those half-way are rounded over a threshold, or not."""
    near = [{"x": 1e8 + 8.0 * (place % 4)} for place in range(200)]
    return [row | dict.fromkeys(("y", "group", "shop", "note", "at", "booked")) for row in near]


@pytest.mark.parametrize("candidate", ["random_forest", "hist_gradient_boosting"])
def test_rounding_to_32_bits_is_for_forests_only(candidate):
    rows = _apart()
    settings = {"min_samples_leaf": 1} | ({"n_estimators": 5} if candidate == "random_forest" else {"max_iter": 5})
    encoding, estimator = pipeline(candidate, "regression", {"x": ("number",)}, rows, settings)
    estimator.fit(
        score.numbers(encoding, features.from_records(rows, encoding.kinds)), np.array([row["x"] - 1e8 for row in rows])
    )
    trained, serving = both(encoding, estimator)
    edges = [{"x": 1e8 + step / 4} for step in range(-8, 120)]
    assert differ(trained, serving, edges) < 1e-9
    form = parse(compiled_bytes(estimator), CompiledFile).form
    bent = replace(form, single=not form.single)
    wrong = score.Scorer(encoding, load_compiled(canonical(CompiledFile(form=bent))))
    assert differ(trained, wrong, edges) > 1.0


# many rows of boosting


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("leaves", [2, 31, 64, 65, 127, 256, 300])
def test_boosting_answers_many_rows_as_it_answers_each_to_the_last_bit(leaves, task):
    rows = records(1500, seed=leaves)
    settings = {"max_iter": 12, "max_leaf_nodes": leaves, "min_samples_leaf": 1}
    encoding, estimator = pipeline("hist_gradient_boosting", task, FEATURES["everything"], rows, settings)
    matrix = score.numbers(encoding, features.from_records(rows, encoding.kinds))
    draw = np.random.default_rng(leaves)
    for value in (np.nan, np.inf, -np.inf, -1.0, -0.0, 0.5, 254.0, 1e30, 2.0**32, 2.0**63):
        matrix[draw.random(matrix.shape) < 0.01] = value
    form = parse(compiled_bytes(estimator), CompiledFile).form
    forest = Forest(form.treelite, form.columns, single=False)
    by_treelite = np.concatenate([forest.sums(pair) for pair in np.split(matrix, len(matrix) // 2)])
    np.testing.assert_array_equal(np.concatenate([forest.sums(row[None]) for row in matrix]), by_treelite)
    np.testing.assert_array_equal(forest.sums(matrix), by_treelite)
    assert forest.quick or leaves > 256  # else one way is compared with itself


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("candidate", ["random_forest", "extra_trees"])
@pytest.mark.parametrize("settings", [{"max_depth": 1}, {"min_samples_leaf": 1}, {"min_samples_leaf": 9}])
def test_a_forest_answers_many_rows_as_it_answers_each_to_the_last_bit(candidate, settings, task):
    rows = records(900, seed=4)
    whole = {"n_estimators": 12, **settings}
    encoding, estimator = pipeline(candidate, task, FEATURES["everything"], rows, whole)
    matrix = score.numbers(encoding, features.from_records(rows, encoding.kinds))
    draw = np.random.default_rng(5)
    for value in (np.nan, 3e38, -3e38, -0.0, 254.0, 1e-40):
        matrix[draw.random(matrix.shape) < 0.01] = value
    form = parse(compiled_bytes(estimator), CompiledFile).form
    forest = Forest(form.treelite, form.columns, single=True)
    assert forest.quick
    alone = np.concatenate([forest.sums(row[None]) for row in matrix])
    for count in (900, 32, 45):
        np.testing.assert_array_equal(forest.sums(matrix[:count]), alone[:count])


# the file


def test_bytes_that_are_no_compiled_model_are_refused():
    _, estimator = pipeline("ridge", "regression", FEATURES["number"], ROWS)
    right = compiled_bytes(estimator)
    form = parse(right, CompiledFile).form
    short = replace(form.layer, intercepts=array(np.zeros(3)))
    lies = replace(form.layer, weights=Array(shape=(9, 1), data=form.layer.weights.data))
    for data in (
        b"",
        b"{}",
        b"\x80\x04\x95.",
        right[:-1],
        right.replace(b'"linear"', b'"other"'),
        right.replace(b'"identity"', b'"eval"'),
        right.replace(b'{"form"', b'{"more":1,"form"'),
        canonical(CompiledFile(form=replace(form, layer=short))),
        canonical(CompiledFile(form=replace(form, layer=lies))),
    ):
        with pytest.raises(IntegrityError):
            load_compiled(data, "objects/x")


def test_trees_that_are_not_of_this_matrix_are_refused():
    _, estimator = pipeline("random_forest", "binary", FEATURES["number"], ROWS)
    form = parse(compiled_bytes(estimator), CompiledFile).form
    for bent in (replace(form, columns=3), replace(form, treelite=b"no trees"), replace(form, treelite=b"")):
        with pytest.raises(IntegrityError):
            load_compiled(canonical(CompiledFile(form=bent)))
    with pytest.raises(ValueError, match="2 columns, not 1"):
        load_compiled(canonical(CompiledFile(form=form))).answers(np.zeros((4, 1)))


def test_an_estimator_compiles_to_the_same_bytes_in_another_process(tmp_path):
    made = {
        candidate: pipeline(candidate, "multiclass", FEATURES["everything"], ROWS)[1]
        for candidate in ("hist_gradient_boosting", "random_forest", "neural_network")
    }
    for candidate, estimator in made.items():
        (tmp_path / candidate).write_bytes(export.dump(estimator))
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from compiled_samples import compiled_bytes\n"
        "from keepfit.export import load\n"
        f"for candidate in {list(made)}:\n"
        f"    sys.stdout.buffer.write(compiled_bytes(load((Path({str(tmp_path)!r}) / candidate).read_bytes())))\n"
    )
    path = {"PYTHONPATH": str(Path(__file__).parent)}
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, env=path)
    assert run.stdout == b"".join(compiled_bytes(estimator) for estimator in made.values())
    assert len(run.stdout) > 10_000


@pytest.mark.parametrize("candidate", ["hist_gradient_boosting", "random_forest"])
def test_a_compiled_version_is_asked_without_scikit_learn_pandas_and_scipy(versions, candidate):
    store, plain = versions
    files = score.compiled(store, plain[candidate]).files
    program = (
        "import sys\n"
        "from keepfit import score\n"
        "from keepfit.store import open_store\n"
        f"scorer = score.load(open_store({store.address!r}), {dict(files)!r})\n"
        "found = scorer.predict_records([{'x': 0.5, 'group': 'a', 'at': '2013-02-01T10:00:00+00:00'}])\n"
        "print(scorer.engine, found.shape, scorer.decide(found).shape)\n"
        "heavy = 'sklearn pandas scipy pyarrow skops duckdb pydantic boto3 prefect treelite'.split()\n"
        "print(sorted(name for name in heavy if name in sys.modules))\n"
    )
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert run.stdout.splitlines() == ["compiled: trees (1, 2) (1,)", "[]"]
