"""What a version takes along, so that a window can be held against the time that it was made from.

Of every column that the model reads, of its answers and of the label: rows by day and bin. Of several at once: a sample
of at most 10,000 rows, with what the model answered without having seen them. Of performance: realised and estimated
figures of every stretch as long as a window, on rows of which the model had not learnt. And what is usual of all that,
so that a monitor reads a megabyte and never the training data.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.config.metrics import Task
from keepfit.features import Levels
from keepfit.monitor import links, multivariate
from keepfit.monitor.bins import Bins, bins_of, by_day
from keepfit.monitor.concept import Concept, concept_of
from keepfit.monitor.drift import LEAST_ROWS, Calibration, calibrated, of_stretches
from keepfit.monitor.multivariate import Part, Sample, drawn_by_day, sample_of, space_of, values_of
from keepfit.monitor.performance import Losses, Stretch, losses_of, stretches_of
from keepfit.monitor.standstill import Distinct, distinct_of
from keepfit.records import Record
from keepfit.records.monitoring import Kind

if TYPE_CHECKING:
    from keepfit.config.monitor import Monitor

Days = NDArray[np.int64]
Signal = Literal["drift", "missing", "unseen", "multivariate", "link"]

LABEL = "label"


class Watched(Record, frozen=True, kw_only=True):
    """A column: its bins, and rows by day and bin, (d, k), from the reference's first day on."""

    name: str
    kind: Kind
    bins: Bins
    daily: tuple[tuple[int, ...], ...]


class Asked(Record, frozen=True, kw_only=True):
    """A signal: of which column (by its place; None: of all features at once) what is looked at."""

    column: int | None
    signal: Signal


class Reference(Record, frozen=True, kw_only=True):
    """The time that a version was made from.

    ``first`` is its first day (since 1970, UTC), ``length`` the days of a window; ``usual`` is by signal, in the order
    of ``signals``. ``rows`` is the median of stretches that have any. ``losses`` are there for regression; versions
    of earlier builds have no ``sample``, and none of ``concept`` or ``distinct``.
    """

    use_case: str
    task: Task
    classes: tuple[str, ...]
    first: int
    length: int
    false_alarms: float
    columns: tuple[Watched, ...]
    signals: tuple[Asked, ...]
    usual: Calibration
    rows: float
    stretches: tuple[Stretch, ...]
    losses: Losses | None = None
    sample: Sample | None = None
    concept: Concept | None = None
    distinct: Distinct | None = None


def feature_bins(reference: Reference) -> dict[str, Bins]:
    """The bins of what the model reads, by name."""
    return {each.name: each.bins for each in reference.columns if each.kind == "feature"}


class Rows(NamedTuple):
    """Rows of the reference: days (n,) since 1970, the columns that the model reads, and labels (n,)."""

    days: Days
    columns: Mapping[str, Any]
    labels: Any


class Answered(NamedTuple):
    """Rows of which the model had not learnt: days (m,), labels (m,) and what it answers, (m, k) or (m,).

    ``places`` (m,) are those of `Rows`; None: not known.
    """

    days: Days
    labels: Any
    answers: Any
    places: NDArray[np.intp] | None = None


def reference_of(
    use_case: str, task: Task, classes: tuple[str, ...], rows: Rows, answered: Answered, asked: "Monitor"
) -> Reference:
    """The reference of a version.

    Examples
    --------
    >>> from keepfit.config.monitor import Monitor
    >>> days, draw = np.repeat(np.arange(200), 50), np.random.default_rng(1)
    >>> values = draw.normal(size=days.size)
    >>> rows, answered = Rows(days, {"a": values}, values), Answered(days, values, values)
    >>> made = reference_of("x", "regression", (), rows, answered, Monitor())
    >>> [column.name for column in made.columns], made.usual.stretches, len(made.stretches)
    (['a', 'score', 'label'], 28, 194)
    """
    first, count = int(rows.days.min()), int(rows.days.max() - rows.days.min() + 1)
    length = asked.window.days
    named: list[tuple[str, Kind, Any, Days]] = [
        *((name, "feature", column, rows.days) for name, column in rows.columns.items()),
        *((name, "score", column, answered.days) for name, column in scores(answered.answers, classes, rows.columns)),
        (LABEL, "label", label_column(rows.labels, classes), rows.days),
    ]
    watched = [_watched(*each, first, count) for each in named]
    signals, distances = _signals(watched, [column for _, _, column, _ in named], rows.days - first, length)
    bins = {each.name: each.bins for each in watched if each.kind == "feature"}
    sample, together, distinct = _together(bins, rows, answered, (first, count, length))
    if bins:
        signals += [Asked(column=None, signal="multivariate"), Asked(column=None, signal="link")]
        distances = np.vstack([distances, together])
    losses = losses_of(answered.labels, answered.answers) if task == "regression" else None
    stretches = stretches_of(task, answered.days, answered.labels, answered.answers, length, losses)
    perday = _moving(np.bincount(rows.days - first, minlength=count), length)
    return Reference(
        use_case=use_case,
        task=task,
        classes=classes,
        first=first,
        length=length,
        false_alarms=asked.false_alarms,
        columns=tuple(watched),
        signals=tuple(signals),
        usual=calibrated(distances, length, asked.false_alarms),
        rows=float(np.median(perday[perday > 0])),  # a row with a date far off leaves stretches without any between
        stretches=stretches,
        losses=losses,
        sample=sample,
        concept=_concept(watched, rows, answered, classes, stretches, asked),
        distinct=distinct,
    )


def _concept(
    watched: Sequence[Watched],
    rows: Rows,
    answered: Answered,
    classes: tuple[str, ...],
    stretches: Sequence[Stretch],
    asked: "Monitor",
) -> Concept:
    """How labels follow inputs on the rows that were answered; where these are not known, how they follow answers."""
    known = dict(scores(answered.answers, classes, rows.columns))
    if answered.places is not None:
        known |= {name: taken(column, answered.places) for name, column in rows.columns.items()}
    bins = {each.name: each.bins for each in watched if each.kind != "label" and each.name in known}
    answers = answered.days, answered.labels, answered.answers
    return concept_of(bins, known, answers, stretches, asked.window.days, asked.false_alarms)


def scores(answers: Any, classes: Sequence[str], features: Collection[str]) -> Iterator[tuple[str, Any]]:
    """What a model answers, as columns of numbers, none of which is called like one of ``features``.

    >>> [(name, column.tolist()) for name, column in scores(np.array([[0.2, 0.8]]), ("no", "yes"), ["age"])]
    [('score', [0.8])]
    >>> [name for name, _ in scores(np.array([[0.2, 0.7, 0.1]]), ("a", "b", "c"), ["score b"])]
    ['model score a', 'model score b', 'model score c']
    """
    columns = [answers] if answers.ndim == 1 else [answers[:, 1]] if len(classes) == 2 else [*answers.T]
    names = ["score"] if len(columns) == 1 else [f"score {name}" for name in classes]
    while not set(names).isdisjoint(features):
        names = [f"model {name}" for name in names]
    yield from zip(names, columns, strict=True)


def taken(column: Any, rows: NDArray[np.intp]) -> Any:
    """Some rows of a column as `keepfit.features` reads it."""
    return column._replace(codes=column.codes[rows]) if isinstance(column, Levels) else column[rows]


def label_column(labels: Any, classes: tuple[str, ...]) -> Any:
    """Labels as a column: levels where there are classes, numbers where there are none."""
    return Levels(np.asarray(labels, np.int32), classes) if classes else np.asarray(labels, np.float64)


def _together(
    bins: Mapping[str, Bins], rows: Rows, answered: Answered, span: tuple[int, int, int]
) -> tuple[Sample, NDArray[np.float64], Distinct | None]:
    """The sample; how far every stretch is from its other days over all features at once, and in links, (2, starts).

    And how different rows of a stretch are.
    """
    pairs = {name: (each, rows.columns[name]) for name, each in bins.items()}
    sample = sample_of(pairs, rows.days, rows.labels, _scored(rows.days.size, answered))
    if not pairs:
        return sample, np.full((2, span[1] - span[2] + 1 if span[1] > span[2] else 0), np.nan), None
    drawn, _ = drawn_by_day(rows.days, span[2], np.random.default_rng([1, 0]))
    pool = Part(rows.days[drawn], values_of(pairs.values(), drawn))
    space = space_of(sample, tuple(bins.values()))
    known = Part(sample.when, sample.matrix())
    linked = links.links_of(space, tuple(bins.values()), known.values)
    apart = multivariate.of_stretches(space, known, pool, *span)
    far = np.vstack([apart, links.of_stretches(linked, space, pool, *span)])
    return sample, far, distinct_of(pool, *span)


def _scored(rows: int, answered: Answered) -> NDArray[np.float64]:
    """What the model answers to each row without having seen it, (rows, k); NaN where it has."""
    answers = np.asarray(answered.answers, np.float64).reshape(len(answered.days), -1)
    found = np.full((rows, answers.shape[1]), np.nan)
    if answered.places is not None:
        found[answered.places] = answers
    return found


def _watched(name: str, kind: Kind, column: Any, days: Days, first: int, count: int) -> Watched:
    bins = bins_of(column)
    daily = by_day(bins, column, days - first, count)
    return Watched(name=name, kind=kind, bins=bins, daily=tuple(map(tuple, daily.tolist())))


def _signals(
    watched: Sequence[Watched], columns: Sequence[Any], days: Days, length: int
) -> tuple[list[Asked], NDArray[np.float64]]:
    """What is looked at, and how far every stretch is from all other days in that, (m, starts)."""
    signals, distances = [], []
    for place, (each, column) in enumerate(zip(watched, columns, strict=True)):
        drift, missing = of_stretches(np.array(each.daily), length)
        signals += [Asked(column=place, signal="drift")]
        distances += [drift]
        if each.kind == "feature":
            signals += [Asked(column=place, signal="missing")]
            distances += [missing]
        if each.kind == "feature" and each.bins.unseen is not None:
            signals += [Asked(column=place, signal="unseen")]
            distances += [unseen_by_stretch(column, days, len(each.daily), length)]
    return signals, np.array(distances)


def unseen_by_stretch(column: Levels, days: Days, count: int, length: int) -> NDArray[np.float64]:
    """The share of rows of every stretch whose level no other day has, (count - length + 1,).

    >>> unseen_by_stretch(Levels(np.array([0] * 60 + [1] * 30), ("a", "b")), np.repeat([0, 1, 2], 30), 3, 1).tolist()
    [0.0, 0.0, 1.0]
    """
    starts = count - length + 1
    if starts < 2:
        return np.zeros(0)
    codes, known = column.codes, column.codes >= 0
    first, last = np.full(len(column.levels), count), np.full(len(column.levels), -1)
    np.minimum.at(first, codes[known], days[known])
    np.maximum.at(last, codes[known], days[known])
    rows = np.bincount(codes[known], minlength=len(column.levels))
    new = np.zeros(starts + 1)
    within = np.flatnonzero((rows > 0) & (last - first < length))
    low, high = np.maximum(last[within] - length + 1, 0), np.minimum(first[within], starts - 1)
    np.add.at(new, low, rows[within])
    np.add.at(new, high + 1, -rows[within])
    total = _moving(np.bincount(days, minlength=count), length)
    return np.where(total < LEAST_ROWS, np.nan, np.cumsum(new)[:-1] / np.maximum(total, 1))


def _moving(daily: NDArray[Any], length: int) -> NDArray[Any]:
    sums = np.concatenate([[0], np.cumsum(daily)])
    return sums[length:] - sums[:-length] if sums.size > length else sums[-1:]
