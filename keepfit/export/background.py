"""What a prediction's reasons are told against: some rows of the training side, and orders of the columns.

Both are drawn once, when the version is made, so that a record has the same reasons whenever and wherever it is asked.
The rows are records of real cases: only columns that features read, no key and no label. They are no secret from who
may read the store, and no answer repeats one.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from keepfit.export.probe import Plain, plain_records
from keepfit.records import Record

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 64
FEWEST = 16
EVALUATIONS = 4_096  # of the model for one record; of very many columns there are fewer rows, but never fewer than 16
_STREAM = 0x5EA50  # beside the seed: no other draw of a run begins so


class Background(Record, frozen=True, kw_only=True):
    """``orders[i]`` is a permutation of the places of ``columns`` and belongs to row ``i`` of ``records``.

    Each order is walked twice, forwards and backwards (antithetic pairs; Mitchell, Cooper, Frank and Holmes 2022, JMLR
    23:43).
    """

    columns: tuple[str, ...]
    records: tuple[Plain, ...]
    orders: tuple[tuple[int, ...], ...]


def background_of(table: "pa.Table", kinds: Mapping[str, str], seed: int) -> Background:
    """Draw rows of the training side without putting them back, and an order of the columns for each."""
    draw = np.random.default_rng([seed, _STREAM])
    rows = min(rows_for(len(kinds)), table.num_rows)
    chosen = np.sort(draw.choice(table.num_rows, rows, replace=False))
    _, records = plain_records(table, kinds, chosen)
    orders = (tuple(draw.permutation(len(kinds)).tolist()) for _ in records)
    return Background(columns=tuple(kinds), records=records, orders=tuple(orders))


def rows_for(columns: int) -> int:
    """Rows of a background, by the columns that features read.

    >>> rows_for(10), rows_for(60), rows_for(500)
    (64, 34, 16)
    """
    return min(ROWS, max(FEWEST, EVALUATIONS // (2 * max(columns - 1, 1))))
