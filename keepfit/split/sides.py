"""Sides of a snapshot, one byte a row."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keepfit.config.model import UseCase
from keepfit.data import read_snapshot
from keepfit.errors import DataError, IntegrityError, Problem
from keepfit.records import Dropped, Split
from keepfit.store import Store, get, put

if TYPE_CHECKING:
    import pyarrow as pa

TRAIN, HOLDOUT, LEFT_OUT = 0, 1, 2

Sides = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def split(store: Store, use_case: UseCase, snapshot: str) -> Split:
    """Give every row of a snapshot its side, and keep the sides as an object.

    Raises
    ------
    DataError
        A side would be empty.
    """
    table = read_snapshot(store, use_case.name, snapshot)
    if use_case.split.by == "time":
        sides, train_until, holdout_from, holdout_until = _by_time(table, use_case)
    else:
        sides, train_until, holdout_from, holdout_until = _by_key(table, use_case), None, None, None
    gap = int(np.sum(sides == LEFT_OUT))
    sides[_copies(table, use_case, sides)] = LEFT_OUT
    copies = int(np.sum(sides == LEFT_OUT)) - gap
    train, holdout = int(np.sum(sides == TRAIN)), int(np.sum(sides == HOLDOUT))
    _both_have_rows(use_case, train, holdout)
    dropped = (("label known too late to train on", gap), ("copy of a holdout row", copies))
    return Split(
        snapshot=snapshot,
        by=use_case.split.by,
        sides=put(store, sides.tobytes()),
        train=train,
        holdout=holdout,
        left_out=tuple(Dropped(rule=rule, rows=rows) for rule, rows in dropped if rows),
        train_until=train_until,
        holdout_from=holdout_from,
        holdout_until=holdout_until,
    )


def sides_of(store: Store, division: Split) -> Sides:
    """The side of each row, (n,) uint8 in the order of the snapshot."""
    sides: Sides = np.frombuffer(get(store, division.sides), dtype=np.uint8)
    if np.bincount(sides, minlength=3)[:2].tolist() != [division.train, division.holdout]:
        raise IntegrityError(Problem("the sides are not those that were counted", f"objects/{division.sides}"))
    return sides


def _by_time(table: "pa.Table", use_case: UseCase) -> tuple[Sides, datetime, datetime, datetime]:
    import pyarrow as pa

    holdout = use_case.split.holdout
    if use_case.data.event_time is None or not isinstance(holdout, timedelta):  # config has checked both
        raise IntegrityError("a split by time needs an event time and a duration")
    times = table.column(use_case.data.event_time).cast(pa.int64()).to_numpy()  # microseconds, UTC
    newest = int(times.max())
    start = newest + 1 - _microseconds(holdout)
    train_until = start - _microseconds(use_case.data.label.known_after)
    sides = np.where(times >= start, HOLDOUT, np.where(times < train_until, TRAIN, LEFT_OUT)).astype(np.uint8)
    return sides, _moment(train_until), _moment(start), _moment(newest + 1)


def _by_key(table: "pa.Table", use_case: UseCase) -> Sides:
    share = use_case.split.holdout
    if isinstance(share, timedelta):  # config has checked it
        raise IntegrityError("a split by key needs a share")
    places = key_places(table, use_case.data.key)
    return np.where(places < share, HOLDOUT, TRAIN).astype(np.uint8)


def key_places(table: "pa.Table", key: tuple[str, ...]) -> NDArray[np.float64]:
    """A place in [0, 1) for each row that depends on its key alone (the first 8 bytes of SHA-256)."""
    import pyarrow as pa

    columns = [table.column(name).cast(pa.string()).to_pylist() for name in key]
    places = (hashlib.sha256("\x1f".join(map(str, row)).encode()).digest()[:8] for row in zip(*columns, strict=True))
    return np.frombuffer(b"".join(places), dtype=">u8").astype(np.float64) / 2.0**64


def _copies(table: "pa.Table", use_case: UseCase, sides: Sides) -> Mask:
    """Training rows that equal a holdout row in every column but the key (what happened at another time is no copy)."""
    key = [name for name in use_case.data.key if name != use_case.data.event_time]
    hashes = _row_hashes(table.drop_columns(key))
    copied: Mask = (sides == TRAIN) & np.isin(hashes, hashes[sides == HOLDOUT])
    return copied


def _row_hashes(table: "pa.Table") -> NDArray[np.uint64]:
    """64 bits a row; two different rows share them with a chance of n²/2⁶⁵, which costs one training row."""
    import pandas as pd

    frame = table.to_pandas(strings_to_categorical=True)
    return np.asarray(pd.util.hash_pandas_object(frame, index=False), dtype=np.uint64)


def _both_have_rows(use_case: UseCase, train: int, holdout: int) -> None:
    if train and holdout:
        return
    raise DataError(
        Problem(
            f"no rows are left to {'judge on' if train else 'learn from'}",
            where=f"split of {use_case.name}",
            expected="rows on both sides",
            found=f"{train:,} to learn from, {holdout:,} to judge on",
            did="trained nothing; the champion stays",
            do="shorten split.holdout, lengthen data.history, or wait for more data",
        )
    )


def _microseconds(duration: timedelta) -> int:
    return round(duration.total_seconds() * 1e6)


def _moment(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
