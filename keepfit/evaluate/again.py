"""Rows for another look at a version: all that it has not learnt from, if enough of them are new since its last look.

All of them and not only the new ones, because more rows decide more; that they overlap with those of the look before
costs nothing, for the chances of false promotions add up whatever depends on what. But without enough new rows a look
would only spend.
"""

from typing import TYPE_CHECKING

import numpy as np

from keepfit.config.model import UseCase
from keepfit.data import read_snapshot
from keepfit.evaluate.days import days_of
from keepfit.evaluate.intervals import MIN_CLUSTERS, MIN_ROWS
from keepfit.records import AnotherLook, Dropped, Manifest, Split
from keepfit.split import HOLDOUT, LEFT_OUT, row_hashes, unseen
from keepfit.store import Store, put

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.evaluate.score import Bools


def another_look(store: Store, use_case: UseCase, snapshot: str, manifest: Manifest, before: str) -> AnotherLook:
    """The rows of a snapshot that a version has not learnt from, and how many were not in the snapshot ``before``.

    New are rows whose key was not there; there are enough of them where they alone would have an interval.
    """
    table = read_snapshot(store, use_case.name, snapshot)
    key = use_case.data.key
    earlier = read_snapshot(store, use_case.name, before, key)
    free = unseen(store, use_case, table, manifest)
    new = free & ~np.isin(row_hashes(table, key), np.unique(row_hashes(earlier, key)))
    sides = np.where(free, HOLDOUT, LEFT_OUT).astype(np.uint8)
    count, left = int(free.sum()), int((~free).sum())
    division = Split(
        snapshot=snapshot,
        by=use_case.split.by,
        sides=put(store, sides.tobytes()),
        train=0,
        holdout=count,
        left_out=(Dropped(rule="the version may have learnt from it", rows=left),) if left else (),
        train_until=manifest.train_until,
        holdout_from=None,
        holdout_until=None,
    )
    fresh, days = int(new.sum()), _days(table, use_case, new)
    return AnotherLook(split=division, fresh=fresh, days=days, short=_short(fresh, days))


def _days(table: "pa.Table", use_case: UseCase, rows: "Bools") -> int | None:
    from keepfit import features

    name = use_case.data.event_time
    if name is None:
        return None
    times = np.asarray(features.from_table(table, {name: "time"})[name], dtype="datetime64[us]")
    return int(np.unique(days_of(times, use_case.data.timezone)[rows]).size)


def _short(fresh: int, days: int | None) -> str:
    """Why there is nothing to judge yet, or nothing."""
    if days is not None and days < MIN_CLUSTERS:
        return f"{days} days with new labels since its last look; a look needs {MIN_CLUSTERS}"
    return f"{fresh} rows with new labels since its last look; a look needs {MIN_ROWS}" if fresh < MIN_ROWS else ""
