"""Where some columns are so, others must be so."""

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any

from keepfit.config.row_rules import Condition, When

if TYPE_CHECKING:
    import pyarrow as pa

_LISTED = 6


def words(rule: When) -> str:
    """The rule as people read it.

    >>> words(When(when={"cancelled": ["yes"]}, then={"departed": "missing", "delay": {"min": 0}}))
    'departed is missing and delay is at least 0 where cancelled is yes'
    """
    return f"{_said(rule.then)} where {_said(rule.when)}"


def broken(table: "pa.Table", rule: When) -> "pa.ChunkedArray":
    """Rows (n,) that fulfil all of ``when`` and not all of ``then``.

    A value that is missing decides nothing, unless the condition is about that.
    """
    import pyarrow.compute as pc

    # Below `when`, "I do not know" means that the row is not judged; below `then`, that it may pass.
    asked = [pc.fill_null(_holds(table.column(name), each), False) for name, each in rule.when.items()]
    kept = [pc.fill_null(_holds(table.column(name), each), True) for name, each in rule.then.items()]
    return pc.and_not(reduce(pc.and_, asked), reduce(pc.and_, kept))


def _holds(column: "pa.ChunkedArray", condition: Condition) -> Any:
    """Whether each value (n,) is as the condition says; null where it is missing and that is not the question."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if condition.missing:
        return column.is_null()
    unknown = pa.scalar(None, pa.bool_())
    found: list[Any] = [pc.if_else(column.is_valid(), True, unknown)]
    if condition.missing is False:
        found.append(column.is_valid())
    if condition.values is not None:
        one_of = pc.is_in(column, value_set=pa.array(condition.values).cast(column.type))
        found.append(pc.if_else(column.is_valid(), one_of, unknown))
    if condition.min is not None:
        found.append(pc.greater_equal(_number(column), condition.min))
    if condition.max is not None:
        found.append(pc.less_equal(_number(column), condition.max))
    # Kleene: "no" is "no" whatever is not known, so that what must be there and is missing breaks the rule.
    return reduce(pc.and_kleene, found)


def _number(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    import pyarrow as pa

    return column.cast(pa.float64(), safe=False)


def _said(conditions: Mapping[str, Condition]) -> str:
    return " and ".join(f"{name} is {_one(each)}" for name, each in conditions.items())


def _one(condition: Condition) -> str:
    if condition.missing:
        return "missing"
    values = condition.values or ()
    more = f" or {len(values) - _LISTED} more" if len(values) > _LISTED else ""
    parts = [
        "present" if condition.missing is False else "",
        " or ".join(map(_value, values[:_LISTED])) + more,
        f"at least {condition.min:g}" if condition.min is not None else "",
        f"at most {condition.max:g}" if condition.max is not None else "",
    ]
    return ", ".join(part for part in parts if part)


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
