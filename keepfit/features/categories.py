"""Categories as codes: of their levels, or of hashes of these."""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from keepfit.features.columns import CrossFitted, Levels
from keepfit.features.form import Form
from keepfit.features.lookup import places
from keepfit.records import Record

Numbers = NDArray[np.float64]
Codes = NDArray[np.intp]

MOST_LEVELS = 254  # histogram boosting has 255 bins; rarer levels share one
_RARE = 10  # rows: a level with fewer is rare,
_RARE_SHARE = 1e-3  # where that is less than so much of the rows


class CategoryFeature(Record, frozen=True, kw_only=True, tag="category"):
    """A category; a level's index is its code. The ``rare`` ones share the code after the last."""

    column: str
    levels: tuple[str, ...]
    rare: tuple[str, ...]

    def width(self, form: Form) -> int:
        """Matrix columns: one, or one for each level and one for the rare ones."""
        return 1 if form == "codes" else len(self.levels) + bool(self.rare)

    def fill(self, form: Form, values: Levels | CrossFitted, out: Numbers) -> None:
        """Missing and unseen levels are NaN to trees, and a row of zeros to others."""
        codes = places(values.levels, self.levels, room=1)
        if self.rare:
            rare = places(values.levels, self.rare, room=1) >= 0
            codes[rare] = len(self.levels)
        _fill_codes(form, codes[values.codes], out)  # −1 takes the last: missing


class HashedFeature(Record, frozen=True, kw_only=True, tag="hashed"):
    """A category by a hash of its text: nothing is learnt, nothing is unseen, and some levels share a code."""

    column: str
    buckets: int

    def width(self, form: Form) -> int:
        """Matrix columns."""
        return 1 if form == "codes" else self.buckets

    def fill(self, form: Form, values: Levels | CrossFitted, out: Numbers) -> None:
        """As a category whose levels are the buckets."""
        used, where = np.unique(values.codes, return_inverse=True)
        codes = [-1 if code < 0 else bucket(values.levels[code], self.buckets) for code in used.tolist()]
        _fill_codes(form, np.array(codes, np.intp)[where], out)


def _fill_codes(form: Form, codes: Codes, out: Numbers) -> None:
    if form == "codes":
        out[:, 0] = codes
        out[codes < 0, 0] = np.nan
        return
    known = np.flatnonzero(codes >= 0)
    out[known, codes[known]] = 1.0


def bucket(level: str, buckets: int) -> int:
    """The bucket of a level, the same in every process and on every machine: BLAKE2b of its UTF-8.

    >>> bucket("N14228", 254), bucket("", 254)
    (32, 8)
    """
    digest = blake2b(level.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % buckets


def fit_category(name: str, values: Levels) -> CategoryFeature:
    """The levels that training rows have, in order.

    Rare are those beyond the 254 most frequent, and those with fewer than 10 rows (in tables of less than 10,000 rows,
    with fewer than one row in a thousand).
    """
    counts = np.bincount(values.codes[values.codes >= 0], minlength=len(values.levels)).tolist()
    seen = {level: count for level, count in sorted(zip(values.levels, counts, strict=True)) if count}
    fewest = min(_RARE, _RARE_SHARE * len(values.codes))
    common = [level for level in sorted(seen, key=lambda level: -seen[level]) if seen[level] >= fewest]
    frequent = set(common[:MOST_LEVELS])
    return CategoryFeature(
        column=name,
        levels=tuple(level for level in seen if level in frequent),
        rare=tuple(level for level in seen if level not in frequent),
    )
