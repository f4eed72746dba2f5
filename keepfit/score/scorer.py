"""From raw columns to predictions: features, the estimator behind them, and what is made of its answers."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepfit import export, features
from keepfit.records import parse
from keepfit.score.output import PLAIN, Output
from keepfit.store import Store, get

Predictions = NDArray[np.float64]

LARGEST = 3e38


@dataclass(frozen=True, slots=True)
class Scorer:
    """An estimator, the encoding in front of it, and the correction of its answers."""

    encoding: features.Encoding
    estimator: Any
    output: Output = PLAIN

    def predict(self, columns: features.Columns) -> Predictions:
        """Probabilities (n, k) in the order of the version's classes, or values (n,) for regression."""
        return self.output.correct(answers(self.estimator, numbers(self.encoding, columns)))

    def decide(self, probabilities: Predictions) -> NDArray[np.int64]:
        """The index of the class chosen for each row, (n,): above the version's threshold, else the most probable."""
        return self.output.decide(probabilities)

    def predict_records(self, records: Sequence[Mapping[str, Any]]) -> Predictions:
        """The same for raw records, as a request brings them."""
        return self.predict(features.from_records(records, self.encoding.kinds))


def numbers(encoding: features.Encoding, columns: features.Columns) -> NDArray[np.float64]:
    """The (n, m) matrix as estimators see it: forests know numbers of 32 bits only, larger ones are cut to those."""
    matrix = features.transform(encoding, columns)
    return np.clip(matrix, -LARGEST, LARGEST, out=matrix) if encoding.form == "codes" else matrix


def answers(estimator: Any, matrix: Any) -> Predictions:
    """Probabilities (n, k) where the estimator has classes, else values (n,), before any correction."""
    ask = getattr(estimator, "predict_proba", None) or estimator.predict
    with warnings.catch_warnings(), np.errstate(over="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # an extreme input may saturate the link; that is its answer
        return np.asarray(ask(matrix), dtype=np.float64)


def load(store: Store, files: Mapping[str, str]) -> Scorer:
    """The scorer of a version by the digests of its files: ``features``, ``model``, and ``output`` where it has one.

    Raises
    ------
    IntegrityError
        A file is not what its digest says, or not a model of ours.
    """
    encoding = parse(get(store, files["features"]), features.Encoding, f"objects/{files['features']}")
    estimator = export.load(get(store, files["model"]), f"objects/{files['model']}")
    if "output" not in files:  # a version from before there were corrections
        return Scorer(encoding, estimator)
    return Scorer(encoding, estimator, parse(get(store, files["output"]), Output, f"objects/{files['output']}"))
