"""Baselines that know no features: what a model must be better than to be worth anything.

Learnt from the training side and carried by the version: the class shares or the mean; the last label that was known,
as far as it says something about the next one; the newest week of training by weekday and hour; the newest year by day,
52 weeks earlier so that weekdays agree. They answer for unseen rows with what was known at the time of each row, and
nothing later.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepfit import features
from keepfit.records import Record

Predictions = NDArray[np.float64]
MOST_CLASSES = 20  # beyond, a table of rows by classes costs more than such a baseline is worth
PRIOR_ROWS = 5.0  # as many rows of the overall shares are added to a cell, so that no class has the chance nought
_DAY = np.timedelta64(1, "D")
_WEEK = 7 * _DAY
_HOURS = 168
_DAYS = 364  # 52 weeks


class Naive(Record, frozen=True, kw_only=True):
    """The baselines as numbers. Versions of earlier builds carry ``values`` alone.

    ``values`` are the training share of each class, or the training mean. ``last_weight`` and ``entity_weight`` say how
    far the last known label, of all rows and of the same entity, moves the answer away from them (0: not at all, and
    no baseline); ``newest`` is the label of the newest training rows. ``season`` has a row of values for each hour of
    the week, Monday first, ``year`` one for each day of 52 weeks, by days since 1970 modulo 364; both are empty where
    training was too short.
    """

    values: tuple[float, ...]
    last_weight: float = 0.0
    entity_weight: float = 0.0
    newest: tuple[float, ...] = ()
    season: tuple[tuple[float, ...], ...] = ()
    year: tuple[tuple[float, ...], ...] = ()

    def predict(self, rows: int) -> Predictions:
        """Class shares (rows, k) of k classes, or the mean (rows,)."""
        return _shaped(np.tile(np.asarray(self.values, dtype=np.float64), (rows, 1)))


@dataclass(frozen=True, slots=True, eq=False)
class Dated:
    """Labels of n rows and when they were.

    Parameters
    ----------
    labels
        (n,) class indices (-1: unknown to the model), or values.
    times
        (n,) ``datetime64`` in UTC, or None where rows have no time.
    zone
        IANA name; hours and weekdays are local.
    known_after
        How long after its time a label is known.
    entities
        (n,) integers, equal for rows of one entity; None where rows belong to none.
    """

    labels: Any
    times: Any
    zone: str = "UTC"
    known_after: timedelta = timedelta(0)
    entities: Any = None


def naive_of(rows: Dated, classes: int) -> Naive:
    """Learn the baselines from the training side; ``classes`` is 0 for regression.

    Examples
    --------
    >>> naive_of(Dated(np.array([0, 0, 1]), None), classes=2).values
    (0.6666666666666666, 0.3333333333333333)
    >>> days = np.datetime64("2024-01-01", "us") + np.arange(30) * np.timedelta64(1, "D")
    >>> walk = naive_of(Dated(np.arange(30.0), days), classes=0)
    >>> walk.values, walk.newest, round(walk.last_weight, 2), walk.season[0]
    ((14.5,), (29.0,), 0.99, (28.0,))
    """
    table = _table(rows.labels, classes)
    centre = table.mean(axis=0)
    values = tuple(centre.tolist())
    if rows.times is None or classes > MOST_CLASSES:
        return Naive(values=values)
    times = np.asarray(rows.times).astype("datetime64[us]")
    return Naive(
        values=values,
        last_weight=_weight(table, _last_known(table, times, rows.known_after, None), centre),
        entity_weight=0.0
        if rows.entities is None
        else _weight(table, _last_known(table, times, rows.known_after, np.asarray(rows.entities)), centre),
        newest=tuple(table[times == times.max()].mean(axis=0).tolist()),
        season=_season(table, times, rows.zone, centre, classes),
        year=_year(table, times, rows.zone, centre, classes),
    )


def baselines(naive: Naive, rows: Dated) -> dict[str, Predictions]:
    """What each baseline says of unseen rows, by name: (n, k) class shares, or (n,) values; the plain one first."""
    size, classes = len(rows.labels), len(naive.values) if len(naive.values) > 1 else 0
    found = {"class shares" if classes else "mean": naive.predict(size)}
    if rows.times is None or not naive.newest or not size:
        return found
    times, centre = np.asarray(rows.times).astype("datetime64[us]"), np.asarray(naive.values)
    table = _table(rows.labels, classes, centre)
    for name, weight, entities, before in (
        ("last label", naive.last_weight, None, np.asarray(naive.newest)),
        ("last label of the entity", naive.entity_weight, rows.entities, centre),
    ):
        if weight > 0 and (entities is not None or name == "last label"):
            last = _last_known(table, times, rows.known_after, None if entities is None else np.asarray(entities))
            last = np.where(np.isnan(last), before, last)
            found[name] = _shaped(centre + weight * (last - centre))
    if naive.season:
        found["last season"] = _shaped(np.asarray(naive.season)[_hour_of_week(times, rows.zone)])
    if naive.year:
        found["last year"] = _shaped(np.asarray(naive.year)[_day_of_year(times, rows.zone)])
    return found


def _shaped(answer: Predictions) -> Predictions:
    return answer if answer.shape[1] > 1 else np.asarray(answer[:, 0], np.float64)


def _table(labels: Any, classes: int, unknown: Predictions | None = None) -> Predictions:
    """One column a class, 1 where a row has it (``unknown`` where it has none of them), or the values as one column."""
    labels = np.asarray(labels)
    if not classes:
        return np.asarray(labels, np.float64)[:, None]
    table: Predictions = np.asarray(labels[:, None] == np.arange(classes), np.float64)
    if unknown is not None:
        table[labels < 0] = unknown
    return table


def _last_known(table: Predictions, times: Any, known_after: timedelta, entities: Any) -> Predictions:
    """The newest label (of the same entity) that was known before each row, (n, k); the mean of several of one time.

    NaN where none was known.
    """
    moments, rank = np.unique(times, return_inverse=True)
    own = np.zeros(times.size, np.int64) if entities is None else np.unique(entities, return_inverse=True)[1]
    key = own * moments.size + rank
    keys, place, count = np.unique(key, return_inverse=True, return_counts=True)
    means = np.column_stack([np.bincount(place, weights=column) / count for column in table.T])
    until = np.searchsorted(moments, times - np.timedelta64(known_after), "left") - 1
    at = np.searchsorted(keys, own * moments.size + until, "right") - 1
    known = (until >= 0) & (at >= 0) & (keys[np.maximum(at, 0)] // moments.size == own)
    return np.where(known[:, None], means[np.maximum(at, 0)], np.nan)


def _weight(table: Predictions, last: Predictions, centre: Predictions) -> float:
    """The weight of the last label that is best by least squares; below 1 for classes, where nothing is sure."""
    known = ~np.isnan(last[:, 0])
    moved = last[known] - centre
    size = float((moved * moved).sum())
    if not size > 0:
        return 0.0
    weight = float(((table[known] - centre) * moved).sum()) / size
    return min(max(weight, 0.0), 1.0 if table.shape[1] == 1 else 0.95)


def _season(
    table: Predictions, times: Any, zone: str, centre: Predictions, classes: int
) -> tuple[tuple[float, ...], ...]:
    """The newest week by hour of the week; nothing where training is shorter than two weeks."""
    newest = times.max()
    if newest - times.min() < 2 * _WEEK - _DAY:
        return ()
    recent = times > newest - _WEEK
    return _by_cell(table[recent], _hour_of_week(times[recent], zone), _HOURS, centre, classes)


def _year(
    table: Predictions, times: Any, zone: str, centre: Predictions, classes: int
) -> tuple[tuple[float, ...], ...]:
    """The newest 52 weeks by day; nothing where training is shorter, since some day would have no year before it."""
    newest = times.max()
    if newest - times.min() < (_DAYS - 1) * _DAY:
        return ()
    recent = times > newest - _DAYS * _DAY
    return _by_cell(table[recent], _day_of_year(times[recent], zone), _DAYS, centre, classes)


def _by_cell(
    table: Predictions, cell: NDArray[np.int64], cells: int, centre: Predictions, classes: int
) -> tuple[tuple[float, ...], ...]:
    """The mean of each cell; of classes with some rows of the overall shares added, so that none has no chance."""
    prior = PRIOR_ROWS if classes else 0.0
    count = np.bincount(cell, minlength=cells)[:, None] + prior
    sums = np.column_stack([np.bincount(cell, weights=column, minlength=cells) for column in table.T])
    means = np.where(count > 0, (sums + prior * centre) / np.maximum(count, 1e-300), centre)
    return tuple(tuple(row) for row in means.tolist())


def _hour_of_week(times: Any, zone: str) -> NDArray[np.int64]:
    """0 for the hour after midnight of a Monday, local, to 167."""
    hours = features.local(times, zone).astype("datetime64[h]").astype(np.int64)
    return np.asarray((hours + 72) % _HOURS, np.int64)  # the first of January 1970 was a Thursday


def _day_of_year(times: Any, zone: str) -> NDArray[np.int64]:
    """The local day, modulo 52 weeks: equal for days that are 52 weeks apart."""
    return np.asarray(features.local(times, zone).astype("datetime64[D]").astype(np.int64) % _DAYS, np.int64)
