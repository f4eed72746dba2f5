"""Validation folds inside the training side."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.config.model import UseCase

Rows = NDArray[np.int64]


class Fold(NamedTuple):
    """Row positions to fit on and to score."""

    fit: Rows
    score: Rows


def time_folds(times: NDArray[np.int64], folds: int, gap: int) -> Iterator[Fold]:
    """Ever longer pasts, each scored on the stretch that follows it after a gap.

    Parameters
    ----------
    times : (n,) microseconds; equal moments stay on one side.
    folds : how many; the time axis is cut into ``folds + 1`` parts of about equal row counts.
    gap : microseconds by which fitting ends earlier, because labels are not known at once.

    Examples
    --------
    >>> [(fold.fit.tolist(), fold.score.tolist()) for fold in time_folds(np.arange(6), 2, 0)]
    [([0, 1], [2, 3]), ([0, 1, 2, 3], [4, 5])]
    """
    ordered = np.sort(times)
    cuts = [int(ordered[len(ordered) * part // (folds + 1)]) for part in range(1, folds + 1)]
    for start, end in zip(cuts, [*cuts[1:], int(ordered[-1]) + 1], strict=True):
        yield Fold(np.flatnonzero(times < start - gap), np.flatnonzero((times >= start) & (times < end)))


def random_folds(rows: int, folds: int, seed: int) -> Iterator[Fold]:
    """Parts of about equal size in a seeded random order, each scored once.

    Examples
    --------
    >>> sorted(row for fold in random_folds(5, 2, seed=1) for row in fold.score.tolist())
    [0, 1, 2, 3, 4]
    """
    part = np.random.default_rng(seed).permutation(rows) % folds
    for number in range(folds):
        yield Fold(np.flatnonzero(part != number), np.flatnonzero(part == number))


def folds_of(use_case: UseCase, times: NDArray[np.int64] | None, rows: int) -> tuple[Fold, ...]:
    """The folds of a training side: by time where rows have one, else at random."""
    rules = use_case.train
    if times is None:
        return tuple(random_folds(rows, rules.folds, rules.seed))
    gap = int(use_case.data.label.known_after / timedelta(microseconds=1))
    return tuple(time_folds(times, rules.folds, gap))
