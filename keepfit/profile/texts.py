"""Texts: value by value while they are few and short, then rows by hash and a sample of hashes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from keepfit.profile import hashing
from keepfit.profile.shape import HASH_BUCKETS, LONGEST_TEXT, MOST_VALUES, ManyTexts, Texts, ValueCounts
from keepfit.profile.tables import few, united

if TYPE_CHECKING:
    import pyarrow as pa


def texts(column: "pa.Array") -> Texts:
    """Statistics of texts without nulls."""
    import pyarrow.compute as pc

    lengths = pc.utf8_length(column)
    ends = pc.min_max(lengths)
    short = (pc.max(pc.binary_length(column)).as_py() or 0) <= LONGEST_TEXT
    table = few(column, MOST_VALUES) if short else None
    return Texts(
        rows=len(column),
        shortest=ends["min"].as_py() or 0,
        longest=ends["max"].as_py() or 0,
        characters=pc.sum(lengths).as_py() or 0,
        table=table,
        many=None if table else _many(hashing.of_texts(column), None),
    )


def _many(hashes: hashing.Hashes, counts: "np.ndarray[tuple[int], np.dtype[np.int64]] | None") -> ManyTexts:
    first = (hashes >> np.uint64(56)).astype(np.int64)
    rows = np.bincount(first, counts, HASH_BUCKETS)  # doubles, exact far beyond any number of rows
    return ManyTexts(
        buckets=tuple(rows.astype(np.int64).tolist()),
        hashes=hashing.packed(hashing.smallest(hashes)),
    )


def many(part: Texts) -> ManyTexts:
    """The wider statistics, also of a column whose values are counted one by one."""
    import pyarrow as pa

    if part.many:
        return part.many
    table = part.table or ValueCounts(values=(), counts=())
    return _many(hashing.of_texts(pa.array(table.values, pa.string())), np.array(table.counts, dtype=np.int64))


def joined(parts: Sequence[Texts]) -> Texts:
    """The rows of all parts."""
    tables = [part.table for part in parts if part.table]
    table = united(tables, MOST_VALUES) if len(tables) == len(parts) else None
    return Texts(
        rows=sum(part.rows for part in parts),
        shortest=min(part.shortest for part in parts),
        longest=max(part.longest for part in parts),
        characters=sum(part.characters for part in parts),
        table=table,
        many=None if table else _many_joined([many(part) for part in parts]),
    )


def _many_joined(parts: Sequence[ManyTexts]) -> ManyTexts:
    return ManyTexts(
        buckets=tuple(sum(rows) for rows in zip(*(part.buckets for part in parts), strict=True)),
        hashes=hashing.united([part.hashes for part in parts]),
    )
