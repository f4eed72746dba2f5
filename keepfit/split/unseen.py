"""Rows that a version has not learnt from, whatever the rule by which it was split."""

from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keepfit.config.model import UseCase
from keepfit.data import read_snapshot
from keepfit.data import snapshot as record_of
from keepfit.records import Manifest
from keepfit.split.hashes import key_places, row_hashes
from keepfit.split.rules import TRAIN
from keepfit.split.sides import compared
from keepfit.store import Store, get

if TYPE_CHECKING:
    import pyarrow as pa

Mask = NDArray[np.bool_]


def unseen(store: Store, use_case: UseCase, rows: "pa.Table", manifest: Manifest) -> Mask:
    """Which rows (n,) a version knows nothing of; none where that cannot be told.

    Split by time, rows at or after the end of its training (its ``as_of``, if that was split by key). Split by key,
    rows whose key is not among those that it learnt from, and of which it learnt from no copy. Always, rows of entities
    that it did not learn from, where `split.entity` names them.

    Raises
    ------
    Missing
        The version's snapshot or its sides are gone.
    """
    rule = use_case.split
    fresh = _later(rows, use_case, manifest) if rule.by == "time" else _other(store, use_case, rows, manifest)
    if rule.entity:
        fresh &= _not_among(store, use_case, rows, manifest, rule.entity)
    return fresh


def _later(rows: "pa.Table", use_case: UseCase, manifest: Manifest) -> Mask:
    import pyarrow as pa

    times = rows.column(str(use_case.data.event_time)).cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()
    until = np.datetime64((manifest.train_until or manifest.as_of).astimezone(UTC).replace(tzinfo=None), "us")
    return np.asarray(times >= until.astype(np.int64), dtype=bool)


def _other(store: Store, use_case: UseCase, rows: "pa.Table", manifest: Manifest) -> Mask:
    key = use_case.data.key
    if manifest.sides is None:  # of an earlier build, which had one rule only
        share = manifest.holdout_share if manifest.key == key else None
        return np.asarray(key_places(rows, key) < (share or 0.0), dtype=bool)
    known = _names(store, use_case, manifest)
    shared = [name for name in compared(rows.column_names, use_case) if name in known]
    return _not_among(store, use_case, rows, manifest, key) & _not_among(store, use_case, rows, manifest, shared)


def _not_among(store: Store, use_case: UseCase, rows: "pa.Table", manifest: Manifest, columns: Sequence[str]) -> Mask:
    """Rows whose values in some columns are those of no row that the version learnt from."""
    if manifest.sides is None or not columns or not set(columns) <= _names(store, use_case, manifest):
        return np.zeros(rows.num_rows, dtype=bool)
    learnt = read_snapshot(store, use_case.name, manifest.snapshot, columns)
    learnt = learnt.filter(np.frombuffer(get(store, manifest.sides), dtype=np.uint8) == TRAIN)
    return ~np.isin(row_hashes(rows, columns), np.unique(row_hashes(learnt, columns)))


def _names(store: Store, use_case: UseCase, manifest: Manifest) -> set[str]:
    return {column.name for column in record_of(store, use_case.name, manifest.snapshot).columns}
