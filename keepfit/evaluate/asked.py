"""The rows that models are asked about: what is true of them, and which of them hang together."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from keepfit import features
from keepfit.config.model import UseCase
from keepfit.data import read_snapshot
from keepfit.evaluate.days import days_of
from keepfit.evaluate.slices import Groups, by_band, by_level
from keepfit.records import Split
from keepfit.score import Dated
from keepfit.split import HOLDOUT, row_hashes, sides_of
from keepfit.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

Times = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """The holdout: raw rows (n), labels as class indices or values (n,), times and entities (n,) where there are."""

    table: "pa.Table"
    labels: NDArray[Any]
    times: Times | None
    days: NDArray[np.int64] | None
    entities: NDArray[np.uint64] | None
    groups: list[Groups]

    def dated(self, use_case: UseCase, labels: NDArray[Any] | None = None) -> Dated:
        """What naive baselines see; ``labels`` (n,) in the place of the true ones."""
        known = self.labels if labels is None else labels
        return Dated(known, self.times, use_case.data.timezone, use_case.data.label.known_after, self.entities)


def asked(store: Store, use_case: UseCase, division: Split, classes: tuple[str, ...]) -> Asked:
    """The holdout of a split; ``classes`` are the candidate's."""
    table = read_snapshot(store, use_case.name, division.snapshot).filter(sides_of(store, division) == HOLDOUT)
    times = _times(table, use_case.data.event_time)
    return Asked(
        table=table,
        labels=features.encode_labels(table.column(use_case.data.label.column), classes),
        times=times,
        days=None if times is None else days_of(times, use_case.data.timezone),
        entities=row_hashes(table, use_case.split.entity) if use_case.split.entity else None,
        groups=groups_of(use_case, table),
    )


def groups_of(use_case: UseCase, table: "pa.Table") -> list[Groups]:
    """The groups of each protected column."""
    return [
        by_band(name, features.from_table(table, {name: "number"})[name], how.bands)
        if how.bands
        else by_level(name, *features.from_table(table, {name: "category"})[name])
        for name, how in use_case.protected.items()
    ]


def _times(table: "pa.Table", event_time: str | None) -> Times | None:
    if event_time is None:
        return None
    times = features.from_table(table, {event_time: "time"})[event_time]
    return np.asarray(times, dtype="datetime64[us]")
