"""Validation folds inside the training side: they repeat the split, so that they ask what the holdout will ask."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.config.model import UseCase
from keepfit.errors import DataError, Problem
from keepfit.split.rules import wait

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
    return _each_once(np.random.default_rng(seed).permutation(rows) % folds, folds)


def stratified_folds(labels: NDArray[Any], folds: int, seed: int) -> Iterator[Fold]:
    """Parts of about equal size with the same share of every class (up to one row of each), each scored once.

    Examples
    --------
    >>> labels = np.array([0, 0, 0, 0, 1, 1])
    >>> [sorted(labels[fold.score].tolist()) for fold in stratified_folds(labels, 2, seed=1)]
    [[0, 0, 1], [0, 0, 1]]
    """
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    dealt = shuffled[np.argsort(labels[shuffled], kind="stable")]  # class after class, each in random order
    part = np.empty(len(labels), np.int64)
    part[dealt] = np.arange(len(labels)) % folds
    return _each_once(part, folds)


def grouped_folds(groups: NDArray[Any], folds: int, seed: int) -> Iterator[Fold]:
    """Parts of about equal size in a seeded random order of the groups (n,), each group scored as a whole, once.

    Examples
    --------
    >>> [fold.score.tolist() for fold in grouped_folds(np.array([7, 7, 9, 9]), 2, seed=1)]
    [[0, 1], [2, 3]]
    """
    names, codes, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    begins = np.cumsum(sizes[order]) - sizes[order]
    part = np.empty(len(names), np.int64)
    part[order] = (begins + sizes[order] / 2) * folds // len(groups)  # by the middle of each
    return _each_once(part[codes], folds)


def _each_once(part: NDArray[np.int64], folds: int) -> Iterator[Fold]:
    for number in range(folds):
        yield Fold(np.flatnonzero(part != number), np.flatnonzero(part == number))


def folds_of(
    use_case: UseCase,
    labels: NDArray[Any],
    times: NDArray[np.int64] | None,
    entities: NDArray[Any] | None = None,
) -> tuple[Fold, ...]:
    """The folds of a training side, made as `split` makes its sides.

    Parameters
    ----------
    labels : (n,) classes as numbers, or values.
    times : (n,) microseconds, where rows have a time.
    entities : (n,) a number for each entity, where the YAML names them.

    Raises
    ------
    DataError
        Rows of one entity would have to be on both sides of every fold.
    """
    rules, rule = use_case.train, use_case.split
    found: Iterator[Fold]
    if rule.by == "time" and times is not None:
        found = time_folds(times, rules.folds, wait(use_case) // timedelta(microseconds=1))
    elif entities is not None:
        found = grouped_folds(entities, rules.folds, rules.seed)
    elif rule.stratify:
        found = stratified_folds(labels, rules.folds, rules.seed)
    else:
        found = random_folds(len(labels), rules.folds, rules.seed)
    return tuple(found) if entities is None else _apart(use_case, found, entities)


def _apart(use_case: UseCase, folds: Iterator[Fold], entities: NDArray[Any]) -> tuple[Fold, ...]:
    """Without the rows to fit on of entities that are scored; folds that have then no rows on one side are not made."""
    apart = (Fold(fold.fit[~np.isin(entities[fold.fit], entities[fold.score])], fold.score) for fold in folds)
    found = tuple(fold for fold in apart if fold.fit.size and fold.score.size)
    if found:
        return found
    names = ", ".join(use_case.split.entity)
    raise DataError(
        Problem(
            "no validation fold can keep every entity on one side",
            where=f"split.entity of {use_case.name}: {names}",
            expected="entities that only a part of the rows to learn from belongs to",
            found=f"{np.unique(entities).size:,} entities in {entities.size:,} rows to learn from",
            did="trained nothing; the champion stays",
            do="lengthen data.history, use fewer train.folds, or look whether split.entity names what it should",
        )
    )
