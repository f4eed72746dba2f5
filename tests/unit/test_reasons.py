"""Reasons of a prediction: exact where they can be, near where they are estimated, and always the whole score."""

import itertools
from datetime import datetime
from math import factorial

import numpy as np
import pyarrow as pa
import pytest
from compiled_samples import FEATURES, OUTPUTS, both, pipeline, records
from train_samples import rows as training_rows
from train_samples import snapshot_of, use_case

from keepfit import export, features
from keepfit.config import CANDIDATES
from keepfit.export import Background, background_of
from keepfit.records import parse
from keepfit.score import Explainer, Output, Scorer
from keepfit.split import split
from keepfit.store import get, open_store
from keepfit.train import train

ROWS = records(400)
ASKED = records(12, seed=9)
PLAIN = {"x": ("number",), "y": ("number",), "group": ("category",)}


def background(kinds, count=64, seed=3):
    """As training draws it."""
    table = pa.table({name: [row[name] for row in ROWS] for name in kinds})
    drawn = background_of(table, kinds, seed)
    return Background(columns=drawn.columns, records=drawn.records[:count], orders=drawn.orders[:count])


def explainer(candidate, task, wanted, output=None, settings=None, count=64):
    encoding, estimator = pipeline(candidate, task, wanted, ROWS, settings)
    if candidate == "nearest_neighbours":
        scorer = Scorer(encoding, estimator, output or Output())
    else:
        _, scorer = both(encoding, estimator, output)
    return Explainer(scorer, background(encoding.kinds, count))


def score_of(explainer, record, output):
    return float(explainer.scorer.predict_records([record]).reshape(1, -1)[0, output])


def by_all_subsets(explainer, record, output):
    """Shapley's formula, word for word: every subset of columns, every row of the background."""
    names, rows = explainer.columns, explainer.background.records
    count = len(names)

    def value(subset):
        mixed = [row | {name: record[name] for name in subset} for row in rows]
        return explainer.scorer.predict_records(mixed).reshape(len(rows), -1)[:, output].mean()

    values = {subset: value(subset) for size in range(count + 1) for subset in itertools.combinations(names, size)}
    found = []
    for name in names:
        without = [subset for subset in values if name not in subset]
        weights = [factorial(len(each)) * factorial(count - len(each) - 1) / factorial(count) for each in without]
        gains = [values[tuple(n for n in names if n in each or n == name)] - values[each] for each in without]
        found.append(np.dot(weights, gains))
    return values[()], np.array(found)


@pytest.mark.parametrize("wanted", [PLAIN, FEATURES["calendar"] | PLAIN, FEATURES["text"]])
@pytest.mark.parametrize("candidate", ["ridge", "elastic_net"])
def test_of_a_linear_model_they_are_the_closed_form(candidate, wanted):
    told = explainer(candidate, "regression", wanted)
    encoding, asked_columns = told.scorer.encoding, told.columns
    plain = np.stack([told.scorer.predict_records(told.background.records)]).T
    assert plain.shape == (64, 1)

    def matrix(some):
        return features.transform(encoding, features.from_records(some, encoding.kinds))

    layer = told.scorer.estimator
    sums = layer.answers(np.eye(encoding.width)) - layer.answers(np.zeros((1, encoding.width)))  # each coefficient
    owners = [feature.column for feature in encoding.features for _ in range(feature.width("dense"))]
    for record in ASKED:
        moved = sums * (matrix([record])[0] - matrix(told.background.records).mean(axis=0))
        expected = [sum(m for m, owner in zip(moved, owners, strict=True) if owner == name) for name in asked_columns]
        found = told.pushes(record, score_of(told, record, 0))
        np.testing.assert_allclose(found.pushes, expected, rtol=1e-9, atol=1e-9 * np.abs(moved).max())
        assert found.base == pytest.approx(plain.mean())


@pytest.mark.parametrize(
    ("candidate", "settings"),
    [
        ("hist_gradient_boosting", {"max_depth": 2, "max_iter": 30}),
        ("random_forest", {"max_depth": 2, "n_estimators": 9}),
    ],
)
def test_of_columns_that_act_alone_or_in_pairs_they_are_exact(candidate, settings):
    told = explainer(
        candidate, "regression", FEATURES["calendar"] | PLAIN | {"shop": ("category",)}, None, settings, 16
    )
    for record in ASKED[:5]:
        base, expected = by_all_subsets(told, record, 0)
        found = told.pushes(record, score_of(told, record, 0))
        np.testing.assert_allclose(found.pushes, expected, rtol=0, atol=1e-9 * np.abs(expected).max())
        assert found.base == pytest.approx(base, rel=1e-12)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
@pytest.mark.parametrize(
    "candidate", ["logistic_regression", "hist_gradient_boosting", "random_forest", "neural_network"]
)
def test_of_others_they_are_near_the_exact_ones(candidate, task):
    settings = {"hist_gradient_boosting": {"max_iter": 40, "min_samples_leaf": 5}}.get(candidate)
    told = explainer(candidate, task, PLAIN | {"shop": ("category",), "note": ("text",)}, OUTPUTS[task][1], settings)
    off = []
    for record in ASKED[:6]:
        base, expected = by_all_subsets(told, record, 1)
        found = told.pushes(record, score_of(told, record, 1), 1)
        assert found.base == pytest.approx(base, abs=1e-12)
        off.append(np.abs(found.pushes - expected))
    assert np.max(off) < 0.04  # docs/reasons.md says so
    assert np.mean(off) < 0.01


@pytest.mark.parametrize(
    ("candidate", "task"), [(name, task) for name, kind in CANDIDATES.items() for task in sorted(kind.tasks)]
)
def test_base_and_pushes_are_the_score(candidate, task):
    told = explainer(candidate, task, FEATURES["everything"], OUTPUTS[task][-1])
    output = 0 if task == "regression" else 1
    for record in (*ASKED[:4], dict.fromkeys(told.columns), ASKED[0] | {"shop": "unseen", "x": 1e30}):
        score = score_of(told, record, output)
        found = told.pushes(record, score, output)
        assert found.base + found.pushes.sum() == pytest.approx(score, rel=1e-12, abs=1e-12)


def test_a_column_that_the_model_does_not_use_pushes_nothing():
    told = explainer("hist_gradient_boosting", "regression", PLAIN, settings={"max_iter": 1, "max_leaf_nodes": 2})
    found = [told.pushes(record, score_of(told, record, 0)).pushes for record in ASKED]
    assert (np.count_nonzero(found, axis=1) <= 1).all()
    assert np.count_nonzero(found)


def test_one_column_takes_the_whole_difference():
    told = explainer("ridge", "regression", {"x": ("number",)})
    found = told.pushes(ASKED[0], score_of(told, ASKED[0], 0))
    assert found.pushes.tolist() == pytest.approx([score_of(told, ASKED[0], 0) - found.base])


def test_a_value_like_the_background_pushes_nothing():
    told = explainer("random_forest", "binary", PLAIN, count=1)
    (row,) = told.background.records
    assert told.pushes(row, score_of(told, row, 1), 1).pushes.tolist() == [0.0, 0.0, 0.0]


def test_the_same_reasons_whoever_is_asked():
    one, other = (explainer("random_forest", "binary", PLAIN) for _ in range(2))
    score = score_of(one, ASKED[0], 1)
    assert one.pushes(ASKED[0], score, 1).pushes.tolist() == other.pushes(ASKED[0], score, 1).pushes.tolist()


def test_a_background_is_drawn_by_the_seed_and_small_for_many_columns():
    kinds = {"x": "number", "y": "number"}
    assert background(kinds) == background(kinds)
    assert background(kinds) != background(kinds, seed=4)
    wide = pa.table({f"x{place}": np.zeros(100) for place in range(300)})
    drawn = background_of(wide, dict.fromkeys(wide.column_names, "number"), 1)
    assert len(drawn.records) == 16
    few = background_of(wide.slice(0, 5), dict.fromkeys(wide.column_names, "number"), 1)
    assert (len(few.records), len(few.orders)) == (5, 5)
    assert all(sorted(order) == list(range(300)) for order in few.orders)


def test_a_version_carries_rows_of_its_training_side_and_nothing_else_of_them(tmp_path):
    store, case = open_store(str(tmp_path)), use_case(train={"candidates": ["logistic_regression"], "seed": 3})
    table = training_rows()
    division = split(store, case, snapshot_of(store, case, table))
    exported = export.export(store, train(store, case, division))
    drawn = parse(get(store, exported.files["background"]), Background)
    assert set(drawn.columns) == {"x", "group", "at"} == set(drawn.records[0])
    known = {(row["x"], row["at"]) for row in table.to_pylist() if row["at"] < division.train_until}
    assert len(drawn.records) == 64
    assert {(row["x"], datetime.fromisoformat(row["at"])) for row in drawn.records} <= known
