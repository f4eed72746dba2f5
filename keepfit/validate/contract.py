"""The contract as a Pandera schema: every rule of every row is checked, every failure is found at once.

Types are Keepfit's own business (``keepfit.data.convert``): what comes here is already whole numbers, numbers, truth
values, times and texts. So Pandera checks what is left, and never coerces.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from keepfit.config.contract import ColumnRule

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pandera
    import pyarrow as pa

_SLICE = 1 << 17


class Failures(NamedTuple):
    """Rows (positions in the table) that broke one rule of one column."""

    column: str
    rule: str
    rows: "list[int]"


def compiled(rules: Mapping[str, ColumnRule]) -> "pandera.DataFrameSchema":
    """The schema of a data frame made by `frame`.

    The name of every check is the rule in words, as quarantine and report show it.
    """
    import pandera.pandas as pandera

    columns = {
        name: pandera.Column(_dtype(rule), list(_checks(rule)), nullable=rule.nullable, name=name)
        for name, rule in rules.items()
    }
    return pandera.DataFrameSchema(columns, strict=True, ordered=False)


def _dtype(rule: ColumnRule) -> Any:
    import pandas as pd

    dtypes: dict[str, Any] = {
        "int": pd.Int64Dtype(),
        "float": "float64",
        "bool": pd.BooleanDtype(),
        "time": pd.DatetimeTZDtype("us", "UTC"),
    }
    return dtypes.get(rule.type, pd.StringDtype("pyarrow", na_value=float("nan")))


def _checks(rule: ColumnRule) -> "Iterator[pandera.Check]":
    import pandera.pandas as pandera

    if rule.min is not None:
        yield pandera.Check.ge(rule.min, name=f"at least {rule.min:g}", error=f"at least {rule.min:g}")
    if rule.max is not None:
        yield pandera.Check.le(rule.max, name=f"at most {rule.max:g}", error=f"at most {rule.max:g}")
    if rule.values is not None:
        words = f"one of {', '.join(rule.values)}"
        yield pandera.Check.isin(list(rule.values), name=words, error=words)


def frame(table: "pa.Table") -> "pd.DataFrame":
    """A data frame in which nothing changes its value: whole numbers and truth values with nulls stay what they are."""
    import pandas as pd
    import pyarrow as pa

    kept: dict[Any, Any] = {
        pa.int64(): pd.Int64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
        pa.string(): pd.StringDtype("pyarrow", na_value=float("nan")),
    }
    result: pd.DataFrame = table.to_pandas(types_mapper=kept.get)
    return result


def broken_rows(table: "pa.Table", rules: Mapping[str, ColumnRule]) -> list[Failures]:
    """Every failure of every rule; the table has exactly the columns of ``rules``.

    The table is looked at a slice at a time, so that memory does not grow with it.
    """
    schema = compiled(rules)
    found: dict[tuple[str, str], list[int]] = {}
    for start in range(0, table.num_rows, _SLICE):
        for column, rule, row in _slice_failures(schema, table.slice(start, _SLICE)):
            found.setdefault((column, rule), []).append(start + row)
    return [Failures(column, rule, rows) for (column, rule), rows in found.items()]


def _slice_failures(schema: "pandera.DataFrameSchema", part: "pa.Table") -> Iterator[tuple[str, str, int]]:
    from pandera.errors import SchemaErrors

    try:
        schema.validate(frame(part), lazy=True, inplace=True)
    except SchemaErrors as error:
        cases = error.failure_cases
        if cases["index"].isna().any():
            # A failure without a row is one of the schema itself (a dtype): ours, not that of the data.
            raise
        words: Callable[[str], str] = lambda check: "missing" if check == "not_nullable" else check  # noqa: E731
        yield from zip(cases["column"], map(words, cases["check"]), cases["index"].astype(int), strict=True)
