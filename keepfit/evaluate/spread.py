"""How far a value may be off, from the sums of its influence over clusters."""

from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np

from keepfit.evaluate.score import Floats, Ints


@dataclass(frozen=True, eq=False)
class Clusters:
    """Which rows are one unit of evidence: ``codes`` (n,) from 0, or None where each row is its own.

    ``other`` is a second way in which the same rows hang together (days *and* entities); where there is one, this way
    is the one with fewer clusters.
    """

    codes: Ints | None
    count: int
    word: str
    other: "Clusters | None" = None

    @classmethod
    def by_day(cls, days: Any) -> "Clusters":
        """Rows of one day together.

        >>> Clusters.by_day(np.array([15000, 15001, 15000])).count
        2
        """
        return cls.by(days, "days")

    @classmethod
    def by(cls, names: Any, word: str) -> "Clusters":
        """Rows of one name together; ``word`` is what many of them are called.

        >>> Clusters.by(np.array([7, 7, 2]), "entities").codes
        array([1, 1, 0])
        """
        distinct, codes = np.unique(names, return_inverse=True)
        return cls(codes, distinct.size, word)

    @classmethod
    def by_row(cls, rows: int) -> "Clusters":
        """Each row for itself."""
        return cls(None, rows, "rows")

    @classmethod
    def of(cls, rows: int, days: Any, entities: Any) -> "Clusters":
        """By day, by entity, by both, or by row where both are None.

        >>> both = Clusters.of(4, np.array([1, 1, 2, 2]), np.array([5, 6, 7, 8]))
        >>> both.count, both.other.count
        (2, 4)
        """
        ways = [] if days is None else [cls.by_day(days)]
        ways += [] if entities is None else [cls.by(entities, "entities")]
        if len(ways) < 2:
            return ways[0] if ways else cls.by_row(rows)
        few, many = sorted(ways, key=lambda way: way.count)
        return cls(few.codes, few.count, few.word, many)

    def take(self, rows: Any) -> "Clusters":
        """The same for some of the rows, by a mask (n,)."""
        if self.codes is None:
            return Clusters.by_row(int(np.count_nonzero(rows)))
        some = Clusters.by(self.codes[rows], self.word)
        return some if self.other is None else replace(some, other=self.other.take(rows))

    @cached_property
    def crossed(self) -> "Clusters":
        """Rows that agree in both ways."""
        if self.other is None or self.codes is None or self.other.codes is None:
            return self
        return Clusters.by(self.codes * self.other.count + self.other.codes, "cells")

    @cached_property
    def runs(self) -> tuple[Ints | None, Ints]:
        """The rows (n,), cluster after cluster (None: as they are), and where each of the clusters begins, (count,)."""
        if self.codes is None:
            return None, np.arange(self.count)
        in_order = bool((self.codes[1:] >= self.codes[:-1]).all())
        order = None if in_order else np.argsort(self.codes, kind="stable")
        return order, np.searchsorted(self.codes, np.arange(self.count), sorter=order)

    @cached_property
    def sizes(self) -> Ints:
        """Rows of each cluster, (count,)."""
        if self.codes is None:
            return np.ones(self.count, np.int64)
        return np.diff(np.append(self.runs[1], self.codes.size))

    def sums(self, values: Floats) -> Floats:
        """Sums of ``values`` (n,) over each cluster, (count,)."""
        if self.codes is None or not self.count:
            return values
        order, begins = self.runs
        return np.add.reduceat(values if order is None else values[order], begins)  # many times faster than a bincount

    def deletions(self, influence: Floats) -> Floats:
        """By how much, to first order, the value falls when each cluster is left out, (count,).

        >>> Clusters.by_day([0, 0, 1]).deletions(np.array([1.0, 1.0, -2.0]))
        array([ 2., -1.])
        """
        left = np.maximum(influence.size - self.sizes, 1)
        return np.asarray(self.sums(influence) / left, np.float64)

    def supporting(self, strata: Ints | None) -> int:
        """Clusters that hold the rarest class, or all clusters where classes do not matter.

        >>> Clusters.by_day([0, 0, 1, 2]).supporting(np.array([1, 0, 0, 0]))
        1
        """
        if strata is None:
            return self.count
        classes = int(strata.max(initial=-1)) + 2  # the first place is that of rows that say nothing
        if self.codes is None:
            held = np.bincount(strata + 1, minlength=classes)
        else:
            cells = np.bincount((strata + 1) * self.count + self.codes, minlength=classes * self.count)
            held = (cells.reshape(classes, self.count) > 0).sum(axis=1)
        return int(held[1:][held[1:] > 0].min(initial=self.count))


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
    """The cluster jackknife in closed form, in one way or in two.

    Error: the first-order delete-one-cluster jackknife; the usual cluster-robust error with the factor G / (G - 1)
    when clusters are equally large, and larger when they are not, where that one is known to be too small (MacKinnon,
    Nielsen & Webb 2023, J. Applied Econometrics 38:671). Never below the error of independent rows: with few clusters
    their sums can agree by chance.

    Degrees of freedom (Satterthwaite 1946, Biometrics Bull. 2:110): 2 over the squared relative error of the variance,
    which their fourth moment gives; a few clusters that outweigh the rest leave few.

    Two ways: the variances add up, less that of rows that agree in both (Cameron, Gelbach & Miller 2011, J. Business &
    Economic Statistics 29:238), never below either way alone; the rest is that of the way that says less.

    Parameters
    ----------
    influence
        (n,), sums to zero.
    clusters
        Of the n rows.
    strata
        (n,) the class of each row where each class is a sample of its own (-1: the row says nothing), else None.
    """
    one = _one_way(influence, clusters, strata)
    if clusters.other is None:
        return one
    two = _one_way(influence, clusters.other, strata)
    both = _one_way(influence, clusters.crossed, strata)
    added = one.error**2 + two.error**2 - both.error**2
    return Spread(
        error=sqrt(max(added, one.error**2, two.error**2)),
        degrees=min(one.degrees, two.degrees),
        skewness=max(one.skewness, two.skewness, key=abs),
        carried_by=min(one.carried_by, two.carried_by),
        trials=min(one.trials, two.trials),
    )


def _one_way(influence: Floats, clusters: Clusters, strata: Ints | None) -> Spread:
    trials = clusters.supporting(strata)
    count = max(clusters.count, 2)
    rows = max(influence.size, 2)
    row_second, row_third, row_fourth = _moments(influence)
    if clusters.codes is None:  # what leaving a row out changes is in proportion to its influence
        left = float(rows - 1)
        second, third, fourth = row_second / left**2, row_third / left**3, row_fourth / left**4
    else:
        second, third, fourth = _moments(clusters.deletions(influence))
    error = sqrt(max(second * (count - 1) / count, row_second / (rows * (rows - 1))))
    if not fourth > 0:
        return Spread(error, max(trials - 1, 1), 0.0, 0.0, trials)
    degrees = min(2.0 / max(fourth / second**2 - 1.0 / count, 1e-9), trials - 1)
    return Spread(error, max(degrees, 1.0), third / second**1.5, row_second**2 / row_fourth, trials)


def _moments(values: Floats) -> tuple[float, float, float]:
    """Sums of squares, cubes and fourth powers; not by BLAS, whose last digits depend on the number of cores."""
    squares = values * values
    return float(squares.sum()), float((squares * values).sum()), float((squares * squares).sum())
