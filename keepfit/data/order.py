"""The order of rows by some columns: the same on every machine, texts by their bytes, nulls last."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


def order(table: "pa.Table", columns: Sequence[str]) -> "pa.Array":
    """Positions of the rows (n,) so that ``table.take(order(table, columns))`` is sorted; ties keep their order."""
    import pyarrow as pa

    # lexsort over small integers is several times faster than Arrow's sort over several columns of text.
    numbers = [ranks(table.column(name)) for name in reversed(columns)]
    return pa.array(np.lexsort(numbers) if numbers else np.arange(table.num_rows))


def ranks(column: "pa.ChunkedArray") -> NDArray[Any]:
    """Numbers (n,) in the order of the values: equal values have equal numbers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(column.type) or pa.types.is_integer(column.type):
        return _filled(column.cast(pa.int64()))
    encoded = column.combine_chunks()
    encoded = encoded if pa.types.is_dictionary(encoded.type) else encoded.dictionary_encode()
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    places = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(places) + 1, dtype=np.int64)
    rank[places] = np.arange(len(places))
    rank[-1] = len(places)
    codes = pc.fill_null(encoded.indices.cast(pa.int64()), len(places)).to_numpy(zero_copy_only=False)
    result: NDArray[np.int64] = rank[codes]
    return result


def _filled(column: "pa.ChunkedArray") -> NDArray[np.int64]:
    import pyarrow.compute as pc

    values: NDArray[np.int64] = pc.fill_null(column, np.iinfo(np.int64).max).to_numpy()
    return values
