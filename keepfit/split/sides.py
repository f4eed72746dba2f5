"""Sides of a snapshot, one byte a row."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keepfit.config.model import UseCase
from keepfit.data import read_snapshot
from keepfit.errors import DataError, IntegrityError, Problem
from keepfit.records import Dropped, Split
from keepfit.split.hashes import row_hashes
from keepfit.split.leakage import find_leaks
from keepfit.split.rules import APART, HOLDOUT, LEFT_OUT, TRAIN, Sides, ruled
from keepfit.store import Store, get, put

if TYPE_CHECKING:
    import pyarrow as pa

LEAST = 0.05
"""Of the rows to learn from, what must remain without the entities that are in the holdout: the rest are rare cases."""


def split(store: Store, use_case: UseCase, snapshot: str, parts: Sequence[str] = ()) -> Split:
    """Give every row of a snapshot its side, keep the sides as an object, and look for leaks.

    Parameters
    ----------
    parts : the objects of the rows as they were extracted, which know their order in the files; none: nobody knows.

    Raises
    ------
    DataError
        A side would be empty.
    """
    table = read_snapshot(store, use_case.name, snapshot)
    rule = ruled(table, use_case)
    copies = _copies(table, use_case, rule.sides)
    rule.sides[copies] = LEFT_OUT
    left = {**rule.left_out, "copy of a holdout row": int(copies.sum())}
    train, holdout = int(np.sum(rule.sides == TRAIN)), int(np.sum(rule.sides == HOLDOUT))
    _both_have_rows(use_case, train, holdout, left)
    return Split(
        snapshot=snapshot,
        by=use_case.split.by,
        sides=put(store, rule.sides.tobytes()),
        train=train,
        holdout=holdout,
        left_out=tuple(Dropped(rule=name, rows=rows) for name, rows in left.items() if rows),
        train_until=rule.train_until,
        holdout_from=rule.holdout_from,
        holdout_until=rule.holdout_until,
        leaks=find_leaks(store, use_case, table, rule.sides, parts),
    )


def sides_of(store: Store, division: Split) -> Sides:
    """The side of each row, (n,) uint8 in the order of the snapshot."""
    sides: Sides = np.frombuffer(get(store, division.sides), dtype=np.uint8)
    if np.bincount(sides, minlength=3)[:2].tolist() != [division.train, division.holdout]:
        raise IntegrityError(Problem("the sides are not those that were counted", f"objects/{division.sides}"))
    return sides


def _copies(table: "pa.Table", use_case: UseCase, sides: Sides) -> NDArray[np.bool_]:
    """Training rows that equal a holdout row in every column but the key."""
    hashes = row_hashes(table, compared(table.column_names, use_case))
    copied: NDArray[np.bool_] = (sides == TRAIN) & np.isin(hashes, hashes[sides == HOLDOUT])
    return copied


def compared(names: Sequence[str], use_case: UseCase) -> list[str]:
    """The columns in which copies are equal: all but the key (what happened at another time is no copy)."""
    key = set(use_case.data.key) - {use_case.data.event_time}
    return [name for name in names if name not in key]


def _both_have_rows(use_case: UseCase, train: int, holdout: int, left: dict[str, int]) -> None:
    apart = left.get(APART, 0)
    if train >= LEAST * (train + apart) and train and holdout:
        return
    taken = "".join(f"; left out: {rows:,} {rule}" for rule, rows in left.items() if rows)
    entity = ", or look whether nearly every one of split.entity is in the holdout" if apart else ""
    raise DataError(
        Problem(
            f"{'too few' if train and holdout else 'no'} rows are left to {'learn from' if holdout else 'judge on'}",
            where=f"split of {use_case.name}",
            expected=f"rows on both sides{f', and {LEAST:.0%} of those to learn from at least' if apart else ''}",
            found=f"{train:,} to learn from, {holdout:,} to judge on{taken}",
            did="trained nothing; the champion stays",
            do=f"shorten split.holdout, lengthen data.history, or wait for more data{entity}",
        )
    )
