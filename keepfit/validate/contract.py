"""The rules of single columns as Pandera checks: every rule of every row is checked, every failure is found.

Types are Keepfit's own business (``keepfit.data.convert``): what comes here is already whole numbers, numbers, truth
values, times and texts. So Pandera checks what is left, and never coerces. Its checks are asked one by one for the
rows that they let pass: ``schema.validate`` would write out every failing cell, which takes seconds for one part of a
table whose rows are all broken, and hundreds of megabytes.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from keepfit.config.contract import ColumnRule
from keepfit.validate.faults import Fault, Rule

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pandera
    import pyarrow as pa

_LISTED = 12  # values in the words of a rule


class ColumnCheck(NamedTuple):
    """A rule of a column, and the check that Pandera makes of it."""

    rule: Rule
    check: "pandera.Check"


def column_checks(rules: Mapping[str, ColumnRule], unseen_kept: Collection[str] = ()) -> tuple[ColumnCheck, ...]:
    """The checks of all columns; those in ``unseen_kept`` may hold values that the contract does not list."""
    return tuple(
        ColumnCheck(Rule(name, key, words), check)
        for name, rule in rules.items()
        for key, words, check in _checks(rule)
        if not (key == "values" and name in unseen_kept)
    )


def column_faults(table: "pa.Table", checks: Collection[ColumnCheck]) -> Iterator[Fault]:
    """Every failure of every check."""
    values = {name: series(table.column(name)) for name in dict.fromkeys(str(each.rule.column) for each in checks)}
    for rule, check in checks:
        if rule.key == "nullable" and not table.column(rule.column).null_count:
            continue
        passes = check(values[str(rule.column)]).check_output
        # Pandera leaves out what is missing, so the labels of what is left say which rows these are.
        rows = passes.index.to_numpy()[~passes.to_numpy(dtype=bool)]
        if len(rows):
            yield Fault(rule, rows.astype(np.int64))


def _checks(rule: ColumnRule) -> "Iterator[tuple[str, str, pandera.Check]]":
    from pandera.pandas import Check

    if not rule.nullable:
        yield "nullable", "missing", Check(lambda values: values.notna(), ignore_na=False)
    if rule.min is not None:
        yield "min", f"at least {rule.min:g}", Check.ge(rule.min)
    if rule.max is not None:
        yield "max", f"at most {rule.max:g}", Check.le(rule.max)
    if rule.values is not None:
        yield "values", f"one of {listed(rule.values)}", Check.isin(list(rule.values))
    if rule.min_length is not None:
        yield "min_length", f"at least {rule.min_length} characters", Check.str_length(min_value=rule.min_length)
    if rule.max_length is not None:
        yield "max_length", f"at most {rule.max_length} characters", Check.str_length(max_value=rule.max_length)
    if rule.matches is not None:
        yield "matches", f"matches {rule.matches}", Check(_matches(rule.matches))


def listed(values: Collection[object]) -> str:
    """Values for the words of a rule, cut where there are many.

    >>> listed(["red", "blue"])
    'red, blue'
    """
    more = len(values) - _LISTED
    return ", ".join([str(value) for value in values][:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _matches(pattern: str) -> "Callable[[pd.Series], pd.Series]":
    """Whether the whole text matches, by RE2: no pattern takes more than linear time."""

    def check(texts: "pd.Series") -> "pd.Series":
        import pandas as pd
        import pyarrow as pa
        import pyarrow.compute as pc

        found = pc.match_substring_regex(pa.array(texts, pa.string()), rf"\A(?:{pattern})\z")
        return pd.Series(found.to_numpy(zero_copy_only=False), index=texts.index)

    return check


def series(column: "pa.ChunkedArray") -> "pd.Series":
    """A column in which nothing changes its value: whole numbers and truth values with nulls stay what they are."""
    import pandas as pd
    import pyarrow as pa

    kept: dict[Any, Any] = {pa.string(): pd.StringDtype("pyarrow", na_value=float("nan"))}
    if column.null_count:
        kept |= {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    result: pd.Series = column.to_pandas(types_mapper=kept.get)
    return result
