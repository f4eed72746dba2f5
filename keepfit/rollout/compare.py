"""Two versions beside each other: errors, latency, scores, and losses where labels are known.

Each figure comes with what it is at least: likely so, for the one look at the end (wrong 1 time in 100), and beyond
doubt, so that a server may look every second for a month (wrong 1 time in ten million). These bounds hold for any
distribution: Massart's constant for the inequality of Dvoretzky, Kiefer and Wolfowitz (Annals of Probability 18:1269,
1990) for shares of answers up to a value, Hoeffding's and Chernoff's for means and for shares of errors (Hoeffding,
JASA 58:13, 1963, theorem 1).
"""

from math import ceil, floor, inf, log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.records import Beheld, Figure, finite

Floats = NDArray[np.float64]

LIKELY, DOUBT = 0.01, 1e-7  # the chances that a bound is wrong
AGAINST = 2.33  # standard errors that are as likely
FEWEST_LABELS = 30


class Answers(NamedTuple):
    """Finite answers of one version: scores (n, k) of k classes or one value, latencies (n,) in milliseconds."""

    scores: Floats
    latency: Floats


def beheld(
    champion: Answers,
    challenger: Answers,
    failed: int,
    *,
    paired: bool,
    answers: int | None = None,
    beside: int | None = None,
) -> Beheld:
    """What is seen of two versions, ``paired`` where they answered the same requests in the same order.

    ``answers`` and ``beside`` count those of the challenger and of the champion, where what is given is a sample.
    """
    count = len(challenger.latency) if answers is None else answers
    return Beheld(
        answers=count,
        champion_answers=len(champion.latency) if beside is None else beside,
        failed=failed,
        errors=_share(failed, failed + count),
        slower=_slower(champion.latency, challenger.latency),
        scores_differ=(_pairwise if paired else _apart)(champion.scores, challenger.scores),
    )


def _share(part: int, whole: int) -> Figure:
    """A share, and the smallest that it may be.

    >>> _share(0, 100)
    Figure(value=0.0, likely=0.0, low=0.0)
    >>> 0.01 < _share(5, 5).low < 0.05 < 0.3 < _share(5, 5).likely
    True
    """
    if not whole:
        return Figure(value=None)
    likely, low = (_least_share(part, whole, wrong) if part else 0.0 for wrong in (LIKELY, DOUBT))
    return Figure(value=part / whole, likely=likely, low=low)


def _least_share(part: int, whole: int, wrong: float) -> float:
    """By halving: the share from which on it is no longer so unlikely to see that large a part."""
    low = 0.0
    high = seen = part / whole
    for _ in range(40):
        middle = (low + high) / 2
        far = whole * _divergence(seen, middle) > -log(wrong)
        low, high = (middle, high) if far else (low, middle)
    return low


def _divergence(seen: float, expected: float) -> float:
    """Kullback and Leibler's, of two shares."""
    if expected <= 0.0:
        return inf
    parts = ((seen, expected), (1.0 - seen, 1.0 - expected))
    return sum(one * log(one / other) for one, other in parts if one > 0.0)


def _band(count: int, wrong: float, ways: int = 1) -> float:
    """How far the share of ``count`` answers up to any value may be from the true one."""
    return sqrt(log(2 * ways / wrong) / (2 * count))


def _slower(champion: Floats, challenger: Floats) -> Figure:
    """How many times the champion's median latency the challenger's is."""
    if not (len(champion) and len(challenger)):
        return Figure(value=None)
    one, other = np.sort(champion), np.sort(challenger)
    usual = float(np.median(one))
    ratio = finite(float(np.median(other)) / usual) if usual > 0 else None
    likely, low = (_least_ratio(one, other, wrong) for wrong in (LIKELY, DOUBT))
    return Figure(value=ratio, likely=likely, low=low)


def _least_ratio(champion: Floats, challenger: Floats, wrong: float) -> float:
    most = _quantile(champion, 0.5 + _band(len(champion), wrong))
    least = _quantile(challenger, 0.5 - _band(len(challenger), wrong))
    return least / most if 0 < most < inf else 0.0


def _quantile(values: Floats, share: float) -> float:
    """The value that a share of ordered values does not exceed; without bound where the share is none."""
    count = len(values)
    if share <= 0:
        return 0.0
    if share >= 1:
        return inf
    place = floor(share * count) if share < 0.5 else ceil(share * count)
    return float(values[min(max(place, 0), count - 1)])


def _apart(champion: Floats, challenger: Floats) -> Figure:
    """The distance of Kolmogorov and Smirnov; of several classes that of the class where it is largest.

    >>> _apart(np.zeros((4, 1)), np.ones((4, 1))).value
    1.0
    """
    if not (len(champion) and len(challenger)):
        return Figure(value=None)
    ways = champion.shape[1]
    distance = max(_distance(champion[:, place], challenger[:, place]) for place in range(ways))
    bands = (sum(_band(len(each), wrong, ways) for each in (champion, challenger)) for wrong in (LIKELY, DOUBT))
    likely, low = (max(0.0, distance - band) for band in bands)
    return Figure(value=distance, likely=likely, low=low)


def _distance(one: Floats, other: Floats) -> float:
    one, other = np.sort(one), np.sort(other)
    at = np.concatenate([one, other])
    up_to = np.searchsorted(one, at, "right") / len(one), np.searchsorted(other, at, "right") / len(other)
    return float(np.abs(up_to[0] - up_to[1]).max())


def _pairwise(champion: Floats, challenger: Floats) -> Figure:
    """The mean distance of two answers to one request, from 0 to 1; what it likely is at least, by its standard error.

    Of classes, half the sum of the differences of their probabilities (total variation). Of values, which have no scale
    of their own, the difference of their ranks among the champion's.

    >>> _pairwise(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([[0.5, 0.5], [0.2, 0.8]])).value
    0.2
    """
    if not len(champion):
        return Figure(value=None)
    if champion.shape[1] > 1:
        each = np.abs(champion - challenger).sum(axis=1) / 2
    else:
        order = np.sort(champion[:, 0])
        each = np.abs(_rank(order, champion[:, 0]) - _rank(order, challenger[:, 0]))
    mean = float(each.mean())
    likely = mean - AGAINST * float(each.std(ddof=1)) / sqrt(len(each)) if len(each) > 1 else 0.0
    low = mean - sqrt(-log(DOUBT) / (2 * len(each)))
    return Figure(value=finite(mean), likely=max(0.0, likely), low=max(0.0, low))


def _rank(order: Floats, values: Floats) -> Floats:
    """The share of ordered values below each value, ties by half."""
    return np.asarray((np.searchsorted(order, values) + np.searchsorted(order, values, "right")) / (2 * len(order)))


def worse(champion: Floats, challenger: Floats, *, paired: bool) -> Figure | None:
    """How much larger the challenger's mean loss is; None where there are too few losses to say.

    Parameters
    ----------
    champion, challenger
        A loss for each labelled answer; of the same requests in the same order where they are ``paired``.
    """
    if min(len(champion), len(challenger)) < FEWEST_LABELS:
        return None
    difference = float(challenger.mean() - champion.mean())
    if paired:
        error = float((challenger - champion).std(ddof=1)) / sqrt(len(champion))
    else:
        error = sqrt(sum(float(losses.var(ddof=1)) / len(losses) for losses in (champion, challenger)))
    return Figure(value=finite(difference), likely=difference - AGAINST * error)
