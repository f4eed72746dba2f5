"""How far a value may be off, from the sums of its influence over clusters."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from keepfit.evaluate.score import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Which rows are one unit of evidence: ``codes`` (n,) from 0, or None where each row is its own."""

    codes: Ints | None
    count: int
    word: str

    @classmethod
    def by_day(cls, days: Any) -> "Clusters":
        """Rows of one day together.

        >>> Clusters.by_day(np.array([15000, 15001, 15000])).count
        2
        """
        distinct, codes = np.unique(days, return_inverse=True)
        return cls(codes, distinct.size, "days")

    @classmethod
    def by_row(cls, rows: int) -> "Clusters":
        """Each row for itself."""
        return cls(None, rows, "rows")

    def deletions(self, influence: Floats) -> Floats:
        """By how much, to first order, the value falls when each cluster is left out, (count,).

        >>> Clusters.by_day([0, 0, 1]).deletions(np.array([1.0, 1.0, -2.0]))
        array([ 2., -1.])
        """
        if self.codes is None:
            return influence / max(influence.size - 1, 1)
        sums = np.bincount(self.codes, weights=influence, minlength=self.count)
        left = influence.size - np.bincount(self.codes, minlength=self.count)
        return np.asarray(sums / np.maximum(left, 1), np.float64)

    def supporting(self, strata: Ints | None) -> int:
        """Clusters that hold the rarest class, or all clusters where classes do not matter.

        >>> Clusters.by_day([0, 0, 1, 2]).supporting(np.array([1, 0, 0, 0]))
        1
        """
        if strata is None:
            return self.count
        classes, own = np.unique(strata, return_inverse=True)
        if self.codes is None:
            return int(np.bincount(own).min())
        held = np.zeros((classes.size, self.count), dtype=bool)
        held[own, self.codes] = True
        return int(held.sum(axis=1).min())


@dataclass(frozen=True, slots=True)
class Spread:
    """The standard error of a value, and what is needed to make bounds of it.

    ``trials`` is the number of clusters that say something about the value, ``degrees`` of freedom at most one less;
    ``skewness`` is that of the mean of the clusters (theirs, divided by the root of their number); ``carried_by`` is
    how many rows of equal weight would be as uneven: 1 when a single one makes all the difference.
    """

    error: float
    degrees: float
    skewness: float
    carried_by: float
    trials: int


def spread_of(influence: Floats, clusters: Clusters, strata: Ints | None = None) -> Spread:
    """The cluster jackknife in closed form.

    Error: the first-order delete-one-cluster jackknife; the usual cluster-robust error with the factor G / (G - 1)
    when clusters are equally large, and larger when they are not, where that one is known to be too small (MacKinnon,
    Nielsen & Webb 2023, J. Applied Econometrics 38:671). Never below the error of independent rows: with few clusters
    their sums can agree by chance.

    Degrees of freedom (Satterthwaite 1946, Biometrics Bull. 2:110): 2 over the squared relative error of the variance,
    which their fourth moment gives; a few clusters that outweigh the rest leave few.

    Parameters
    ----------
    influence
        (n,), sums to zero.
    clusters
        Of the n rows.
    strata
        (n,) the class of each row where each class is a sample of its own, else None.
    """
    trials = clusters.supporting(strata)
    moved = clusters.deletions(influence)
    second, third, fourth = _moments(moved)
    count = max(clusters.count, 2)
    rows = max(influence.size, 2)
    row_second, _, row_fourth = _moments(influence)
    error = sqrt(max(second * (count - 1) / count, row_second / (rows * (rows - 1))))
    if not fourth > 0:
        return Spread(error, max(trials - 1, 1), 0.0, 0.0, trials)
    degrees = min(2.0 / max(fourth / second**2 - 1.0 / count, 1e-9), trials - 1)
    return Spread(error, max(degrees, 1.0), third / second**1.5, row_second**2 / row_fourth, trials)


def _moments(values: Floats) -> tuple[float, float, float]:
    """Sums of squares, cubes and fourth powers; not by BLAS, whose last digits depend on the number of cores."""
    squares = values * values
    return float(squares.sum()), float((squares * values).sum()), float((squares * squares).sum())
