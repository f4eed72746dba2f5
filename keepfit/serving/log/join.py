"""The label of each prediction, by id or by the key fields of its record."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    import pyarrow as pa


class Latest(NamedTuple):
    """The labels, newest first, and for every id and every key that has one the row of its newest."""

    ids: "pa.Array"
    id_rows: "pa.Array"
    keys: "pa.Array"
    key_rows: "pa.Array"
    table: "pa.Table"


def latest(labels: "pa.Table", key: Sequence[str]) -> Latest:
    """Of labels in any order the newest for every id and for every key; those that lack a key field are nobody's."""
    import pyarrow.compute as pc

    order = pc.sort_indices(labels, [("at", "descending"), ("received", "descending")])
    table = labels.take(order)
    ids, id_rows = _first(table.column("id").combine_chunks())
    keys, key_rows = _first(_keys(table.column("key").to_pylist(), key))
    return Latest(ids, id_rows, keys, key_rows, table.select(["value", "at"]))


def with_labels(part: "pa.Table", known: Latest, key: Sequence[str]) -> "pa.Table":
    """Predictions with ``label`` and ``label_at``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    row = known.id_rows.take(pc.index_in(part.column("id").combine_chunks(), known.ids))
    if key and len(known.keys):
        by_key = known.key_rows.take(pc.index_in(_keys(part.column("record").to_pylist(), key), known.keys))
        row = pc.min_element_wise(row, by_key)  # the table is sorted, newest first
    found = known.table.take(row) if known.table.num_rows else _nothing(known.table, part.num_rows)
    chunked = pa.table({"label": found.column("value"), "label_at": found.column("at")})
    return part.append_column("label", chunked.column(0)).append_column("label_at", chunked.column(1))


def key_text(fields: Any, names: Sequence[str]) -> str | None:
    """Key values as one text: 7, "7" and 7.0 are the same; None where a field is missing.

    >>> key_text({"flight": 7, "day": "2013-01-01", "x": 1}, ["day", "flight"])
    '["2013-01-01","7"]'
    """
    if not isinstance(fields, dict) or any(fields.get(name) is None for name in names):
        return None
    return json.dumps([_text(fields[name]) for name in names], separators=(",", ":"))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _keys(texts: Sequence[str | None], names: Sequence[str]) -> "pa.Array":
    import pyarrow as pa

    found = [key_text(msgspec.json.decode(text), names) if names and text is not None else None for text in texts]
    return pa.array(found, pa.string())


def _first(names: "pa.Array") -> "tuple[pa.Array, pa.Array]":
    """Each name once, and the first row that has it."""
    import numpy as np
    import pyarrow as pa

    encoded = names.dictionary_encode()
    there = np.flatnonzero(encoded.indices.is_valid().to_numpy(zero_copy_only=False))
    codes = encoded.indices.drop_null().to_numpy(zero_copy_only=False)
    kept, first = np.unique(codes, return_index=True)
    return encoded.dictionary.take(pa.array(kept, pa.int32())), pa.array(there[first], pa.int64())


def _nothing(table: "pa.Table", rows: int) -> "pa.Table":
    import pyarrow as pa

    return pa.table([pa.nulls(rows, field.type) for field in table.schema], schema=table.schema)
