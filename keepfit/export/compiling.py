"""From a fitted estimator to the numbers it consists of."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from keepfit.export.compiled import Form, Layer, Linear, Network, Scale, Trees, array
from keepfit.export.links import Link


def compiled_of(estimator: Any) -> Form | str:
    """The compiled form of an estimator of ours, or why there is none.

    Examples
    --------
    >>> compiled_of(object())
    'object has no compiled form'
    """
    name = type(estimator).__name__
    if name == "TransformedTargetRegressor":
        return _of_scaled_label(estimator)
    maker = _MAKERS.get(name)
    return maker(estimator) if maker else f"{name} has no compiled form"


def _of_scaled_label(estimator: Any) -> Form | str:
    form, scaler = compiled_of(estimator.regressor_), estimator.transformer_
    if not isinstance(form, Linear | Network):
        return "its label is scaled, and it is no formula"
    label = Scale(scale=float(scaler.scale_[0]), center=float(scaler.mean_[0]))
    return type(form)(**{name: getattr(form, name) for name in form.__struct_fields__} | {"label": label})


def _linear(estimator: Any) -> Linear:
    """One row of coefficients a class that has one, or as many as the label has columns: one."""
    weights = np.atleast_2d(np.asarray(estimator.coef_, np.float64)).T
    intercepts = np.broadcast_to(np.asarray(estimator.intercept_, np.float64), weights.shape[1:])
    layer = Layer(weights=array(weights), intercepts=array(intercepts))
    return Linear(layer=layer, link=_link(estimator))


def _network(estimator: Any) -> Network:
    pairs = zip(estimator.coefs_, estimator.intercepts_, strict=True)
    layers = tuple(Layer(weights=array(weights), intercepts=array(more)) for weights, more in pairs)
    return Network(layers=layers, activation=estimator.activation, link=_link(estimator))


def _boosting(estimator: Any) -> Form | str:
    return _trees(estimator, _link(estimator), single=False)


def _forest(estimator: Any) -> Form | str:
    return _trees(estimator, "shares" if hasattr(estimator, "classes_") else "identity", single=True)


def _trees(estimator: Any, link: Link, *, single: bool) -> Form | str:
    import treelite

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # it casts a category that is NaN, and never uses it
            model = treelite.sklearn.import_model(estimator)
    except (treelite.TreeliteError, NotImplementedError, AssertionError, RuntimeError) as error:
        return f"treelite does not take it: {str(error)[:200]}"
    columns = int(estimator.n_features_in_)
    return Trees(treelite=model.serialize_bytes(), columns=columns, single=single, link=link)


def _link(estimator: Any) -> Link:
    """From sums to answers: of boosting, linear models and networks."""
    if not hasattr(estimator, "classes_"):
        return "identity"
    return "logistic" if len(estimator.classes_) == 2 else "softmax"


_MAKERS: dict[str, Callable[[Any], Form | str]] = {
    "LogisticRegression": _linear,
    "Ridge": _linear,
    "ElasticNet": _linear,
    "MLPClassifier": _network,
    "MLPRegressor": _network,
    "HistGradientBoostingClassifier": _boosting,
    "HistGradientBoostingRegressor": _boosting,
    "RandomForestClassifier": _forest,
    "RandomForestRegressor": _forest,
    "ExtraTreesClassifier": _forest,
    "ExtraTreesRegressor": _forest,
}
