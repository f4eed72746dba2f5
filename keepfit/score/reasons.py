"""Why a record has its score: how much each column pushed it, up or down, from the average of a background.

Shapley values of the interventional expectation (Janzing, Minorics and Blöbaum 2020, AISTATS): columns of the record
take the place of a background row's, one after the other, and each is credited with the change that it makes. The
average over all orders and rows is estimated by the orders and rows that the version carries (Štrumbelj and Kononenko
2014, Knowl. Inf. Syst. 41:647), each order walked forwards and backwards. What the columns do alone or in pairs is then
exact, only interactions of three and more are estimated; and credits always add up to the score less the average.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.export import Background
from keepfit.features import Columns, Levels, from_records
from keepfit.score.scorer import Scorer

Floats = NDArray[np.float64]


class Pushes(NamedTuple):
    """``base`` is the average score of the background, ``pushes`` (m,) are the credits of the columns."""

    base: float
    pushes: Floats


class _Walks(NamedTuple):
    """``orders`` (w, m), and for each step between their ends where each column comes from, (w (m − 1), m).

    That is the place of a background row, or the one behind the last: the record. ``ends`` (w, k) are the answers to
    the background rows that the walks begin at.
    """

    orders: NDArray[np.intp]
    places: NDArray[np.int32]
    ends: Floats


@dataclass(frozen=True, eq=False)
class Explainer:
    """Tells the reasons of one version; safe from many threads."""

    scorer: Scorer
    background: Background

    @property
    def columns(self) -> tuple[str, ...]:
        """What is credited: the columns that features read."""
        return self.background.columns

    def pushes(self, record: Mapping[str, Any], score: float, output: int = 0) -> Pushes:
        """What each column did to ``score``, the answer to ``record``.

        Parameters
        ----------
        output : which of several probabilities ``score`` is; 0 for a value.
        """
        walks, count = self._walks, len(self.columns)
        paths = np.empty((len(walks.orders), count + 1))
        paths[:, 0] = walks.ends[:, output]
        if count > 1:
            paths[:, 1:-1] = self._answers(record, walks)[:, output].reshape(-1, count - 1)
        paths[:, -1] = score
        changes = np.diff(paths, axis=1)
        credited = np.bincount(walks.orders.ravel(), changes.ravel(), count) / len(walks.orders)
        return Pushes(float(paths[:, 0].mean()), credited)

    def _answers(self, record: Mapping[str, Any], walks: _Walks) -> Floats:
        columns = from_records([*self.background.records, record], self.scorer.kinds)
        mixed = _mixed(columns, self.columns, walks.places)
        return self.scorer.predict(mixed).reshape(len(walks.places), -1)

    @cached_property
    def _walks(self) -> _Walks:
        records, forwards = self.background.records, np.array(self.background.orders, np.intp)
        orders = np.concatenate([forwards, forwards[:, ::-1]])
        begins = np.tile(np.arange(len(records)), 2)
        steps = np.arange(1, len(self.columns))
        taken = np.argsort(orders, axis=1)[:, None, :] < steps[None, :, None]
        places = np.where(taken, len(records), begins[:, None, None]).reshape(-1, len(self.columns))
        ends = self.scorer.predict_records(records).reshape(len(records), -1)[begins]
        return _Walks(orders, places.astype(np.int32), ends)


def _mixed(columns: Columns, names: tuple[str, ...], places: NDArray[np.int32]) -> Columns:
    """Rows whose columns come from different rows: ``places`` (n, m) says for each name from which."""
    mixed: dict[str, Any] = {}
    for name, rows in zip(names, places.T, strict=True):
        column = columns[name]
        mixed[name] = Levels(column.codes[rows], column.levels) if isinstance(column, Levels) else column[rows]
    return mixed
