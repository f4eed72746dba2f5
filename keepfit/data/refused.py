"""Rows that cannot be taken: ``_row``, ``_time`` (where it could be read), ``_reasons`` and the values in ``_raw``."""

from typing import TYPE_CHECKING, Any

import msgspec
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

    def at(self, rows: "np.typing.NDArray[np.int64]") -> "Reasons":
        """Those of some rows, in their order."""
        import pyarrow as pa

        found = Reasons(len(rows))
        for column, reasons in self._of.items():
            found.add(column, reasons.take(pa.array(rows)))
        return found

    def lists(self) -> list[list[str]]:
        """Of every wrong row, in order, all that is wrong with it, as ``column: reason``."""
        import pyarrow as pa

        at = pa.array(np.flatnonzero(self.wrong))
        lists: list[list[str]] = [[] for _ in range(len(at))]
        for column, reasons in self._of.items():
            for found, reason in zip(lists, reasons.take(at).to_pylist(), strict=True):
                if reason is not None:
                    found.append(f"{column}: {reason}")
        return lists


def split(table: "pa.Table", raw: "pa.Table", reasons: Reasons, event_time: str | None) -> "tuple[pa.Table, pa.Table]":
    """Rows of ``table`` without a reason, and the others with the values they have in ``raw`` (has ``_row``)."""
    import pyarrow as pa

    schema = refused_schema()
    if not reasons.wrong.any():
        return table, schema.empty_table()
    at = pa.array(np.flatnonzero(reasons.wrong))
    bad = raw.take(at)
    times: Any = pa.nulls(len(at), schema.field("_time").type)
    if event_time in table.column_names and pa.types.is_timestamp(table.schema.field(event_time).type):
        times = table.column(event_time).take(at).cast(schema.field("_time").type)
    refused = pa.table(
        [
            bad.column("_row"),
            times,
            pa.array(reasons.lists(), schema.field("_reasons").type),
            pa.array(_json(bad.select([name for name in bad.column_names if name not in HIDDEN])), pa.string()),
        ],
        schema=schema,
    )
    return table.filter(pa.array(~reasons.wrong)), refused


def _json(rows: "pa.Table") -> list[str]:
    """Every row as one JSON object; what JSON cannot say (times, decimals, NaN) as its text."""
    columns = [_for_json(column).to_pylist() for column in rows.columns]
    encoder = msgspec.json.Encoder()
    if not columns:
        return ["{}"] * rows.num_rows
    return [
        encoder.encode(dict(zip(rows.column_names, cells, strict=True))).decode()
        for cells in zip(*columns, strict=True)
    ]


def _for_json(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_floating(kind):
        endless = pc.any(pc.invert(pc.is_finite(column)), min_count=0).as_py()
        return column.cast(pa.string()) if endless else column
    plain = pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_string(kind) or pa.types.is_null(kind)
    return column if plain else column.cast(pa.string())
