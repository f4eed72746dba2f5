"""What is kept of a window, a part of its rows at a time: counts, estimates, rows drawn by day, rows with labels.

Parts add up: a window of any number of rows is looked at in the memory of a part and 8 bytes a row. However it is cut,
counts and drawn rows are the same, and estimates up to rounding.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.features import Levels
from keepfit.monitor.bins import Bins, Counts, rows_by_bin
from keepfit.monitor.chosen import MOST_LABELLED, Chosen, Measured
from keepfit.monitor.estimates import Estimates
from keepfit.monitor.multivariate import Part, drawn_by_day, least_by_day, values_of
from keepfit.monitor.reference import LABEL, Reference, feature_bins, label_column, scores, taken
from keepfit.monitor.residuals import Residuals, added, residuals_of

Days = NDArray[np.int64]
_MOST_NEW = 1_000  # levels of a column that nobody knew and that are counted by name


class Answers(NamedTuple):
    """Rows of a part, n of them, as a monitor is given them.

    ``columns`` are what the model reads, as `keepfit.features` reads it, ``days`` (n,) UTC since 1970, ``answers``
    (n, k) or (n,) what the model says. ``labels`` (m,) are known of the rows at ``labelled`` (m,); ``others`` (m, k) or
    (m,) is what another version says to these.
    """

    columns: Mapping[str, Any]
    days: Days
    answers: Any
    labelled: NDArray[np.intp]
    labels: Any
    others: Any = None


class Drawn(NamedTuple):
    """Rows that are kept to tell columns apart together, and the keys (m,) that drew them."""

    rows: Part
    keys: NDArray[np.float64]


class Tallied(NamedTuple):
    """A window as a whole.

    ``counts`` are rows by bin of each column of the reference, features, answers and label; ``drawn`` rows tell columns
    apart together; ``estimated`` is performance by metric, as it will probably turn out; ``measured`` are rows with
    labels, all ``labelled`` ones of them or so many by chance; ``residuals`` are those of all of them. ``new`` are rows
    by level that the reference does not know, of each column that has any: of very many the commonest.
    """

    rows: int
    counts: tuple[Counts, ...]
    drawn: Part
    estimated: Mapping[str, float | None]
    measured: Measured
    labelled: int
    residuals: Residuals | None = None
    new: Mapping[str, Mapping[str, int]] = MappingProxyType({})


def tallied(reference: Reference, parts: Iterable[Answers], most_labelled: int = MOST_LABELLED) -> Tallied:
    """A window of parts, which are looked at once, in their order.

    Parameters
    ----------
    most_labelled
        How many rows with labels are kept to be measured.
    """
    draw, chosen, estimates = np.random.default_rng([1, 0]), Chosen(most_labelled), Estimates(reference)
    residuals: Residuals | None = None
    new: dict[str, Counter[str]] = {}
    counts, rows = [np.zeros(each.bins.count, np.int64) for each in reference.columns], 0
    drawn = Drawn(Part(np.zeros(0, np.int64), np.zeros((0, len(feature_bins(reference))))), np.zeros(0))
    for part in parts:
        counts = [total + more for total, more in zip(counts, _by_column(reference, part), strict=True)]
        drawn = merged(reference, drawn, drawn_from(reference, part.columns, part.days, draw))
        estimates.add(part.answers)
        chosen.add(part.labels, part.answers[part.labelled], part.days[part.labelled], part.others)
        residuals = _with(residuals, labelled_residuals(reference, part))
        _count_new(new, reference, part.columns)
        rows += len(part.days)
    return Tallied(rows, tuple(counts), drawn.rows, estimates.values(), chosen.measured(), chosen.seen, residuals, new)


def _count_new(found: dict[str, Counter[str]], reference: Reference, columns: Mapping[str, Any]) -> None:
    for name, bins in feature_bins(reference).items():
        if name in columns and bins.unseen is not None:
            more = new_levels(bins, columns[name])
            if more:
                found[name] = Counter(dict((found.get(name, Counter()) + more).most_common(_MOST_NEW)))


def new_levels(bins: Bins, column: Levels) -> Counter[str]:
    """Rows by level that has no bin, of one part.

    >>> known = Bins(kind="category", levels=("EWR",), rare=("LGA",))
    >>> new_levels(known, Levels(np.array([1, 0, 1, -1]), ("EWR", "ZZ")))
    Counter({'ZZ': 2})
    """
    rows = np.bincount(column.codes[column.codes >= 0], minlength=len(column.levels)).tolist()
    known = {*bins.levels, *bins.rare}
    return Counter(
        {level: count for level, count in zip(column.levels, rows, strict=True) if count and level not in known}
    )


def labelled_residuals(reference: Reference, part: Answers) -> Residuals | None:
    """The residuals of rows with labels; None where the reference, of an earlier build, has none."""
    if reference.concept is None:
        return None
    wanted = {each.name for each in reference.concept.relations}
    given = {**part.columns, **dict(scores(np.asarray(part.answers), reference.classes, feature_bins(reference)))}
    answered = [each for each in reference.columns if each.kind != "label"]  # a feature may have the label's name
    bins = {each.name: each.bins for each in answered if each.name in wanted and each.name in given}
    known = {name: taken(given[name], part.labelled) for name in bins}
    return residuals_of(bins, known, part.days[part.labelled], part.labels, part.answers[part.labelled])


def _with(total: Residuals | None, more: Residuals | None) -> Residuals | None:
    return more if total is None or more is None else added([total, more])


def _by_column(reference: Reference, part: Answers) -> Iterator[Counts]:
    """Rows by bin, for each column of the reference; none of what is not there."""
    given: dict[tuple[str, str], Any] = {("feature", name): column for name, column in part.columns.items()}
    if len(part.answers):
        told = scores(part.answers, reference.classes, feature_bins(reference))
        given |= {("score", name): column for name, column in told}
    if len(part.labels):
        given[("label", LABEL)] = label_column(part.labels, reference.classes)
    for each in reference.columns:
        column = given.get((each.kind, each.name))
        yield np.zeros(each.bins.count, np.int64) if column is None else rows_by_bin(each.bins, column)


def drawn_from(reference: Reference, columns: Mapping[str, Any], days: Days, draw: np.random.Generator) -> Drawn:
    """Draw rows of a part.

    Parameters
    ----------
    columns
        What the model reads, as `keepfit.features` reads it. Where one of the reference's is missing none is drawn:
        there is nothing to tell rows apart by.
    days
        The UTC day of each row since 1970, (n,).
    draw
        Handed on from part to part, so that the same rows are drawn however a window is cut.
    """
    bins = feature_bins(reference)
    if not days.size or not bins.keys() <= columns.keys():
        return Drawn(Part(days[:0], np.zeros((0, len(bins)))), np.zeros(0))
    rows, keys = drawn_by_day(days, reference.length, draw)
    return Drawn(Part(days[rows], values_of([(each, columns[name]) for name, each in bins.items()], rows)), keys)


def merged(reference: Reference, one: Drawn, other: Drawn) -> Drawn:
    """Rows drawn from two parts as if they had been drawn at once."""
    days, keys = np.concatenate([one.rows.days, other.rows.days]), np.concatenate([one.keys, other.keys])
    rows = least_by_day(days, keys, reference.length)
    return Drawn(Part(days[rows], np.vstack([one.rows.values, other.rows.values])[rows]), keys[rows])
