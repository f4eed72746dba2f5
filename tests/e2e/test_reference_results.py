"""The comparison with plain scikit-learn: the same rows on both sides, and it tells a worse model from a better one."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from keepfit.split import key_places
from tests.benchmarks.flights_world import environment
from tests.benchmarks.reference_data import cases
from tests.benchmarks.reference_results import Found, found_of, parts_of, with_keys


@pytest.fixture(scope="module")
def iris():
    return replace(next(cases()), trials=1, candidates=("logistic_regression",), kinds=("linear", "boosting"), runs=1)


@pytest.fixture(scope="module")
def found(tmp_path_factory, warm, iris):
    folder = tmp_path_factory.mktemp("reference")
    environ = environment(folder / "home", warm.server["PREFECT_API_URL"]) | warm.server
    return found_of(iris, folder, environ), folder


def test_keys_hold_out_one_part_after_the_other(tmp_path, iris):
    rows = iris.rows(tmp_path)
    parts = list(parts_of(replace(iris, runs=3), rows))
    assert (np.sum(parts, axis=0) == 1).all()
    for held in parts:
        keyed = with_keys(rows, held, 1 / 3)
        assert keyed["id"].is_unique
        assert ((key_places(pa.table({"id": keyed["id"]}), ["id"]) < 1 / 3) == held[keyed.index]).all()


def test_both_see_the_same_rows_and_are_good(found, iris):
    (part,) = found[0].parts
    train, holdout = (pq.read_table(found[1] / "part-0" / f"{side}.parquet") for side in ("train", "holdout"))
    assert not set(train["id"].to_pylist()) & set(holdout["id"].to_pylist())
    assert (holdout.num_rows, train.num_rows) in {(50, 100), (50, 99)}  # two flowers are equal
    assert [key for (key,) in part.holdout.keys] == holdout["id"].to_pylist()
    assert part.ours.shape == part.theirs[part.choice].shape == (50, 3)
    for prediction in (part.ours, part.theirs[part.choice]):
        assert (prediction.argmax(axis=1) == found[0].labels).mean() > 0.85
    row = found[0].row("accuracy")
    assert row[0] == "iris"
    assert row[-2] in {"yes", "better"}


def test_the_table_tells_a_worse_model_from_a_better_one(found):
    (part,) = found[0].parts
    turned = np.roll(part.ours, 1, axis=1)  # sure of another class
    worse = Found(found[0].case, [replace(part, ours=turned)])
    better = Found(found[0].case, [replace(part, theirs=dict.fromkeys(part.theirs, turned))])
    for metric in ("log_loss", "accuracy"):
        assert worse.row(metric)[-2] == "**no**"
        assert worse.row(metric)[5].startswith("-")
        assert better.row(metric)[-2] == "better"
        assert better.row(metric)[5].startswith("+")


def test_the_script_is_taken_at_its_own_choice_and_at_its_best(found):
    (part,) = found[0].parts
    assert part.scores[part.choice] == max(part.scores.values())
    turned = np.roll(part.ours, 1, axis=1)
    hindsight = Found(found[0].case, [replace(part, theirs={"a": turned, "b": part.ours}, scores={"a": 2.0, "b": 1.0})])
    assert hindsight.parts[0].choice == "a"
    assert {hindsight.best(metric) for metric in ("log_loss", "accuracy")} == {"b"}
    assert isinstance(hindsight.times(), list)


def test_every_data_set_is_what_it_is_known_as(tmp_path):
    sizes = {case.name: case.rows(tmp_path).shape for case in cases() if not case.time}
    assert sizes["wine"] == (178, 14)
    assert sizes["digits"] == (1797, 65)
    assert sizes["diabetes"] == (442, 11)
    assert sizes["breast_cancer"] == (569, 31)
    assert sizes["banana"] == (5300, 3)
    assert sizes["segment"] == (2310, 19)
    assert sizes["phishing"] == (1250, 10)
    (late,) = [case for case in cases() if case.name == "flights_late"]
    assert not set(late.features(pd.DataFrame(columns=["id", "label", "time_hour", "origin"]))) - {"origin"}
