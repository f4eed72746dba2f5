"""From raw columns to predictions: features, then the estimator behind them."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepfit import export, features
from keepfit.records import Record, parse
from keepfit.store import Store, get

Predictions = NDArray[np.float64]


class Naive(Record, frozen=True, kw_only=True):
    """The baseline that knows no features: the training share of each class, or the training mean."""

    values: tuple[float, ...]

    def predict(self, rows: int) -> Predictions:
        """Probabilities (rows, k) of k classes, or values (rows,) where there is one mean."""
        answer = np.tile(np.asarray(self.values, dtype=np.float64), (rows, 1))
        return answer if len(self.values) > 1 else answer[:, 0]


@dataclass(frozen=True, slots=True)
class Scorer:
    """An estimator and the encoding in front of it."""

    encoding: features.Encoding
    estimator: Any

    def predict(self, columns: features.Columns) -> Predictions:
        """Probabilities (n, k) in the order of the version's classes, or values (n,) for regression."""
        matrix = features.transform(self.encoding, columns)
        ask = getattr(self.estimator, "predict_proba", self.estimator.predict)
        with warnings.catch_warnings(), np.errstate(over="ignore"):
            warnings.simplefilter(
                "ignore", RuntimeWarning
            )  # an extreme input may saturate the link; that is its answer
            return np.asarray(ask(matrix), dtype=np.float64)

    def predict_records(self, records: Sequence[Mapping[str, Any]]) -> Predictions:
        """The same for raw records, as a request brings them."""
        return self.predict(features.from_records(records, self.encoding.kinds))


def load(store: Store, files: Mapping[str, str]) -> Scorer:
    """The scorer of a version by the digests of its files (``features`` and ``model``).

    Raises
    ------
    IntegrityError
        A file is not what its digest says, or not a model of ours.
    """
    encoding = parse(get(store, files["features"]), features.Encoding, f"objects/{files['features']}")
    estimator = export.load(get(store, files["model"]), f"objects/{files['model']}")
    return Scorer(encoding, estimator)
