"""Columns that are all there or all missing."""

from functools import reduce
from typing import TYPE_CHECKING

from keepfit.config.row_rules import Together

if TYPE_CHECKING:
    import pyarrow as pa


def words(rule: Together) -> str:
    """The rule as people read it.

    >>> words(Together(together=("lat", "lon")))
    'lat, lon together or not at all'
    """
    return f"{', '.join(rule.together)} together or not at all"


def broken(table: "pa.Table", rule: Together) -> "pa.ChunkedArray":
    """Rows (n,) that have some of the values and lack others."""
    import pyarrow.compute as pc

    there = [table.column(name).is_valid() for name in rule.together]
    return pc.xor(reduce(pc.or_, there), reduce(pc.and_, there))
