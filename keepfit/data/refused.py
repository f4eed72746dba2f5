"""Rows that cannot be taken: ``_row``, ``_time`` (where it could be read), ``_reasons`` and the values in ``_raw``."""

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

HIDDEN = ("_file", "_row", "_time", "_reasons", "_raw")


def refused_schema() -> "pa.Schema":
    """The columns of a table of refused rows, before ``_file`` is put on."""
    import pyarrow as pa

    return pa.schema(
        [
            ("_row", pa.int64()),
            ("_time", pa.timestamp("us", tz="UTC")),
            ("_reasons", pa.list_(pa.string())),
            ("_raw", pa.string()),
        ]
    )


class Reasons:
    """Why rows of one table do not fit, gathered column by column."""

    def __init__(self, rows: int) -> None:
        self.wrong = np.zeros(rows, dtype=bool)
        self._of: dict[str, pa.Array] = {}

    def add(self, column: str, reasons: "pa.Array | None") -> None:
        """Take note of the reasons (n, null where the cell is fine) of a column."""
        if reasons is not None:
            self._of[column] = reasons
            self.wrong |= reasons.is_valid().to_numpy(zero_copy_only=False)

    def of(self, row: int) -> list[str]:
        """All that is wrong with a row, as ``column: reason``."""
        found = ((column, reasons[row].as_py()) for column, reasons in self._of.items())
        return [f"{column}: {reason}" for column, reason in found if reason is not None]


def split(table: "pa.Table", raw: "pa.Table", reasons: Reasons, event_time: str | None) -> "tuple[pa.Table, pa.Table]":
    """Rows of ``table`` without a reason, and the others with the values they have in ``raw`` (has ``_row``)."""
    import pyarrow as pa

    schema = refused_schema()
    if not reasons.wrong.any():
        return table, schema.empty_table()
    at = np.flatnonzero(reasons.wrong)
    bad = raw.take(pa.array(at))
    rows = bad.select([name for name in bad.column_names if name not in HIDDEN])
    times: Any = pa.nulls(len(at), schema.field("_time").type)
    if event_time in table.column_names and pa.types.is_timestamp(table.schema.field(event_time).type):
        times = table.column(event_time).take(pa.array(at)).cast(schema.field("_time").type)
    refused = pa.table(
        [
            bad.column("_row"),
            times,
            pa.array([reasons.of(int(row)) for row in at], schema.field("_reasons").type),
            pa.array(_json(rows), pa.string()),
        ],
        schema=schema,
    )
    return table.filter(pa.array(~reasons.wrong)), refused


def _json(rows: "pa.Table") -> list[str]:
    """Every row as one JSON object, a batch at a time."""
    batches = rows.to_batches(max_chunksize=4096)
    return [json.dumps(row, default=str, ensure_ascii=False) for batch in batches for row in batch.to_pylist()]
