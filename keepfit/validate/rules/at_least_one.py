"""Columns that are not all missing."""

from functools import reduce
from typing import TYPE_CHECKING

from keepfit.config.row_rules import AtLeastOne

if TYPE_CHECKING:
    import pyarrow as pa


def words(rule: AtLeastOne) -> str:
    """The rule as people read it.

    >>> words(AtLeastOne(at_least_one=("phone", "mail")))
    'at least one of phone, mail'
    """
    return f"at least one of {', '.join(rule.at_least_one)}"


def broken(table: "pa.Table", rule: AtLeastOne) -> "pa.ChunkedArray":
    """Rows (n,) that lack all of the values."""
    import pyarrow.compute as pc

    return reduce(pc.and_, [table.column(name).is_null() for name in rule.at_least_one])
