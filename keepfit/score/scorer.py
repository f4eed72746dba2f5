"""From raw columns to predictions: features, the estimator behind them, and what is made of its answers."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepfit import export, features
from keepfit.errors import IntegrityError, Problem
from keepfit.export import Compiled
from keepfit.records import parse
from keepfit.score.output import PLAIN, Output
from keepfit.store import Store, get

Predictions = NDArray[np.float64]

LARGEST = 3e38
SKOPS = "skops"


@dataclass(frozen=True)
class Scorer:
    """An estimator (scikit-learn's, or its compiled form), the encoding before it, the correction of its answers."""

    encoding: features.Encoding
    estimator: Any
    output: Output = PLAIN

    @cached_property
    def _plan(self) -> features.Plan:
        return features.plan_of(self.encoding)

    @property
    def engine(self) -> str:
        """How it is asked: ``compiled: trees``, ``compiled: linear``, ``compiled: network`` or ``skops``."""
        return self.estimator.engine if isinstance(self.estimator, Compiled) else SKOPS

    @property
    def kinds(self) -> dict[str, str]:
        """The columns that are read, and as what: ``number``, ``category`` or ``time``."""
        return self.encoding.kinds

    def predict(self, columns: features.Columns) -> Predictions:
        """Probabilities (n, k) in the order of the version's classes, or values (n,) for regression."""
        return self._answers(self._plan.of_columns(columns))

    def _answers(self, matrix: NDArray[np.float64]) -> Predictions:
        model, matrix = self.estimator, _within(self.encoding.form, matrix)
        given = model.answers(matrix) if isinstance(model, Compiled) else answers(model, matrix)
        return self.output.correct(given)

    def decide(self, probabilities: Predictions) -> NDArray[np.int64]:
        """The index of the class chosen for each row, (n,): above the version's threshold, else the most probable."""
        return self.output.decide(probabilities)

    def predict_records(self, records: Sequence[Mapping[str, Any]]) -> Predictions:
        """The same for raw records, as a request brings them."""
        return self._answers(self._plan.of_records(records))


def numbers(encoding: features.Encoding, columns: features.Columns) -> NDArray[np.float64]:
    """The (n, m) matrix as estimators see it: forests know numbers of 32 bits only, larger ones are cut to those."""
    return _within(encoding.form, features.transform(encoding, columns))


def _within(form: features.Form, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """What of a matrix is larger than forests know, cut in place."""
    if form == "codes":
        np.minimum(np.maximum(matrix, -LARGEST, out=matrix), LARGEST, out=matrix)
    return matrix


def answers(estimator: Any, matrix: Any) -> Predictions:
    """Probabilities (n, k) where the estimator has classes, else values (n,), before any correction."""
    ask = getattr(estimator, "predict_proba", None) or estimator.predict
    with warnings.catch_warnings(), np.errstate(over="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # an extreme input may saturate the link; that is its answer
        return np.asarray(ask(matrix), dtype=np.float64)


def load(store: Store, files: Mapping[str, str]) -> Scorer:
    """The scorer that serves a version, by the digests of its files: ``features``, ``output`` and how to ask it.

    That is ``compiled`` where the version has it: neither scikit-learn nor pandas nor scipy is imported then. Else it
    is ``model``. A version from before there were corrections has no ``output``.

    Raises
    ------
    IntegrityError
        A file is not what its digest says, or not a model of ours.
    """
    if "compiled" not in files:
        return load_trained(store, files)
    where = f"objects/{files['compiled']}"
    model = export.load_compiled(get(store, files["compiled"]), where)
    scorer = _scorer(store, files, model)
    if scorer.encoding.width != model.columns:
        found = f"{scorer.encoding.width} columns of features, {model.columns} of the model"
        raise IntegrityError(Problem("features and compiled model do not fit each other", where, found=found))
    return scorer


def load_trained(store: Store, files: Mapping[str, str]) -> Scorer:
    """The same around the estimator that was trained, from its skops file: the truth that others are compared with."""
    return _scorer(store, files, export.load(get(store, files["model"]), f"objects/{files['model']}"))


def _scorer(store: Store, files: Mapping[str, str], estimator: Any) -> Scorer:
    encoding = parse(get(store, files["features"]), features.Encoding, f"objects/{files['features']}")
    if "output" not in files:
        return Scorer(encoding, estimator)
    return Scorer(encoding, estimator, parse(get(store, files["output"]), Output, f"objects/{files['output']}"))
