"""The matrix as an estimator learns from it."""

from collections.abc import Iterator
from typing import Any

from keepfit import features
from keepfit.score import numbers
from keepfit.train.estimators import Layout

SLICE = 1 << 14


def matrix_for(layout: Layout, encoding: features.Encoding, columns: features.Columns) -> Any:
    """The (n, m) numbers that a server would ask with, dense or sparse.

    The columns of a linear model are nearly all categories, so nine numbers of ten are zero: sparse ones take a tenth
    of the memory and of the time of a fit. They are made a slice at a time, so that the dense matrix is never there as
    a whole.
    """
    if layout != "sparse":
        return numbers(encoding, columns)
    from scipy.sparse import csr_array, vstack

    return vstack([csr_array(numbers(encoding, part)) for part in _slices(columns)], format="csr")


def _slices(columns: features.Columns) -> Iterator[features.Columns]:
    rows = max(features.row_count(columns), 1)
    for start in range(0, rows, SLICE):
        yield features.slice_rows(columns, slice(start, start + SLICE))
