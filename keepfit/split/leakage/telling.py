"""How much of the label one column alone tells.

By its bins or levels: each is given the share of a class (or the mean rank of the label) that it has in one half of the
rows, and the rows of the other half are ranked by it. So relations need not be monotone, and a level that only one half
has, such as an id, tells nothing. A number is also taken as it is, because bins of few rows are coarse.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.split.leakage.material import Values

BINS = 256
FEWEST = 30
"""Rows of a class without which nothing is said about it."""
PAIRS = 50
"""Classes that are compared by pairs, the most frequent ones."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Told(NamedTuple):
    """How well a column predicts the label, from 0 to 1, and the standard error that a ``value`` of .99 would have."""

    value: float
    error: float


def told(values: Values, label: NDArray[Any], classes: int, halves: Ints) -> Told | None:
    """How well a column alone predicts the label; None where too few rows have a value.

    Of classes, by bins the AUC of each against all others, and of these the smallest; as it is the AUC of each pair, in
    whichever direction, and the smallest. (One class of iris is told perfectly by the width of a petal, the label is
    not.) Of values, the R² of their ranks: 1 for every monotone function of them. The standard error is that of Hanley
    & McNeil (1982), Radiology 143:29, for the two smallest classes.
    """
    known = ~np.isnan(values.numbers)
    label, halves, numbers = label[known], halves[known], values.numbers[known]
    if classes:
        sizes = np.bincount(label, minlength=classes)
        if int(np.sum(sizes >= FEWEST)) < 2:
            return None
        few = np.sort(sizes[sizes >= FEWEST])[:2]
        found = [_of_classes(_codes(numbers, values.ordered), label, classes, halves)]
        found += [_of_pairs(numbers, label, sizes)] if values.ordered else []
        return Told(max(found), _error(*few.tolist()))
    if len(label) < FEWEST or np.ptp(label) == 0 or not 0 < halves.sum() < len(halves):
        return None
    ranked = ranks(label)
    found = [_of_ranks(_codes(numbers, values.ordered), ranked, halves)]
    found += [_squared_correlation(ranks(numbers), ranked)] if values.ordered else []
    return Told(max(found), 2 * 0.01 / float(np.sqrt(len(label))))


def _error(inside: int, outside: int) -> float:
    auc = 0.99
    first, second = auc / (2 - auc) - auc**2, 2 * auc**2 / (1 + auc) - auc**2
    both = auc * (1 - auc) + (inside + outside - 2) * (first + second) / 2
    return float(np.sqrt(both / (inside * outside)))


def _codes(numbers: Floats, ordered: bool) -> Ints:
    if not ordered:
        return numbers.astype(np.int64)
    in_order = np.sort(numbers)
    distinct = in_order[np.append(True, in_order[1:] != in_order[:-1])]
    most = min(BINS, max(len(numbers) // 10, 2))
    if distinct.size > most:
        distinct = np.unique(in_order[np.linspace(0, len(in_order) - 1, most).astype(np.int64)])
    return np.searchsorted(distinct, numbers, side="right") - 1


def _of_classes(codes: Ints, label: Ints, classes: int, halves: Ints) -> float:
    bins = int(codes.max()) + 1
    counts = np.bincount((halves * bins + codes) * classes + label, minlength=2 * bins * classes)
    counts = counts.reshape(2, bins, classes)
    totals = counts.sum(axis=1)
    enough = (totals.sum(axis=0) >= FEWEST) & np.all(totals > 0, axis=0)
    found = [
        float(np.mean([_auc(counts[1 - half], counts[half], place) for half in (0, 1)]))
        for place in np.flatnonzero(enough).tolist()
    ]
    return min(found) if len(found) > 1 else 0.0


def _auc(learnt: Ints, asked: Ints, place: int) -> float:
    """The AUC of one class against all others in counts (bins, classes), ranked by its share in other counts."""
    prior = learnt[:, place].sum() / learnt.sum()
    score = (learnt[:, place] + prior) / (learnt.sum(axis=1) + 1)
    _, tied = np.unique(score, return_inverse=True)
    inside = np.bincount(tied, weights=asked[:, place])
    outside = np.bincount(tied, weights=asked.sum(axis=1) - asked[:, place])
    below = np.cumsum(outside) - outside / 2
    return float(np.dot(inside, below) / (inside.sum() * outside.sum()))


def _of_pairs(numbers: Floats, label: Ints, sizes: Ints) -> float:
    """The smallest AUC of any two classes, each in its own direction."""
    chosen = np.argsort(-sizes, kind="stable")[:PAIRS]
    chosen = chosen[sizes[chosen] >= FEWEST]
    place = np.full(sizes.size, -1)
    place[chosen] = np.arange(chosen.size)
    among = place[label] >= 0
    _, tied = np.unique(numbers[among], return_inverse=True)
    counts = np.bincount(tied * chosen.size + place[label[among]], minlength=(int(tied.max()) + 1) * chosen.size)
    counts = counts.reshape(-1, chosen.size).astype(np.float64)
    below = np.cumsum(counts, axis=0) - counts / 2
    auc = (counts.T @ below) / np.outer(sizes[chosen], sizes[chosen])
    apart = np.maximum(auc, 1 - auc)[~np.eye(chosen.size, dtype=bool)]
    return float(apart.min())


def _of_ranks(codes: Ints, ranked: Floats, halves: Ints) -> float:
    bins = int(codes.max()) + 1
    place = halves * bins + codes
    counts = np.bincount(place, minlength=2 * bins).reshape(2, bins)
    sums = np.bincount(place, weights=ranked, minlength=2 * bins).reshape(2, bins)
    means = (sums + sums.sum() / len(ranked)) / (counts + 1)
    error = ranked - means[1 - halves, codes]
    return 1 - float(np.dot(error, error)) / float(np.sum((ranked - ranked.mean()) ** 2))


def _squared_correlation(first: Floats, second: Floats) -> float:
    first, second = first - first.mean(), second - second.mean()
    spread = float(np.dot(first, first) * np.dot(second, second))
    return float(np.dot(first, second)) ** 2 / spread if spread else 0.0


def ranks(values: NDArray[Any]) -> Floats:
    """The rank of each value, from 0 to 1; equal values share the mean of their ranks.

    >>> ranks(np.array([10.0, 30.0, 20.0, 20.0])).tolist()
    [0.0, 1.0, 0.5, 0.5]
    """
    _, tied, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts + 1) / 2
    return np.asarray(middle[tied] / max(len(values) - 1, 1), np.float64)
