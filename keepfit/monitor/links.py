"""What one column says of another, and whether it still does: a link that breaks though each column looks as ever.

A distance that comes from another row than its destination is usual by itself and wrong beside it. A link is there
where in the reference's sample a category, by the mean of its bin, or a number says at least a quarter of the variance
of another number (all as normal scores). Its strength in other rows is the slope of the number on what was said of it,
both about their means there: 1 while the link holds, 1 - s where a share s of rows has a value of some other row (an
errors-in-variables slope: Fuller 1987, Measurement Error Models). It minds no unusual mean; and where what is said
hardly varies, as rain in a dry week, nothing speaks against the link (a ridge towards the reference's slope).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.monitor.bins import Bins
from keepfit.monitor.drift import LEAST_ROWS
from keepfit.monitor.multivariate import Part, Space, scores_of

Floats = NDArray[np.float64]

STRONG = 0.25  # of the variance of a number, which another column says
_FEW = 20.0  # usual rows that are added to each bin of a category
_RIDGE = 0.1  # of the reference's variance of what is said: weighs the reference's slope beside a window's


class Link(NamedTuple):
    """By which column, a number or the bins of a category (``table``), what is said of which number."""

    by: int
    of: int
    slope: float
    table: Floats | None


class Linked(NamedTuple):
    """How far links are from the reference's, which one is farthest (by, of), how much of it is gone."""

    distance: float
    by: tuple[int, ...]
    gone: float


def links_of(space: Space, bins: Sequence[Bins], values: Floats) -> tuple[Link, ...]:
    """The links of a sample's values (n, c); none where columns are so many that they are mixed."""
    if space.mixing is not None:
        return ()
    scores = scores_of(space, values)
    numbers = [place for place, each in enumerate(bins) if each.kind == "number"]
    found = []
    for by, each in enumerate(bins):
        for of in (number for number in numbers if number != by):
            link = _link(each, by, of, values, scores)
            said = _said(link, values, scores)
            if (said**2).mean() >= STRONG * (scores[:, of] ** 2).mean() > 0:
                found.append(link)
    return tuple(found)


def _link(bins: Bins, by: int, of: int, values: Floats, scores: Floats) -> Link:
    if bins.kind == "number":
        return Link(
            by, of, float((scores[:, by] * scores[:, of]).mean() / max((scores[:, by] ** 2).mean(), 1e-12)), None
        )
    known = ~np.isnan(values[:, by])
    places = values[known, by].astype(np.intp)
    rows = np.bincount(places, minlength=bins.count) + _FEW
    return Link(by, of, 1.0, np.asarray(np.bincount(places, scores[known, of], bins.count) / rows, np.float64))


def _said(link: Link, values: Floats, scores: Floats) -> Floats:
    """What is said of the number in each row, (n,); nothing where a value is missing."""
    if link.table is None:
        return link.slope * scores[:, link.by]
    missing = np.isnan(values[:, link.by])
    return np.where(missing, 0.0, link.table[np.where(missing, 0, values[:, link.by]).astype(np.intp)])


def _products(links: Sequence[Link], space: Space, values: Floats) -> Floats:
    """By row and link what is needed for slopes, (n, links, 5): 1, what is said, what is there, said², said × there."""
    scores = scores_of(space, values)
    found = np.ones((len(values), len(links), 5))
    for place, link in enumerate(links):
        said, there = _said(link, values, scores), scores[:, link.of]
        found[:, place, 1:] = np.stack([said, there, said**2, said * there], axis=1)
    return found


def _moments(sums: Floats) -> tuple[Floats, Floats]:
    """Sums (…, links, 5) as the variance of what is said and its covariance with what is there, (…, links)."""
    rows = np.maximum(sums[..., 0], 1.0)
    said, there = sums[..., 1] / rows, sums[..., 2] / rows
    return np.maximum(sums[..., 3] / rows - said**2, 0.0), sums[..., 4] / rows - said * there


def _slopes(before: Floats, now: Floats) -> tuple[Floats, Floats]:
    """The slopes of rows known before and of others by their sums (…, links, 5), the latter drawn to the former."""
    variance, covariance = _moments(before)
    usual = covariance / np.maximum(variance, 1e-12)
    other, both = _moments(now)
    ridge = _RIDGE * np.maximum(variance, 1e-12)
    return usual, np.asarray((both + ridge * usual) / (other + ridge))


def apart(links: Sequence[Link], space: Space, reference: Floats, window: Floats) -> Linked:
    """Links in rows of a window (m, c) beside those in the reference's sample (n, c)."""
    if not links:
        return Linked(float("nan"), (), 0.0)
    before, now = _slopes(*(_products(links, space, each).sum(axis=0) for each in (reference, window)))
    most = int(np.argmax(np.abs(now - before)))
    gone = 1.0 - now[most] / before[most] if before[most] > 0 else 0.0
    return Linked(float((now[most] - before[most]) ** 2), (links[most].by, links[most].of), float(gone))


def of_stretches(links: Sequence[Link], space: Space, pool: Part, first: int, count: int, length: int) -> Floats:
    """How far the links of every stretch are from those of all other days, (count - length + 1,); NaN: unknown."""
    starts = count - length + 1 if count > length else 0
    if not links or not starts:
        return np.full(starts, np.nan)
    sums = np.concatenate([np.zeros((1, len(links), 5)), np.cumsum(_products(links, space, pool.values), axis=0)])
    low, high = (np.searchsorted(pool.days, first + np.arange(starts) + more) for more in (0, length))
    stretch = sums[high] - sums[low]
    before, now = _slopes(sums[-1] - stretch, stretch)
    farthest = ((now - before) ** 2).max(axis=1)
    return np.asarray(np.where(high - low < LEAST_ROWS, np.nan, farthest))
