"""Rows that were taken out: with all that is needed to put them back, or to say why they are not there."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keepfit.data.tables import Parts
from keepfit.validate.faults import Why

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store


class TakenOut:
    """Objects of rows, in the order in which they come, and how many of them each file had."""

    def __init__(self, store: "Store") -> None:
        self._parts = Parts(store)
        self.files: Counter[str] = Counter()

    @property
    def rows(self) -> int:
        """How many rows were added."""
        return self._parts.rows

    def add(self, table: "pa.Table") -> None:
        """Take the next rows, which have ``_file``."""
        self.files.update(by_file(table))
        self._parts.add(table)

    def close(self) -> tuple[str, ...]:
        """The digests of the objects, in order."""
        return self._parts.close()


def by_file(table: "pa.Table") -> dict[str, int]:
    """Rows by the file that they came from."""
    return {str(each["values"]): each["counts"] for each in table.column("_file").value_counts().to_pylist()}


def quarantined(table: "pa.Table", found: Why, schema: "pa.Schema") -> "pa.Table":
    """Rows of a part with their values and their reasons."""
    import pyarrow as pa

    rows = table.take(pa.array(found.rows))
    columns = {name: rows.column(name) for name in rows.column_names}
    columns["_file"] = columns["_file"].cast(pa.string())
    columns["_reasons"] = found.reasons
    columns["_raw"] = pa.nulls(len(found.rows), pa.string())
    return pa.table([columns[name] for name in schema.names], schema=schema)


def refused_rows(refused: "pa.Table", schema: "pa.Schema") -> "pa.Table":
    """Rows that a reader could not take: no values, but what stood there in ``_raw``."""
    import pyarrow as pa

    there = set(refused.column_names)
    columns = [
        refused.column(field.name).cast(field.type)
        if field.name in there and field.name in {"_file", "_row", "_reasons", "_raw"}
        else pa.nulls(refused.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def quarantine_schema(columns: "pa.Schema") -> "pa.Schema":
    """The declared columns, then ``_file``, ``_row``, ``_reasons`` and ``_raw``."""
    import pyarrow as pa

    own = [("_file", pa.string()), ("_row", pa.int64()), ("_reasons", pa.list_(pa.string())), ("_raw", pa.string())]
    return pa.schema([*columns, *(pa.field(name, kind) for name, kind in own)])


def absent(table: "pa.Table", fates: NDArray[np.uint8], names: Mapping[int, str]) -> "pa.Table":
    """Where the dropped rows of a part stand, and which rule dropped each: ``_file``, ``_row``, ``rule``."""
    import pyarrow as pa

    at = np.flatnonzero(np.isin(fates, list(names)))
    words = pa.array([names.get(code, "") for code in range(max(names) + 1)])
    rows = table.select(["_file", "_row"]).take(pa.array(at))
    return pa.table(
        {
            "_file": rows.column("_file").cast(pa.string()),
            "_row": rows.column("_row"),
            "rule": words.take(pa.array(fates[at])),
        }
    )
