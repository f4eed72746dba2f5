"""The rules that give every row a side: the newest stretch, a hash of the key, or the same share of every class.

An entity (a patient, a customer) that `split.entity` names is never on both sides.
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.config.model import UseCase
from keepfit.errors import IntegrityError
from keepfit.split.hashes import key_places, row_hashes

if TYPE_CHECKING:
    import pyarrow as pa

TRAIN, HOLDOUT, LEFT_OUT = 0, 1, 2
APART = "of an entity that is in the holdout"

Sides = NDArray[np.uint8]


class Ruled(NamedTuple):
    """The side of each row (n,), how many rows which rule left out, and the moments of a split by time."""

    sides: Sides
    left_out: dict[str, int]
    train_until: datetime | None = None
    holdout_from: datetime | None = None
    holdout_until: datetime | None = None


def ruled(table: "pa.Table", use_case: UseCase) -> Ruled:
    """Give every row its side by the rule of the YAML; copies are not looked for here."""
    return _by_time(table, use_case) if use_case.split.by == "time" else _by_key(table, use_case)


def wait(use_case: UseCase) -> timedelta:
    """How long before what judges it training ends: until labels were known, and ``split.gap`` more."""
    return use_case.data.label.known_after + use_case.split.gap


def _by_time(table: "pa.Table", use_case: UseCase) -> Ruled:
    import pyarrow as pa

    rule, event_time = use_case.split, use_case.data.event_time
    if event_time is None or not isinstance(rule.holdout, timedelta):  # config has checked both
        raise IntegrityError("a split by time needs an event time and a duration")
    times = table.column(event_time).cast(pa.int64()).to_numpy()  # microseconds, UTC
    newest = int(times.max())
    start = newest + 1 - _microseconds(rule.holdout)
    known, until = start - _microseconds(use_case.data.label.known_after), start - _microseconds(wait(use_case))
    sides = np.where(times >= start, HOLDOUT, np.where(times < until, TRAIN, LEFT_OUT)).astype(np.uint8)
    late = (times >= known) & (times < start)
    left = {
        "in the gap before the holdout": int(np.sum((sides == LEFT_OUT) & ~late)),
        "label known too late to train on": int(np.sum(late)),
    }
    if rule.entity:
        entities = row_hashes(table, rule.entity)
        both = (sides == TRAIN) & np.isin(entities, np.unique(entities[sides == HOLDOUT]))
        sides[both] = LEFT_OUT
        left[APART] = int(both.sum())
    return Ruled(sides, left, _moment(until), _moment(start), _moment(newest + 1))


def _by_key(table: "pa.Table", use_case: UseCase) -> Ruled:
    rule = use_case.split
    if isinstance(rule.holdout, timedelta):  # config has checked it
        raise IntegrityError("a split by key needs a share")
    places = key_places(table, rule.entity or use_case.data.key)
    if rule.stratify:
        held = _lowest_of_each(places, row_hashes(table, [use_case.data.label.column]), rule.holdout)
    else:
        held = places < rule.holdout
    return Ruled(np.where(held, HOLDOUT, TRAIN).astype(np.uint8), {})


def _lowest_of_each(places: NDArray[np.float64], classes: NDArray[np.uint64], share: float) -> NDArray[np.bool_]:
    """The rows with the lowest places of each class: ``share`` of it, one at least if there are two."""
    held = np.zeros(len(places), dtype=bool)
    for each in np.unique(classes):
        rows = np.flatnonzero(classes == each)
        count = min(max(round(share * rows.size), 1), rows.size - 1)
        held[rows[np.argsort(places[rows], kind="stable")[:count]]] = True
    return held


def _microseconds(duration: timedelta) -> int:
    return round(duration.total_seconds() * 1e6)


def _moment(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
