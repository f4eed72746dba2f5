"""What cannot be learnt from ends with a message that says what and why; what is doubtful goes on with a warning."""

import numpy as np
import pyarrow as pa
import pytest
from train_samples import KINDS, UNDATED, rows, snapshot_of, use_case

from keepfit import features
from keepfit.data import write_snapshot
from keepfit.errors import DataError
from keepfit.export import Probe, export
from keepfit.records import parse
from keepfit.score import Output, answers, load, measure, numbers
from keepfit.split import split
from keepfit.store import get, open_store
from keepfit.train import train
from keepfit.train.material import Labels, Material, Part, Rules
from keepfit.train.trial import Job, carry_out

OVERFITTED = {
    "hist_gradient_boosting": {"max_leaf_nodes": 60, "min_samples_leaf": 1, "learning_rate": 1.0, "max_iter": 40}
}
REGRESSION = {
    "task": "regression",
    "train": {"candidates": ["ridge"]},
    "gates": [{"metric": "rmse", "at_most": 10}],
    "contract": {
        "columns": {
            "x": {"type": "float", "nullable": True},
            "group": {"type": "category", "nullable": True},
            "late": {"type": "float"},
        }
    },
}


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path / "store"))


def trained_on(store, case, table):
    return train(store, case, split(store, case, snapshot_of(store, case, table)))


def regressed_on(store, case, table):
    kinds = KINDS | {"late": "float"}
    snapshot = write_snapshot(
        store, case.name, table, {name: kinds[name] for name in table.column_names}, ("id",), None
    )
    return train(store, case, split(store, case, snapshot.digest))


def having(table, **columns):
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    return table


def test_a_feature_without_any_value_is_named(store):
    table = having(rows(300), x=pa.nulls(300, pa.float64()))
    with pytest.raises(DataError, match=r"no value at all(.|\n)*features\.x(.|\n)*missing in all of 80 rows"):
        trained_on(store, use_case(), table)


def test_features_that_never_change_end_it_and_one_of_them_is_a_warning(store):
    table = having(rows(1200), x=[1.0] * 1200)
    still = use_case(features={"x": "number"})
    with pytest.raises(DataError, match="no feature ever changes"):
        trained_on(store, still, table)
    assert trained_on(store, use_case(), table).warnings == ("one value only on the training side: x",)


def test_a_label_that_never_changes_is_named_with_its_value(store):
    case = use_case(**(UNDATED | REGRESSION))
    table = having(rows(200, dated=False), late=[2.5] * 200)
    with pytest.raises(DataError, match=r"the label never changes(.|\n)*2\.5 in all of"):
        regressed_on(store, case, table)


def test_too_few_rows_are_counted(store):
    with pytest.raises(DataError, match=r"too few rows(.|\n)*at least 4(.|\n)*found +2 rows"):
        trained_on(store, use_case(**UNDATED), rows(4, dated=False, seed=5))


def test_a_lone_candidate_that_the_folds_cannot_judge_still_learns(store):
    table = rows(240, dated=False)
    late = [row == 5 for row in range(240)]
    case = use_case(**(UNDATED | {"split": {"by": "key", "holdout": "1%"}}))
    found = trained_on(store, case, having(table, late=late))
    assert found.trials[0].score is None
    assert "could not judge logistic_regression: a class is missing" in found.warnings[0]
    assert parse(get(store, found.output), Output) == Output()
    several = use_case(
        **(UNDATED | {"split": case.split.model_dump(), "train": {"candidates": ["logistic_regression"], "trials": 2}})
    )
    with pytest.raises(DataError, match=r"no candidate could be fitted(.|\n)*a class is missing"):
        trained_on(store, several, having(table, late=late))


def test_a_fit_that_did_not_converge_is_kept_and_told(store):
    case = use_case(train={"candidates": [{"logistic_regression": {"max_iter": 1}}]})
    found = trained_on(store, case, rows())
    assert found.trials[0].note == "stopped at max_iter before it converged"
    assert "logistic_regression stopped at max_iter before it converged" in found.warnings


def test_what_cannot_be_fitted_is_a_trial_without_a_loss():
    matrix = np.full((9, 2), np.nan)
    labels = np.arange(9) % 2
    known = Labels(labels, labels, np.arange(9), np.arange(9))
    rules = Rules(task="binary", classes=2, metric="log_loss", seed=1)
    material = Material(rules, (known,), {(0, "dense"): Part(matrix, matrix, ())})
    outcome = carry_out(material, Job(fold=0, candidate="nearest_neighbours", settings={}))
    assert outcome.loss is None
    assert outcome.note.startswith("could not be fitted: Input X contains NaN")


def test_answers_go_through_correction_and_threshold_also_after_the_journey(store):
    case = use_case(train={"candidates": [OVERFITTED], "decide": {"recall_at_least": 0.9}})
    found = trained_on(store, case, rows(2400))
    exported = export(store, found)
    scorer = load(store, exported.files)
    assert scorer.output.calibration is not None
    assert found.calibration.startswith("calibrated by")
    assert measure(store, exported).parity == 0.0
    records = parse(get(store, found.probe), Probe).records
    columns = features.from_records(records, scorer.encoding.kinds)
    raw = answers(scorer.estimator, numbers(scorer.encoding, columns))
    assert np.abs(scorer.predict_records(records) - raw).max() > 0.05
    np.testing.assert_array_equal(scorer.predict_records(records), scorer.output.correct(raw))
    certain = np.array([[0.99, 0.01], [0.01, 0.99]])
    assert scorer.decide(certain).tolist() == [0, 1]
    assert 0 < scorer.output.threshold < 0.5
    assert "recall of 0.9" in found.decision
    bare = load(store, {role: digest for role, digest in exported.files.items() if role != "output"})
    assert bare.output == Output()  # a version from before there were corrections


def test_a_rule_that_cannot_be_met_is_a_warning_and_one_half(store):
    case = use_case(train={"candidates": ["logistic_regression"], "decide": {"precision_at_least": 1.0}})
    found = trained_on(store, case, having(rows(), late=np.random.default_rng(1).random(1200) < 0.3))
    assert parse(get(store, found.output), Output).threshold is None
    assert found.warnings == (found.decision,)


def test_what_is_not_to_be_calibrated_is_not(store):
    found = trained_on(store, use_case(train={"candidates": [OVERFITTED], "calibrate": False}), rows(2400))
    assert parse(get(store, found.output), Output).calibration is None
    assert not found.calibration


def test_the_learning_curve_says_whether_more_rows_would_help(store):
    found = trained_on(store, use_case(), rows(1200))
    sizes = [point.rows for point in found.learning_curve]
    assert sizes[2] == pytest.approx(2 * sizes[1], abs=1)
    assert sizes[1] == pytest.approx(2 * sizes[0], abs=1)
    assert found.learning_curve[2].score == found.trials[0].folds[-1]
    assert found.growth.low < 0 < found.growth.high  # a straight line is learnt from few rows


def test_labels_of_another_unit_make_the_same_regression(store):
    draw = np.random.default_rng(2)
    x = draw.normal(size=400)
    label = 3 * x + draw.normal(size=400)
    train_rules = {"candidates": [{"neural_network": {"max_iter": 5}}, {"elastic_net": {"alpha": 0.1}}]}
    case = use_case(**(UNDATED | REGRESSION | {"train": train_rules, "features": {"x": "number"}}))
    small, large = (
        regressed_on(store, case, having(rows(400, dated=False), x=x, late=label * unit)) for unit in (1.0, 1000.0)
    )
    for one, other in zip(small.trials, large.trials, strict=True):
        assert other.score == pytest.approx(1000 * one.score, rel=1e-6)
