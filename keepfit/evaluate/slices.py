"""Every figure by group of a protected column, so that a model that is good on average cannot hide where it is not."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from keepfit.evaluate.score import Ints

MOST_GROUPS = 50
MISSING = "(missing)"
OTHERS = "(others)"


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The groups of one column: ``codes`` (n,) into ``names``."""

    by: str
    codes: Ints
    names: tuple[str, ...]


def by_level(by: str, codes: Any, levels: Sequence[str]) -> Groups:
    """Groups of a category, most frequent first; -1 is a missing value and a group of its own.

    More than ``MOST_GROUPS`` are not told apart: the rarest become one group.

    >>> groups = by_level("origin", [0, 1, 1, -1, 1, 0], ["EWR", "JFK"])
    >>> groups.names, groups.codes
    (('JFK', 'EWR', '(missing)'), array([1, 0, 0, 2, 0, 1]))
    """
    codes = np.asarray(codes, np.int64)
    names = [*levels, MISSING]
    count = np.bincount(np.where(codes < 0, len(levels), codes), minlength=len(names))
    present = [place for place in range(len(names)) if count[place]]
    ordered = sorted(present, key=lambda place: (-count[place], names[place]))
    kept = ordered if len(ordered) <= MOST_GROUPS else ordered[: MOST_GROUPS - 1]
    place_of = np.full(len(names), len(kept), np.int64)
    place_of[kept] = np.arange(len(kept))
    rest = len(ordered) - len(kept)
    told = tuple(names[place] for place in kept) + ((f"{OTHERS}: {rest} rarest",) if rest else ())
    return Groups(by, place_of[codes], told)


def by_band(by: str, values: Any, bands: Sequence[float]) -> Groups:
    """Groups of a number, from one limit up to but without the next; NaN is a group of its own.

    >>> by_band("age", np.array([17.0, 30.0, np.nan]), [30, 60]).names
    ('under 30', '30 to under 60', '(missing)')
    """
    limits = [f"{limit:g}" for limit in bands]
    inner = [f"{low} to under {high}" for low, high in pairwise(limits)]
    names = [f"under {limits[0]}", *inner, f"{limits[-1]} and over", MISSING]
    place = np.where(np.isnan(values), len(names) - 1, np.searchsorted(np.asarray(bands, float), values, "right"))
    used, codes = np.unique(place, return_inverse=True)
    return Groups(by, np.asarray(codes, np.int64), tuple(names[one] for one in used.tolist()))
