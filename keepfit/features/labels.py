"""Labels as class indices or values."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


def classes_of(column: "pa.ChunkedArray") -> tuple[str, ...]:
    """The classes in a label column by index: false before true, numbers by size, texts by letter.

    In a binary task the last one is the positive class.
    """
    values = [value for value in column.unique().to_pylist() if value is not None]
    return tuple(_text(value) for value in sorted(values))


def encode_labels(column: "pa.ChunkedArray", classes: tuple[str, ...]) -> NDArray[Any]:
    """Labels as numbers: (n,) int64 indices into ``classes``, or float64 values where there are none (regression).

    A label that is not among the classes becomes −1.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not classes:
        values: NDArray[np.float64] = pc.cast(column, pa.float64()).to_numpy()
        return values
    index = pc.index_in(pc.cast(column, pa.string()), value_set=pa.array(classes, pa.string()))
    codes: NDArray[np.int64] = pc.fill_null(index, -1).to_numpy().astype(np.int64)
    return codes


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
