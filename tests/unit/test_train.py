"""The competition is fair, seeded, and never sees the holdout."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from train_samples import UNDATED, rows, snapshot_of, use_case

from keepfit import score
from keepfit.config import CANDIDATES
from keepfit.errors import DataError, IntegrityError
from keepfit.export import Probe, dump, export, load
from keepfit.records import parse
from keepfit.score import Naive
from keepfit.split import TRAIN, sides_of, split
from keepfit.split.folds import random_folds, time_folds
from keepfit.store import get, open_store
from keepfit.train import train
from keepfit.train.estimators import Lesson, build, fit

SEARCHED = {
    "candidates": [
        "logistic_regression",
        {"hist_gradient_boosting": {"learning_rate": [0.05, 0.3, "log"], "max_iter": 8}},
    ],
    "trials": 3,
    "seed": 5,
}


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path / "store"))


def trained_on(store, case, table):
    division = split(store, case, snapshot_of(store, case, table))
    return division, train(store, case, division)


def test_the_same_rows_and_yaml_give_the_same_bytes(tmp_path):
    case, table = use_case(train=SEARCHED), rows()
    first, second = (trained_on(open_store(str(tmp_path / name)), case, table)[1] for name in "ab")
    assert first == second
    assert len(first.trials) == 6


def test_the_holdout_does_not_matter(store):
    case, table = use_case(train=SEARCHED), rows()
    division, ours = trained_on(store, case, table)
    sides = sides_of(store, division)
    flipped = [
        late if side == TRAIN else not late for late, side in zip(table.column("late").to_pylist(), sides, strict=True)
    ]
    changed = table.set_column(table.column_names.index("late"), "late", pa.array(flipped))
    _, theirs = trained_on(store, case, changed)
    assert ours.model == theirs.model
    assert ours.trials == theirs.trials


@pytest.mark.parametrize("dated", [True, False])
def test_a_loaded_version_answers_as_the_training_object_did(store, dated):
    case = use_case(train=SEARCHED, **({} if dated else UNDATED))
    _, trained = trained_on(store, case, rows(dated=dated))
    measured = score.measure(store, export(store, trained))
    assert measured.parity == 0.0
    assert measured.parity_rows > 200
    probe = parse(get(store, trained.probe), Probe)
    assert any(None in record.values() for record in probe.records)


def test_a_model_that_answers_otherwise_is_caught(store):
    case = use_case()
    _, ours = trained_on(store, case, rows(seed=1))
    _, other = trained_on(store, case, rows(seed=2))
    mixed = export(store, ours).files | {"model": other.model}
    found = score.measure(store, export(store, ours).__class__(files=mixed, bytes=1))
    assert found.parity > 1e-3


def test_the_naive_baseline_is_the_training_share(store):
    case, table = use_case(), rows()
    division, trained = trained_on(store, case, table)
    late = np.array(table.column("late").to_pylist())[sides_of(store, division) == TRAIN]
    naive = parse(get(store, trained.naive), Naive)
    np.testing.assert_allclose(naive.predict(2), [[1 - late.mean(), late.mean()]] * 2)


def test_one_class_only_ends_with_its_count(store):
    case, table = use_case(), rows()
    one = table.set_column(table.column_names.index("late"), "late", pa.array([True] * table.num_rows))
    with pytest.raises(DataError, match=r"one class only(.|\n)*true: "):
        trained_on(store, case, one)


def test_an_altered_model_file_is_never_parsed(store):
    _, trained = trained_on(store, use_case(), rows())
    path = next(store.root.rglob(trained.model))
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(IntegrityError):
        score.load(store, export(store, trained).files)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 500), min_size=12, max_size=200), st.integers(2, 5), st.integers(0, 30))
def test_time_folds_learn_from_the_past_only(moments, folds, gap):
    times = np.array(moments)
    for fold in time_folds(times, folds, gap):
        if fold.fit.size and fold.score.size:
            assert times[fold.fit].max() < times[fold.score].min() - gap


def test_random_folds_score_every_row_once():
    folds = list(random_folds(101, 4, seed=9))
    assert sorted(np.concatenate([fold.score for fold in folds]).tolist()) == list(range(101))
    assert all(not set(fold.fit) & set(fold.score) for fold in folds)


def test_one_thread_holds_for_libraries_that_nobody_has_loaded_yet():
    program = (
        "from keepfit.score import one_thread\n"
        "with one_thread():\n"
        "    from sklearn.ensemble import HistGradientBoostingClassifier\n"
        "    from threadpoolctl import threadpool_info\n"
        "    print(sorted({(pool['user_api'], pool['num_threads']) for pool in threadpool_info()}))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[('blas', 1), ('openmp', 1)]"


@pytest.mark.parametrize(
    ("name", "task"), [(name, task) for name in CANDIDATES for task in sorted(CANDIDATES[name].tasks)]
)
def test_every_candidate_learns_every_task_that_it_says_and_its_bytes_are_the_same_each_time(name, task):
    draw = np.random.default_rng(4)
    matrix = draw.normal(size=(120, 4))
    labels = matrix[:, 0] if task == "regression" else np.digitize(matrix[:, 0], [0.0, 0.8][: 1 + (task != "binary")])
    lesson = Lesson(task, 120, (), 1)
    first, second = (fit(name, {}, lesson, matrix.copy(), labels)[0] for _ in range(2))
    assert dump(first) == dump(second)
    np.testing.assert_array_equal(score.answers(load(dump(first)), matrix), score.answers(first, matrix))


@pytest.mark.parametrize("name", CANDIDATES)
def test_every_setting_of_the_yaml_reaches_the_estimator(name):
    kind = CANDIDATES[name]
    task = sorted(kind.tasks)[0]
    for setting, limits in kind.settings.items():
        value = limits.low if limits.ranged else limits.words[-1]
        value = int(value) if limits.whole and limits.ranged else value
        estimator = build(name, {setting: value}, Lesson(task, 50, (), 1))
        inner = getattr(estimator, "regressor", estimator)
        if (name, setting) != ("neural_network", "class_weight"):  # weighed by row, see below
            assert inner.get_params()[setting] == value


@pytest.mark.parametrize("name", CANDIDATES)
def test_what_the_table_calls_a_default_is_one(name):
    kind = CANDIDATES[name]
    lesson = Lesson(sorted(kind.tasks)[0], 20_000, (), 1)
    said = {setting: limits.default for setting, limits in kind.settings.items()}
    plain, spelt = (build(name, settings, lesson) for settings in ({}, said))
    assert repr(plain) == repr(spelt)


@pytest.mark.parametrize("name", [name for name in CANDIDATES if "class_weight" in CANDIDATES[name].settings])
def test_balanced_classes_raise_the_probability_of_the_rare_one(name):
    draw = np.random.default_rng(4)
    matrix = draw.normal(size=(300, 2))
    labels = (matrix[:, 0] + draw.normal(size=300) > 2).astype(np.int64)
    plain, balanced = (
        score.answers(fit(name, settings, Lesson("binary", 300, (), 1), matrix, labels)[0], matrix)[:, 1].mean()
        for settings in ({}, {"class_weight": "balanced"})
    )
    assert balanced > plain + 0.03
