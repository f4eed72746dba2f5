"""Records with the answers that the training object gave; they travel with a version and show that it holds."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from keepfit.records import Record

if TYPE_CHECKING:
    import pyarrow as pa

Plain = dict[str, str | float | bool | None]

_EXTREMES: dict[str, tuple[str | float | None, ...]] = {
    "number": (None, 0.0, -1.0, 1.0 / 3.0, 16_777_217.0, 1e30, -1e30, 1e308, -1e308),  # some that 32 bits cannot hold
    "category": (None, "", "never seen before"),
    "time": (None, "1970-01-01T00:00:00+00:00", "2099-12-31T23:59:59+00:00"),
}


class Probe(Record, frozen=True, kw_only=True):
    """``expected[i]`` is the training object's answer to ``records[i]``: probabilities by class, or one value."""

    records: tuple[Plain, ...]
    expected: tuple[tuple[float, ...], ...]


def probe_of(table: "pa.Table", kinds: Mapping[str, str], rows: int = 200) -> tuple[Plain, ...]:
    """Raw records spread evenly over a table, then hostile ones: each column missing, unseen and extreme."""
    _, records = spread(table, kinds, rows)
    return (*records, *hostile_records(records[0], kinds))


def spread(table: "pa.Table", kinds: Mapping[str, str], rows: int) -> tuple["pa.Table", tuple[Plain, ...]]:
    """Rows spread evenly over a table, as one and as raw records."""
    chosen = np.unique(np.linspace(0, table.num_rows - 1, min(rows, table.num_rows)).astype(int))
    return plain_records(table, kinds, chosen)


def plain_records(
    table: "pa.Table", kinds: Mapping[str, str], chosen: NDArray[np.int64]
) -> tuple["pa.Table", tuple[Plain, ...]]:
    """The chosen rows of a table, as one and as raw records."""
    taken = table.select(list(kinds)).take(chosen)
    return taken, tuple(_plain(record) for record in taken.to_pylist())


def hostile_records(record: Plain, kinds: Mapping[str, str]) -> Sequence[Plain]:
    """Copies of a record, each with one column missing, unseen or extreme."""
    return [record | {name: value} for name, kind in kinds.items() for value in _EXTREMES[kind]]


def _plain(record: Mapping[str, Any]) -> Plain:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in record.items()}
