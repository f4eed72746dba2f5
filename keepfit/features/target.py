"""Categories by what labels say about them: cross-fitted at training, from all training rows at serving.

A level's mean is drawn towards that of all rows by empirical Bayes: between-level variance τ² and within-level variance
σ² by the method of moments of one-way random effects (Searle, Casella & McCulloch 1992, Variance Components, ch. 3),
weight of a level with n rows n τ² / (n τ² + σ²). Labels that have nothing to do with the levels give τ² = 0.
Training rows get means of other rows only (Micci-Barreca 2001, SIGKDD Explorations 3:27, cross-fitted): no row tells a
model its own label. They are drawn towards the mean of all rows, so the value does not name the fold either.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.features.columns import CrossFitted, Levels
from keepfit.features.form import Form
from keepfit.features.lookup import places
from keepfit.records import Record

Numbers = NDArray[np.float64]

FOLDS = 5


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

    def fill(self, form: Form, values: Levels | CrossFitted, out: Numbers) -> None:
        """The value of each row's level; a cross-fitted row brings its own."""
        found = values.values if isinstance(values, CrossFitted) else self._of_levels(values)
        out[:] = found if form == "codes" else (found - np.array(self.prior)) / np.array(self.scale)

    def _of_levels(self, values: Levels) -> Numbers:
        where = places(values.levels, self.levels)
        rows = [self.prior if place < 0 else self.values[place] for place in where.tolist()]
        return np.array([*rows, self.missing])[values.codes]  # −1 takes the last: missing


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
        scale=tuple(np.where((spread > 0) & np.isfinite(spread), spread, 1.0).tolist()),
    )


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
    places_ = np.where(codes < 0, levels, codes)
    counts = np.bincount(places_, minlength=levels + 1).astype(np.float64)
    return np.column_stack(
        [prior[k] + _drawn(places_, counts, answers[:, k] - prior[k]) for k in range(answers.shape[1])]
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
