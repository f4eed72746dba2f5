"""What is learnt from training rows to make a matrix, and the matrix.

Two encodings, because estimators differ: ``codes`` for trees (a column a feature; categories as whole numbers, missing
and unseen ones as NaN, which trees handle) and ``dense`` for linear models (numbers centred on their median and scaled,
missing ones filled and flagged; a column for every category and calendar value).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from keepfit.features.calendar import SPANS, part
from keepfit.features.columns import Columns, Levels, row_count
from keepfit.records import Record

Matrix = NDArray[np.float64]
Form = Literal["codes", "dense"]

MOST_LEVELS = 254  # histogram boosting has 255 bins; rarer levels share one


class NumberFeature(Record, frozen=True, kw_only=True, tag="number"):
    """A number; ``center`` and ``scale`` serve the dense form, ``flag`` says that training saw missing values."""

    column: str
    center: float
    scale: float
    flag: bool


class CategoryFeature(Record, frozen=True, kw_only=True, tag="category"):
    """A category; a level's index is its code. The ``rare`` ones share the code after the last."""

    column: str
    levels: tuple[str, ...]
    rare: tuple[str, ...]


class CalendarFeature(Record, frozen=True, kw_only=True, tag="calendar"):
    """A calendar part of a moment, in local time."""

    column: str
    part: str
    zone: str


Feature = NumberFeature | CategoryFeature | CalendarFeature


class Encoding(Record, frozen=True, kw_only=True):
    """The JSON state that a version carries."""

    form: Form
    features: tuple[Feature, ...]

    @property
    def kinds(self) -> dict[str, str]:
        """The columns that are read, and as what."""
        return {feature.column: _KINDS[type(feature)] for feature in self.features}

    @property
    def categorical(self) -> list[int]:
        """Indices of the matrix columns that hold codes (in the ``codes`` form a column is a feature)."""
        return [i for i, feature in enumerate(self.features) if isinstance(feature, CategoryFeature)]


_KINDS: dict[type, str] = {NumberFeature: "number", CategoryFeature: "category", CalendarFeature: "time"}


def kinds_of(wanted: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """How each column of the YAML's features is read: as ``number``, ``category`` or ``time``.

    >>> kinds_of({"distance": ("number",), "time_hour": ("hour", "month")})
    {'distance': 'number', 'time_hour': 'time'}
    """
    return {name: kinds[0] if kinds[0] in ("number", "category") else "time" for name, kinds in wanted.items()}


def fit(form: Form, wanted: Mapping[str, tuple[str, ...]], columns: Columns, zone: str) -> Encoding:
    """Learn the encoding from training rows.

    Parameters
    ----------
    wanted : feature kinds by column, as the YAML says them.
    columns : the training rows, each column of length n.
    zone : IANA name for calendar parts.
    """
    return Encoding(form=form, features=tuple(_fit_all(wanted, columns, zone)))


def _fit_all(wanted: Mapping[str, tuple[str, ...]], columns: Columns, zone: str) -> Iterator[Feature]:
    for name, kinds in wanted.items():
        for kind in kinds:
            if kind == "number":
                yield _fit_number(name, cast(Matrix, columns[name]))
            elif kind == "category":
                yield _fit_category(name, cast(Levels, columns[name]))
            else:
                yield CalendarFeature(column=name, part=kind, zone=zone)


def _fit_number(name: str, values: Matrix) -> NumberFeature:
    known = values[np.isfinite(values)]
    center = float(np.median(known)) if known.size else 0.0
    spread = float(np.std(known)) if known.size else 0.0
    return NumberFeature(column=name, center=center, scale=spread or 1.0, flag=known.size < values.size)


def _fit_category(name: str, values: Levels) -> CategoryFeature:
    counts = np.bincount(values.codes[values.codes >= 0], minlength=len(values.levels)).tolist()
    seen = {level: count for level, count in sorted(zip(values.levels, counts, strict=True)) if count}
    frequent = set(sorted(seen, key=lambda level: -seen[level])[:MOST_LEVELS])
    return CategoryFeature(
        column=name,
        levels=tuple(level for level in seen if level in frequent),
        rare=tuple(level for level in seen if level not in frequent),
    )


def transform(encoding: Encoding, columns: Columns) -> Matrix:
    """The (n, m) matrix of n raw records; the same records give the same numbers at training and at serving."""
    blocks = _CODES if encoding.form == "codes" else _DENSE
    made = (blocks[type(feature)](feature, columns[feature.column]) for feature in encoding.features)
    if encoding.form == "dense":
        return np.column_stack(list(made))
    matrix = np.empty((row_count(columns), len(encoding.features)))  # filled, not stacked: half the memory
    for place, values in enumerate(made):
        matrix[:, place] = values
    return matrix


def _codes_of(feature: CategoryFeature, values: Levels) -> Matrix:
    codes = {level: float(code) for code, level in enumerate(feature.levels)}
    codes |= dict.fromkeys(feature.rare, float(len(feature.levels)))
    lookup = np.array([*(codes.get(level, np.nan) for level in values.levels), np.nan])  # −1 takes the last: missing
    return lookup[values.codes]


def _part_of(feature: CalendarFeature, times: NDArray[np.datetime64]) -> Matrix:
    return part(feature.part, times, feature.zone)


def _as_is(_: NumberFeature, values: Matrix) -> Matrix:
    return values


def _scaled(feature: NumberFeature, values: Matrix) -> Matrix:
    known = np.isfinite(values)
    scaled = (np.where(known, values, feature.center) - feature.center) / feature.scale
    return np.column_stack([scaled, ~known]) if feature.flag else scaled[:, None]


def _one_hot(codes: Matrix, width: int) -> Matrix:
    """A column a value; NaN is a row of zeros."""
    return np.asarray(codes[:, None] == np.arange(width), dtype=np.float64)


def _dense_category(feature: CategoryFeature, values: Levels) -> Matrix:
    return _one_hot(_codes_of(feature, values), len(feature.levels) + bool(feature.rare))


def _dense_calendar(feature: CalendarFeature, times: NDArray[np.datetime64]) -> Matrix:
    first, width = SPANS[feature.part]
    values = _part_of(feature, times) - first
    if width <= 31:
        return _one_hot(values, width)
    angle = 2 * np.pi * np.nan_to_num(values) / width
    return np.column_stack([np.sin(angle), np.cos(angle)])


_CODES: dict[type, Any] = {NumberFeature: _as_is, CategoryFeature: _codes_of, CalendarFeature: _part_of}
_DENSE: dict[type, Any] = {NumberFeature: _scaled, CategoryFeature: _dense_category, CalendarFeature: _dense_calendar}
