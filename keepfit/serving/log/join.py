"""The label of each prediction, by id or by the key fields of its record; joined on disk where memory ends."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.data.joined import Placed

Parts = Iterator["pa.Table"]

_KNOWN = 'create table known (name text, turn bigint, value text, "at" timestamptz, received timestamptz)'
_ASKED = "create table asked (name text, place bigint)"
_COUNTS = "select count(*), count(*) filter (starts_with(name, 'key ')) from known"
_FOUND = 'create table found as select place, turn, value, "at", received from asked join known using (name)'
_IN_ORDER = """
    select place, value as label, "at" as label_at from found order by place, "at" desc, received desc, turn
"""


@contextmanager
def latest(labels: Parts, asked: Callable[[bool], Parts], key: Sequence[str]) -> "Iterator[Placed]":
    """The newest label of each prediction, ``label`` and ``label_at`` by its place among those that are asked about.

    Parameters
    ----------
    labels
        In any order. One by key that lacks a field is nobody's.
    asked
        Reads the ``id`` of predictions, and their ``record`` if it is told to.

    Raises
    ------
    InfrastructureError
        The disk is full of what did not fit into memory.
    """
    from keepfit.data.joined import BATCH, Placed, fill, joining

    with joining("looking for the labels of what was served", "prediction log") as connection:
        connection.execute(_KNOWN)
        connection.execute(_ASKED)
        fill(connection, "known", _named(labels, "key", key, "turn", ("value", "at", "received")))
        ((there, by_key),) = connection.execute(_COUNTS).fetchall()
        if there:
            fill(connection, "asked", _named(asked(by_key > 0), "record", key if by_key else (), "place"))
        connection.execute(_FOUND)  # by itself: joining and sorting at once needs the memory of both
        yield Placed(iter(connection.sql(_IN_ORDER).to_arrow_reader(BATCH)))


def with_labels(part: "pa.Table", known: "Placed", first: int) -> "pa.Table":
    """Predictions, the first of which has the place ``first``, with ``label`` and ``label_at``."""
    import pyarrow as pa

    found = known.of_rows(first, part.num_rows)
    for name, kind in (("label", pa.string()), ("label_at", pa.timestamp("us", tz="UTC"))):
        column = pa.nulls(part.num_rows, kind) if found is None else found.column(name).cast(kind)
        part = part.append_column(name, column)
    return part


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


def _named(parts: Parts, fields: str, key: Sequence[str], number: str, kept: Sequence[str] = ()) -> Parts:
    """What is ``kept`` of rows and their ``number``, by ``name``: that of their id, and that of their key fields."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    first = 0
    for part in parts:
        numbers = pa.array(np.arange(first, first + part.num_rows))
        first += part.num_rows
        rows = part.select(kept).append_column(number, numbers)
        names = [pc.binary_join_element_wise("id", part.column("id"), " ")]
        names += [_keys(part.column(fields).to_pylist(), key)] if key else []
        for each in names:
            yield rows.append_column("name", each).filter(each.is_valid())


def _keys(texts: Sequence[str | None], names: Sequence[str]) -> "pa.Array":
    import pyarrow as pa

    found = (key_text(msgspec.json.decode(text), names) if text is not None else None for text in texts)
    return pa.array([each and f"key {each}" for each in found], pa.string())
