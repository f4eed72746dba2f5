"""The validation folds as numbers: made once for all trials, and small enough in kind to be handed to a process."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.records import Record
from keepfit.split import Fold
from keepfit.train.estimators import Layout

Ints = NDArray[np.int64]


class Rules(Record, frozen=True, kw_only=True):
    """What all fits have in common."""

    task: str
    classes: int
    metric: str
    seed: int


class Labels(NamedTuple):
    """Of one fold: of the rows to fit on and to score, and the rows to fit on in the orders in which shares take them.

    ``mixed`` begins with a fair sample however little is taken of it, ``newest`` with the newest rows.
    """

    fit: NDArray[Any]
    score: NDArray[Any]
    mixed: Ints
    newest: Ints


class Part(NamedTuple):
    """Of one fold in one layout: what is fitted on, what is scored, and the columns that hold codes of categories."""

    fit: Any
    score: Any
    categorical: tuple[int, ...]


class Material(NamedTuple):
    """All that a trial needs, but its settings."""

    rules: Rules
    labels: tuple[Labels, ...]
    parts: Mapping[tuple[int, Layout], Part]


def labels_of(fold: Fold, labels: NDArray[Any], times: NDArray[np.int64] | None, *, seed: int, classes: int) -> Labels:
    """The labels of a fold, and its rows to fit on in both orders."""
    known = labels[fold.fit]
    mixed = _mixed(known if classes else np.zeros(len(known), np.int64), seed)
    newest = mixed if times is None else np.argsort(-times[fold.fit], kind="stable")
    return Labels(known, labels[fold.score], mixed, newest)


def _mixed(classes: Ints, seed: int) -> Ints:
    """All rows in a seeded order that deals out every class evenly: row k of n rows of a class stands at k / n."""
    shuffled = np.random.default_rng(seed).permutation(len(classes))
    own = classes[shuffled]
    place = np.empty(len(classes))
    for each in np.unique(own):
        where = own == each
        place[where] = np.arange(int(where.sum())) / int(where.sum())
    return np.asarray(shuffled[np.argsort(place, kind="stable")], np.int64)


def prepare(
    rules: Rules,
    labels: Sequence[Labels],
    layouts: Iterable[Layout],
    make: Callable[[int, Layout], Part],
) -> Material:
    """Every fold in every layout that a candidate wants."""
    wanted = sorted(set(layouts))
    return Material(rules, tuple(labels), {(f, each): make(f, each) for f in range(len(labels)) for each in wanted})
