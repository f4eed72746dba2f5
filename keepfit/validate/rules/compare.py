"""One column of a row against another."""

from typing import TYPE_CHECKING, Any

from keepfit.config.row_rules import Compare

if TYPE_CHECKING:
    import pyarrow as pa

_FUNCTIONS = {
    "<": "less",
    "<=": "less_equal",
    "==": "equal",
    "!=": "not_equal",
    ">=": "greater_equal",
    ">": "greater",
}


def words(rule: Compare) -> str:
    """The rule as people read it.

    >>> words(Compare(compare=("dep", "<=", "arr")))
    'dep <= arr'
    """
    return " ".join(rule.compare)


def broken(table: "pa.Table", rule: Compare) -> "pa.ChunkedArray":
    """Rows (n,) whose values do not compare so; null where one of the two is missing.

    A whole number and a fraction are compared as 64-bit floating point.
    """
    import pyarrow.compute as pc

    left, right = (_number(table, name, other) for name, other in _both(rule))
    return pc.invert(pc.call_function(_FUNCTIONS[rule.compare[1]], [left, right]))


def _both(rule: Compare) -> tuple[tuple[str, str], tuple[str, str]]:
    left, _, right = rule.compare
    return (left, right), (right, left)


def _number(table: "pa.Table", name: str, other: str) -> Any:
    """The column, as floating point where the other one is (Arrow would refuse whole numbers beyond 2⁵³)."""
    import pyarrow as pa

    column, mixed = table.column(name), pa.types.is_floating(table.schema.field(other).type)
    return column.cast(pa.float64(), safe=False) if mixed and pa.types.is_integer(column.type) else column
