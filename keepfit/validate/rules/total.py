"""Numbers of a row that add up to another."""

from functools import reduce
from typing import TYPE_CHECKING

from keepfit.config.row_rules import Sum

if TYPE_CHECKING:
    import pyarrow as pa


def words(rule: Sum) -> str:
    """The rule as people read it.

    >>> words(Sum(sum=("a", "b"), equals="total", within=0.01))
    'a + b = total, within 0.01'
    """
    return f"{' + '.join(rule.sum)} = {rule.equals}" + (f", within {rule.within:g}" if rule.within else "")


def broken(table: "pa.Table", rule: Sum) -> "pa.ChunkedArray":
    """Rows (n,) whose sum is further from the total than allowed; null where one of the numbers is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = [table.column(name).cast(pa.float64(), safe=False) for name in (*rule.sum, rule.equals)]
    off = pc.abs(pc.subtract(reduce(pc.add, numbers[:-1]), numbers[-1]))
    return pc.greater(off, rule.within)
