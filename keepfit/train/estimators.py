"""What each candidate of the YAML is: its estimator, and the form of the matrix that it wants."""

from collections.abc import Mapping
from typing import Any

from keepfit.features.encoding import Encoding, Form

Settings = Mapping[str, int | float | str | bool | None]


def form_of(candidate: str) -> Form:
    """Linear models want dense, scaled columns; trees take codes and missing values as they are."""
    return "codes" if candidate == "hist_gradient_boosting" else "dense"


def build(candidate: str, settings: Settings, task: str, encoding: Encoding, seed: int) -> Any:
    """An estimator, not yet fitted."""
    return _BUILDERS[candidate](dict(settings), task, encoding, seed)


def _logistic_regression(settings: dict[str, Any], _task: str, _encoding: Encoding, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(**{"max_iter": 1000, **settings}, random_state=seed)


def _ridge(settings: dict[str, Any], _task: str, _encoding: Encoding, seed: int) -> Any:
    from sklearn.linear_model import Ridge

    return Ridge(**settings, random_state=seed)


def _hist_gradient_boosting(settings: dict[str, Any], task: str, encoding: Encoding, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
    return kind(
        **settings,
        categorical_features=encoding.categorical or None,
        early_stopping=False,  # it would hold out random rows, which time-ordered data must not
        random_state=seed,
    )


_BUILDERS = {
    "logistic_regression": _logistic_regression,
    "ridge": _ridge,
    "hist_gradient_boosting": _hist_gradient_boosting,
}
