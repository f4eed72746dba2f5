"""Categories by what labels say about them: cross-fitted at training, from all training rows at serving.

A level's mean is drawn towards that of all rows by empirical Bayes: between-level variance τ² and within-level variance
σ² by the method of moments of one-way random effects (Searle, Casella & McCulloch 1992, Variance Components, ch. 3),
weight of a level with n rows n τ² / (n τ² + σ²). Labels that have nothing to do with the levels give τ² = 0.
Training rows get means of other rows only (Micci-Barreca 2001, SIGKDD Explorations 3:27, cross-fitted): no row tells a
model its own label. They are drawn towards the mean of all rows, so the value does not name the fold either.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from keepfit.features.columns import Columns, CrossFitted, Levels, Records, text_of
from keepfit.features.form import Form, Room
from keepfit.records import Record

Numbers = NDArray[np.float64]

FOLDS = 5
_LITTLE = 1e-3  # of the labels' mean deviation


class Target(NamedTuple):
    """Labels of training rows (n,): indices of ``classes`` classes, or values where there are 0.

    Rows of one of the ``groups`` (n,), such as a customer, are in one fold.
    """

    labels: NDArray[np.int64] | Numbers
    classes: int
    seed: int
    groups: NDArray[np.uint64] | None = None


class TargetFeature(Record, frozen=True, kw_only=True, tag="target"):
    """What labels say about each level: a mean (k,), or the shares of classes (of two only that of the second).

    A missing level has its own; an unseen one gets that of all rows, ``prior``. ``scale`` serves the dense form.
    """

    column: str
    levels: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    missing: tuple[float, ...]
    prior: tuple[float, ...]
    scale: tuple[float, ...]

    def width(self, form: Form) -> int:  # noqa: ARG002
        """Matrix columns."""
        return len(self.prior)

    def scaled(self, form: Form, values: Numbers) -> Numbers:
        """What labels say, as it stands in the matrix."""
        return values if form == "codes" else (values - np.array(self.prior)) / np.array(self.scale)


class TargetBlock:
    """One such feature on its way to the matrix, where it begins at column ``start``."""

    def __init__(self, form: Form, feature: TargetFeature, start: int) -> None:
        self._form, self._feature = form, feature
        self._at = slice(start, start + feature.width(form))
        self._places = {level: place for place, level in enumerate(feature.levels)}
        numbers = np.array([*feature.values, feature.missing, feature.prior])  # the last: unseen
        self._numbers = feature.scaled(form, numbers)

    def of_records(self, records: Records) -> Numbers:
        """What labels say of each, (n, k)."""
        name = self._feature.column
        return self._numbers[[self._place(record.get(name)) for record in records]]

    def _place(self, value: Any) -> int:
        return -2 if value is None else self._places.get(text_of(value), -1)

    def of_columns(self, columns: Columns) -> Callable[[slice], Numbers]:
        """The same of some rows of a table; a cross-fitted row brings its own."""
        read = cast(Levels | CrossFitted, columns[self._feature.column])
        if isinstance(read, CrossFitted):
            return lambda rows: self._feature.scaled(self._form, read.values[rows])
        places = np.array([*map(self._place, read.levels), -2])
        return lambda rows: self._numbers[places[read.codes[rows]]]  # −1 takes the last: missing

    def fill(self, values: Numbers, room: Room) -> None:
        """Write them down."""
        room.rows[:, self._at] = values


def fit_target(name: str, values: Levels, target: Target) -> TargetFeature:
    """The means of all levels, from all training rows."""
    answers = _answers(target)
    prior = answers.mean(axis=0)
    found = _means(values.codes, len(values.levels), answers, prior)
    spread = found[values.codes].std(axis=0)
    seen = np.unique(values.codes[values.codes >= 0]).tolist()
    ordered = sorted(seen, key=values.levels.__getitem__)
    return TargetFeature(
        column=name,
        levels=tuple(values.levels[code] for code in ordered),
        values=tuple(tuple(row) for row in found[ordered].tolist()),
        missing=tuple(found[-1].tolist()),
        prior=tuple(prior.tolist()),
        scale=_scale(spread, np.abs(answers - prior).mean(axis=0)),
    )


def _scale(spread: Numbers, usual: Numbers) -> tuple[float, ...]:
    """The spread of what levels say, or of the labels where that is next to nothing.

    Levels that say nothing have a spread of rounding errors, and by folds they may seem to say something.

    >>> _scale(np.array([0.1, 1e-17, np.inf]), np.array([0.5, 0.5, 0.0]))
    (0.1, 0.5, 1.0)
    """
    scale = np.where(np.isfinite(spread) & (spread > _LITTLE * usual), spread, usual)
    return tuple(np.where(np.isfinite(scale) & (scale > 0), scale, 1.0).tolist())


def cross_fit(values: Levels, target: Target) -> CrossFitted:
    """The same for the training rows themselves: each gets the mean that the other folds' rows give its level."""
    answers, folds = _answers(target), _folds(target)
    prior = answers.mean(axis=0)
    found = np.empty_like(answers)
    for fold in range(FOLDS):
        own = folds == fold
        means = _means(values.codes[~own], len(values.levels), answers[~own], prior)
        found[own] = means[values.codes[own]]
    return CrossFitted(values.codes, values.levels, found)


def _answers(target: Target) -> Numbers:
    """Labels as numbers, (n, k)."""
    if target.classes == 0:
        return np.asarray(target.labels, np.float64)[:, None]
    first = 1 if target.classes == 2 else 0
    return np.asarray(target.labels[:, None] == np.arange(first, target.classes), np.float64)


def _folds(target: Target) -> NDArray[np.intp]:
    """The fold of each training row, (n,), by chance alone."""
    random = np.random.default_rng(target.seed)
    if target.groups is None:
        return random.permutation(len(target.labels)) % FOLDS
    names, where = np.unique(target.groups, return_inverse=True)
    return (random.permutation(len(names)) % FOLDS)[where]


def _means(codes: NDArray[np.int32], levels: int, answers: Numbers, prior: Numbers) -> Numbers:
    """Means by level, drawn towards ``prior``: (levels + 1, k), of which the last is that of missing ones."""
    rows_of = np.where(codes < 0, levels, codes)
    counts = np.bincount(rows_of, minlength=levels + 1).astype(np.float64)
    return np.column_stack(
        [prior[k] + _drawn(rows_of, counts, answers[:, k] - prior[k]) for k in range(answers.shape[1])]
    )


def _drawn(codes: NDArray[np.intp], counts: Numbers, errors: Numbers) -> Numbers:
    """How far each level's mean is taken to be from that of all rows, (levels,).

    One row that varies as all rows do stands for those that are not there where hardly a level has two.
    """
    rows, seen = counts.sum(), int((counts > 0).sum())
    most = float(np.abs(errors).max(initial=0.0))
    if seen < 2 or most == 0 or not np.isfinite(most):
        return np.zeros(len(counts))
    errors = errors / most  # squares of large labels must stay numbers
    means = np.bincount(codes, errors, len(counts)) / np.maximum(counts, 1)
    around = float(np.mean(np.square(errors)))
    within = (float(np.sum(np.square(errors - means[codes]))) + around) / (rows - seen + 1)
    center = float(np.mean(errors))
    among = float(np.sum(counts * np.square(means - center))) / (seen - 1)
    size = (rows - np.sum(np.square(counts)) / rows) / (seen - 1)
    between = max(0.0, (among - within) / size)
    weight = counts * between / (counts * between + within) if within > 0 else np.minimum(counts, 1.0)
    return np.asarray(most * weight * means, np.float64)
