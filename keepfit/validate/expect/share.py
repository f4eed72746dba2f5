"""``expect_share_to_be_between``."""

from collections.abc import Mapping
from typing import Any

from keepfit.profile import ColumnProfile, rows_with
from keepfit.validate.expect.facts import Facts, Seen, between, seen


def expect_share(facts: Facts, arguments: Mapping[str, Any]) -> Seen:
    """Whether the share of rows with one of some values, or with none at all, is within the limits."""
    name = arguments["column"]
    column = facts.profile.columns[name]
    rows = column.nulls if arguments.get("missing") else _rows_with(facts, name, column, arguments["values"])
    if not column.rows:
        return seen(False, "there are no rows")
    share = rows / column.rows
    return seen(between(share, arguments), f"{share:.4%} ({rows:,} of {column.rows:,} rows)")


def _rows_with(facts: Facts, name: str, column: ColumnProfile, values: list[Any]) -> int:
    known = rows_with(column, values)
    if known is not None:
        return known
    # More values than a profile counts one by one: the column itself, and nothing else, is looked at.
    found = facts.read([name]).column(name).value_counts()
    wanted = set(values)
    return sum(each["counts"] for each in found.to_pylist() if each["values"] in wanted)
