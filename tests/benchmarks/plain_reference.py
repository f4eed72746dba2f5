"""Models of scikit-learn by hand, as a careful engineer would set them up: no Keepfit in it.

    python -m tests.benchmarks.plain_reference FOLDER

The folder holds `train.parquet`, `holdout.parquet` and `plain.json` (task, label, columns, folds, trials, seed). Every
model is scored by cross-validation on the training rows, fitted on all of them, and asked about the holdout; what it
answers goes to `answers.npz`, its scores and times to `said.json`. Linear models, neighbours, networks and support
vectors see scaled numbers and one column a level; trees see codes.
"""

import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import loguniform, randint
from sklearn import ensemble, linear_model, neighbors, neural_network, svm
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RandomizedSearchCV,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

CHEAP = ("linear", "boosting", "forest")  # what is worth fitting on many rows


class Model(NamedTuple):
    """A name, what kind it is, the estimator, and the settings to search (none: its defaults)."""

    name: str
    kind: str
    estimator: Any
    space: dict[str, Any]
    random: bool = False  # settings are drawn from the space rather than all tried


class Setup(NamedTuple):
    """What `plain.json` says."""

    task: str
    label: str
    numbers: list[str]
    categories: list[str]
    by_time: bool
    folds: int
    trials: int
    seed: int
    kinds: list[str]


def scaled(setup: Setup, estimator: Any) -> Any:
    levels = OneHotEncoder(handle_unknown="ignore", min_frequency=10, sparse_output=False)
    parts = [("numbers", StandardScaler(), setup.numbers), ("levels", levels, setup.categories)]
    return make_pipeline(ColumnTransformer([part for part in parts if part[2]]), estimator)


def coded(setup: Setup, estimator: Any) -> Any:
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    parts = [("numbers", "passthrough", setup.numbers), ("levels", codes, setup.categories)]
    return make_pipeline(ColumnTransformer([part for part in parts if part[2]]), estimator)


def of_classes(setup: Setup) -> Iterator[Model]:
    seed, last = setup.seed, "logisticregression__C"
    yield Model(
        "logistic regression, searched",
        "linear",
        scaled(setup, linear_model.LogisticRegression(max_iter=2000)),
        {last: np.logspace(-3, 2, setup.trials)},
    )
    boosting = ensemble.HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=seed)
    yield from _boosting(boosting)
    yield from _forests(setup, ensemble.RandomForestClassifier, ensemble.ExtraTreesClassifier)
    near = scaled(setup, neighbors.KNeighborsClassifier())
    spread = np.unique(np.geomspace(3, 50, setup.trials // 2).astype(int))
    space = {"kneighborsclassifier__n_neighbors": spread, "kneighborsclassifier__weights": ["uniform", "distance"]}
    yield Model("nearest neighbours, searched", "neighbours", near, space)
    network = neural_network.MLPClassifier(max_iter=500, random_state=seed)
    yield Model("neural network, defaults", "network", scaled(setup, network), {})
    vectors = CalibratedClassifierCV(svm.SVC(), ensemble=False)
    yield Model("support vectors, calibrated", "vectors", scaled(setup, vectors), {})


def of_values(setup: Setup) -> Iterator[Model]:
    seed = setup.seed
    yield Model(
        "ridge, searched",
        "linear",
        scaled(setup, linear_model.Ridge()),
        {"ridge__alpha": np.logspace(-2, 3, setup.trials)},
    )
    space = {"elasticnet__alpha": loguniform(1e-3, 10), "elasticnet__l1_ratio": [0.1, 0.5, 0.9, 1.0]}
    net = scaled(setup, linear_model.ElasticNet(max_iter=5000))
    yield Model("elastic net, searched", "linear", net, space, random=True)
    boosting = ensemble.HistGradientBoostingRegressor(categorical_features="from_dtype", random_state=seed)
    yield from _boosting(boosting)
    yield from _forests(setup, ensemble.RandomForestRegressor, ensemble.ExtraTreesRegressor)
    near = scaled(setup, neighbors.KNeighborsRegressor())
    spread = np.unique(np.geomspace(3, 50, setup.trials // 2).astype(int))
    space = {"kneighborsregressor__n_neighbors": spread, "kneighborsregressor__weights": ["uniform", "distance"]}
    yield Model("nearest neighbours, searched", "neighbours", near, space)
    for name, kind, inner in (
        ("neural network, defaults", "network", neural_network.MLPRegressor(max_iter=500, random_state=seed)),
        ("support vectors, defaults", "vectors", svm.SVR()),
    ):
        around = TransformedTargetRegressor(inner, transformer=StandardScaler())
        yield Model(name, kind, scaled(setup, around), {})


def _boosting(estimator: Any) -> Iterator[Model]:
    space = {
        "learning_rate": loguniform(0.02, 0.3),
        "max_leaf_nodes": randint(7, 64),
        "min_samples_leaf": randint(5, 100),
        "l2_regularization": loguniform(1e-3, 10),
    }
    yield Model("hist gradient boosting, searched", "boosting", estimator, space, random=True)
    yield Model("hist gradient boosting, defaults", "boosting", estimator, {})


def _forests(setup: Setup, random_forest: Any, extra_trees: Any) -> Iterator[Model]:
    for name, kind in (("random forest, defaults", random_forest), ("extra trees, defaults", extra_trees)):
        yield Model(name, "forest", coded(setup, kind(random_state=setup.seed)), {})


def fitted(model: Model, setup: Setup, columns: pd.DataFrame, labels: Any) -> tuple[Any, float]:
    """A model on all rows, and its cross-validated score (higher is better)."""
    scoring = "neg_root_mean_squared_error" if setup.task == "regression" else "neg_log_loss"
    if setup.by_time:
        folds: Any = TimeSeriesSplit(setup.folds)
    else:
        kind = KFold if setup.task == "regression" else StratifiedKFold
        folds = kind(setup.folds, shuffle=True, random_state=setup.seed)
    if not model.space:
        score = cross_val_score(model.estimator, columns, labels, scoring=scoring, cv=folds).mean()
        return clone(model.estimator).fit(columns, labels), float(score)
    words = {"scoring": scoring, "cv": folds}
    if model.random:
        words |= {"n_iter": setup.trials, "random_state": setup.seed}
    search = (RandomizedSearchCV if model.random else GridSearchCV)(model.estimator, model.space, **words)
    search.fit(columns, labels)
    return search.best_estimator_, float(search.best_score_)


def read(path: Path, setup: Setup) -> tuple[pd.DataFrame, Any]:
    rows = pd.read_parquet(path)
    columns = rows[setup.numbers].astype("float64").assign(**{name: rows[name] for name in setup.categories})
    return columns, rows[setup.label].to_numpy()


def main(folder: Path) -> None:
    setup = Setup(**json.loads((folder / "plain.json").read_text()))
    columns, labels = read(folder / "train.parquet", setup)
    unseen, _ = read(folder / "holdout.parquet", setup)
    for name in setup.categories:
        levels = sorted(columns[name].unique())
        columns[name] = pd.Categorical(columns[name], levels)
        unseen[name] = pd.Categorical(unseen[name], levels)
    answers, said = {}, {}
    for model in (of_values if setup.task == "regression" else of_classes)(setup):
        if model.kind not in setup.kinds:
            continue
        start = perf_counter()
        found, score = fitted(model, setup, columns, labels)
        answers[model.name] = found.predict(unseen) if setup.task == "regression" else found.predict_proba(unseen)
        said[model.name] = {"score": score, "seconds": perf_counter() - start}
    np.savez(folder / "answers.npz", **answers)
    (folder / "said.json").write_text(json.dumps(said))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]))
