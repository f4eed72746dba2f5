"""What tells rows and entities apart: 64 bits that depend on values alone, the same in every process.

Two different rows share them with a chance of n²/2⁶⁵.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

Hashes = NDArray[np.uint64]
_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ over the golden ratio
_HALF = np.uint64(32)
_NOTHING = np.uint64(0x5851F42D4C957F2D)  # stands for a missing value


def key_places(table: "pa.Table", columns: Sequence[str]) -> NDArray[np.float64]:
    """A place in [0, 1) for each row that depends on these columns alone (the first 8 bytes of SHA-256)."""
    import pyarrow as pa

    values = [table.column(name).cast(pa.string()).to_pylist() for name in columns]
    places = (hashlib.sha256("\x1f".join(map(str, row)).encode()).digest()[:8] for row in zip(*values, strict=True))
    return np.frombuffer(b"".join(places), dtype=">u8").astype(np.float64) / 2.0**64


def row_hashes(table: "pa.Table", columns: Iterable[str]) -> Hashes:
    """64 bits a row for the values in some columns, whatever the order in which they are named."""
    return combined([column_hashes(table.column(name)) for name in sorted(columns)], table.num_rows)


def combined(columns: Iterable[Hashes], rows: int) -> Hashes:
    """One hash of several, (rows,) each."""
    found = np.full(rows, _NOTHING, np.uint64)
    for each in columns:
        found = (found ^ each) * _ODD
        found ^= found >> _HALF
    return found


def column_hashes(column: "pa.ChunkedArray") -> Hashes:
    """64 bits for every value of a column; equal numbers are equal whatever their type, and missing ones are equal."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_nested(column.type):
        return _of_lists(column)
    if pa.types.is_dictionary(column.type) or pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return _of_texts(column)
    if pa.types.is_temporal(column.type):
        column = column.cast(pa.int64())
    numbers = pc.cast(column, pa.float64(), safe=False).to_numpy() + 0.0  # −0.0 is 0.0
    return _of_numbers(numbers)


def _of_numbers(numbers: NDArray[np.float64]) -> Hashes:
    import pandas as pd

    hashed = np.asarray(pd.util.hash_array(numbers), dtype=np.uint64)
    return np.where(np.isnan(numbers), _NOTHING, hashed)


def _of_texts(column: "pa.ChunkedArray") -> Hashes:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = column.combine_chunks()
    coded = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
    levels = np.array(coded.dictionary.cast(pa.string()).to_pylist(), dtype=object)
    hashed = np.asarray(pd.util.hash_array(levels, categorize=False), dtype=np.uint64) if levels.size else levels
    codes = pc.fill_null(coded.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
    return np.asarray(np.append(hashed.astype(np.uint64), _NOTHING)[codes], np.uint64)  # −1 takes the last


def _of_lists(column: "pa.ChunkedArray") -> Hashes:
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = column.combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(whole), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    values = pc.cast(pc.list_flatten(whole), pa.float64(), safe=False).to_numpy(zero_copy_only=False) + 0.0
    found, starts = np.full(len(whole), _NOTHING, np.uint64), np.cumsum(lengths) - lengths
    hashed = _of_numbers(values)
    for place in range(int(lengths.max(initial=0))):
        long = lengths > place
        mixed = (found[long] ^ hashed[starts[long] + place]) * _ODD
        found[long] = mixed ^ (mixed >> _HALF)
    return found
