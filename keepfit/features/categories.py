"""Categories as codes: of their levels, or of hashes of these."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from keepfit.features.columns import Columns, CrossFitted, Levels, Records, text_of
from keepfit.features.form import Form, Room, code_type, nowhere, slots
from keepfit.records import Record

Codes = NDArray[Any]
Coder = Callable[[str], float]  # from a level to its code, or in the dense form to the column that gets a one

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

    def code_of(self, form: Form, start: int) -> Coder:
        """What a level becomes."""
        first = 0 if form == "codes" else start
        codes = {level: place for place, level in enumerate(self.levels, first)}
        codes |= dict.fromkeys(self.rare, first + len(self.levels))
        unseen = nowhere(form)
        return lambda level: codes.get(level, unseen)


class HashedFeature(Record, frozen=True, kw_only=True, tag="hashed"):
    """A category by a hash of its text: nothing is learnt, nothing is unseen, and some levels share a code."""

    column: str
    buckets: int

    def width(self, form: Form) -> int:
        """Matrix columns."""
        return 1 if form == "codes" else self.buckets

    def code_of(self, form: Form, start: int) -> Coder:
        """As a category whose levels are the buckets."""
        first = 0 if form == "codes" else start
        return lambda level: first + bucket(level, self.buckets)


class CategoryBlock:
    """The categories of an encoding, made in one go: each feature with the matrix column at which it begins."""

    def __init__(self, form: Form, placed: Sequence[tuple[CategoryFeature | HashedFeature, int]]) -> None:
        self._form = form
        self._names = [feature.column for feature, _ in placed]
        self._coders = [feature.code_of(form, start) for feature, start in placed]
        self._named = list(zip(self._names, self._coders, strict=True))
        self._at = slots([start for _, start in placed])
        self._nowhere = nowhere(form)
        self.columns: list[int] | None = [start for _, start in placed]  # `ShortBlock`
        self._type = code_type(form)

    def of_records(self, records: Records) -> Codes:
        """Their codes, (n, k)."""
        return np.array([self.of_record(record) for record in records], self._type)

    def of_record(self, record: Mapping[str, Any]) -> list[Any]:
        """Of one record."""
        return [
            self._nowhere
            if (value := record.get(name)) is None
            else coder(value if value.__class__ is str else text_of(value))
            for name, coder in self._named
        ]

    def of_columns(self, columns: Columns) -> Callable[[slice], Codes]:
        """The codes of some rows of a table: those of its levels, by row."""
        read = [cast(Levels | CrossFitted, columns[name]) for name in self._names]
        tables = [
            np.array([*map(coder, each.levels), self._nowhere], self._type)
            for coder, each in zip(self._coders, read, strict=True)
        ]
        return lambda rows: np.column_stack(
            [table[each.codes[rows]] for table, each in zip(tables, read, strict=True)]  # −1 takes the last: missing
        )

    def fill(self, codes: Codes, room: Room) -> None:
        """Trees get the codes, others a one in the column of each."""
        room.code(self._form, self._at, codes)


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
