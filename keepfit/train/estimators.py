"""What each candidate of the YAML is: its estimator, and the form of the matrix that it wants."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.features import Form

Settings = Mapping[str, int | float | str | bool | None]
Layout = Literal["codes", "dense", "sparse"]

_LAYOUTS: dict[str, Layout] = {
    "logistic_regression": "sparse",
    "hist_gradient_boosting": "codes",
    "extra_trees": "codes",
    "random_forest": "codes",
}


class Lesson(NamedTuple):
    """What is learnt: the task, how many rows there are, and which columns of the matrix hold codes of categories."""

    task: str
    rows: int
    categorical: tuple[int, ...]
    seed: int


def form_of(candidate: str) -> Form:
    """Trees take codes and missing values as they are; all others want dense, scaled columns."""
    return "codes" if layout_of(candidate) == "codes" else "dense"


def layout_of(candidate: str) -> Layout:
    """How the matrix of `form_of` lies in memory while it is learnt from: logistic regression takes it sparse."""
    return _LAYOUTS.get(candidate, "dense")


def build(candidate: str, settings: Settings, lesson: Lesson) -> Any:
    """An estimator, not yet fitted."""
    return _BUILDERS[candidate](dict(settings), lesson)


def fit(candidate: str, settings: Settings, lesson: Lesson, matrix: Any, labels: NDArray[Any]) -> tuple[Any, str]:
    """A fitted estimator, and what it complained about (empty: nothing).

    A fit that stopped before it converged is kept: its loss says what it is worth. A network stops after the epochs
    that it was given, which is no complaint.
    """
    from sklearn.exceptions import ConvergenceWarning

    estimator = build(candidate, settings, lesson)
    weighed = candidate == "neural_network" and settings.get("class_weight") == "balanced"
    weights = {"sample_weight": balanced_weights(labels)} if weighed else {}
    with warnings.catch_warnings(record=True) as said, np.errstate(over="ignore", invalid="ignore"):
        warnings.simplefilter("always")
        estimator.fit(matrix, labels, **weights)
    unfinished = any(issubclass(each.category, ConvergenceWarning) for each in said)
    if unfinished and candidate != "neural_network":
        return _bare(estimator), "stopped at max_iter before it converged"
    return _bare(estimator), ""


def balanced_weights(labels: NDArray[Any]) -> NDArray[np.float64]:
    """Weights (n,) of mean 1 with which every class weighs the same.

    >>> balanced_weights(np.array([0, 0, 0, 1]))
    array([0.66666667, 0.66666667, 0.66666667, 2.        ])
    """
    counts = np.bincount(labels)
    present = int((counts > 0).sum())
    return np.asarray(labels.size / (present * counts[labels]), np.float64)


def _bare(estimator: Any) -> Any:
    """Without what only a further fit would need: the state of a network's optimiser."""
    network = getattr(estimator, "regressor_", estimator)
    for name in ("_optimizer", "_random_state"):
        if hasattr(network, name):
            delattr(network, name)
    return estimator


def _logistic_regression(settings: dict[str, Any], lesson: Lesson) -> Any:
    from sklearn.linear_model import LogisticRegression

    solver = "saga" if settings.get("l1_ratio") else "lbfgs"  # the only one that knows both penalties
    return LogisticRegression(**{"max_iter": 1000, **settings}, solver=solver, random_state=lesson.seed)


def _ridge(settings: dict[str, Any], lesson: Lesson) -> Any:
    from sklearn.linear_model import Ridge

    return Ridge(**settings, random_state=lesson.seed)


def _elastic_net(settings: dict[str, Any], lesson: Lesson) -> Any:
    from sklearn.linear_model import ElasticNet

    return _of_scaled_labels(ElasticNet(**{"alpha": 0.01, **settings}, random_state=lesson.seed))


def _hist_gradient_boosting(settings: dict[str, Any], lesson: Lesson) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingRegressor if lesson.task == "regression" else HistGradientBoostingClassifier
    return kind(
        **settings,
        categorical_features=list(lesson.categorical) or None,
        early_stopping=False,  # it would hold out random rows, which time-ordered data must not
        random_state=lesson.seed,
    )


def _neural_network(settings: dict[str, Any], lesson: Lesson) -> Any:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    given = {key: value for key, value in settings.items() if key != "class_weight"}  # see `fit`
    usual = {"hidden_layer_sizes": 32, "alpha": 0.001, "learning_rate_init": 0.003, "max_iter": epochs(lesson.rows)}
    words = usual | given
    if lesson.task == "regression":
        return _of_scaled_labels(MLPRegressor(**words, random_state=lesson.seed))
    return MLPClassifier(**words, random_state=lesson.seed)


def epochs(rows: int) -> int:
    """How often a network sees all rows unless the YAML says it: 30 times, few rows for some 2,000 steps of 200 rows.

    It stops earlier where ten epochs in a row have improved nothing.

    >>> epochs(100_000), epochs(4_000), epochs(150)
    (30, 100, 500)
    """
    return min(max(30, 400_000 // max(rows, 1)), 500)


def _of_scaled_labels(estimator: Any) -> Any:
    """The unit of the label must not decide how strong a penalty is, or how large a step."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.preprocessing import StandardScaler

    return TransformedTargetRegressor(regressor=estimator, transformer=StandardScaler(), check_inverse=False)


def _random_forest(settings: dict[str, Any], lesson: Lesson) -> Any:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    return _forest(RandomForestClassifier, RandomForestRegressor, settings, lesson)


def _extra_trees(settings: dict[str, Any], lesson: Lesson) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    return _forest(ExtraTreesClassifier, ExtraTreesRegressor, settings, lesson)


def _forest(of_classes: Any, of_values: Any, settings: dict[str, Any], lesson: Lesson) -> Any:
    """Leaves of ten rows at least: better probabilities than pure ones, and a tenth of the file."""
    kind = of_values if lesson.task == "regression" else of_classes
    words = {"min_samples_leaf": 10, "max_features": "sqrt", **settings}
    share = words["max_features"]
    words["max_features"] = float(share) if isinstance(share, int | float) else share  # 1 would mean one column
    return kind(**words, random_state=lesson.seed)


def _nearest_neighbours(settings: dict[str, Any], lesson: Lesson) -> Any:
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    kind = KNeighborsRegressor if lesson.task == "regression" else KNeighborsClassifier
    words = {"n_neighbors": 25, **settings}
    words["n_neighbors"] = min(words["n_neighbors"], lesson.rows)
    return kind(**words, algorithm="brute")  # exact; a tree of dozens of columns is searched as a whole anyway


_BUILDERS: dict[str, Callable[[dict[str, Any], Lesson], Any]] = {
    "logistic_regression": _logistic_regression,
    "ridge": _ridge,
    "elastic_net": _elastic_net,
    "hist_gradient_boosting": _hist_gradient_boosting,
    "neural_network": _neural_network,
    "extra_trees": _extra_trees,
    "random_forest": _random_forest,
    "nearest_neighbours": _nearest_neighbours,
}
