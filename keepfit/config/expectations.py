"""The expectations that a YAML may name, with their arguments: our own, and those of Great Expectations that can work.

Only declarations stand here; ``keepfit.validate`` looks at the data. What Great Expectations offers is a table made
from the installed library, so that nothing here has to import it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from keepfit.config.expectation_arguments import SEVERITIES, condition_column, takes


class Argument(NamedTuple):
    """``takes`` is a word of `keepfit.config.expectation_arguments`."""

    takes: str
    required: bool = False
    about: str = ""


class Kind(NamedTuple):
    """An expectation that may be named; ``severity`` is what a fail does unless the YAML says otherwise."""

    name: str
    arguments: Mapping[str, Argument]
    severity: str
    about: str
    own: bool


class Asked(NamedTuple):
    """One item of the list, its arguments as they are used; ``text`` says them as the YAML does."""

    name: str
    severity: str
    arguments: Mapping[str, Any]
    text: str


SEVERITY = Argument("|".join(SEVERITIES), about="What a fail does: stop the run, hold the release, or warn.")
_MIN = "The smallest that is right."
_MAX = "The largest that is right."


def _own(name: str, severity: str, about: str, **arguments: Argument) -> Kind:
    return Kind(name, arguments, severity, f"{about} Severity unless said: {severity}.", own=True)


OWN = (
    _own(
        "expect_quantile_to_be_between",
        "stop",
        "A quantile of a column of numbers, from its sketch: exact up to 1,024 distinct numbers, else within 0.4 % "
        "(more where numbers span many orders of magnitude; the report says how much).",
        column=Argument("column", required=True, about="A column of numbers."),
        quantile=Argument("share", required=True, about="Which: 0.5 or 50% is the median."),
        min_value=Argument("number", about=_MIN),
        max_value=Argument("number", about=_MAX),
    ),
    _own(
        "expect_share_to_be_between",
        "stop",
        "The share of rows that have one of some values, or none at all.",
        column=Argument("column", required=True, about="The column."),
        values=Argument("values", about="Rows with one of these values count."),
        missing=Argument("flag", about="`true`: rows without a value count, instead of `values`."),
        min_value=Argument("share", about=_MIN),
        max_value=Argument("share", about=_MAX),
    ),
    _own(
        "expect_distribution_like_last_accepted",
        "hold",
        "The values that have come since the last data that were accepted, against those. Names every column whose "
        "population stability index is too large, and how many times larger its values are. A change may be right, so "
        "a person looks.",
        column=Argument("column", about="One column; or `columns`."),
        columns=Argument("columns_or_all", about="Several columns, or `all` but times and numbers that name a row."),
        psi_at_most=Argument("number", about="Beyond what chance alone makes; 0.2 unless said."),
    ),
    _own(
        "expect_rows_like_usual",
        "hold",
        "Rows a day (rows in all, where they have no time) that have come since the last data that were accepted, "
        "against those. Judged in every use case: without this item, ten times or a tenth of the usual rows is held.",
        within=Argument(
            "times", about="At most this many times the usual, at least one part in so many; 10 unless said."
        ),
    ),
    _own(
        "expect_freshness",
        "hold",
        "The age of the newest time at `as_of`. `data.freshness` refuses to train; this one can hold or warn before, "
        "or look at another column.",
        at_most=Argument("duration", required=True, about="The oldest that the newest may be."),
        column=Argument("column", about="A column of times; the event time unless said."),
    ),
)

_SQL = "it needs a database; here a table is looked at"
_CONTRACT = "it can only repeat `contract.columns`, which says which columns there are and of what type"
REFUSED = {
    "expect_column_quantile_values_to_be_between": "write `expect_quantile_to_be_between: {column, quantile, …}`",
    "expect_column_to_exist": _CONTRACT,
    "expect_column_type_to_be": _CONTRACT,
    "expect_column_values_to_be_in_type_list": _CONTRACT,
    "expect_column_values_to_be_of_type": _CONTRACT,
    "expect_column_values_to_match_like_pattern": f"{_SQL}; write a regular expression",
    "expect_column_values_to_match_like_pattern_list": f"{_SQL}; write regular expressions",
    "expect_column_values_to_not_match_like_pattern": f"{_SQL}; write a regular expression",
    "expect_column_values_to_not_match_like_pattern_list": f"{_SQL}; write regular expressions",
    "expect_multicolumn_values_to_be_unique": "it always crashes; write `expect_compound_columns_to_be_unique` for "
    "rows, `expect_select_column_values_to_be_unique_within_record` for values of a row",
    "expect_query_results_to_match_comparison": _SQL,
    "expect_table_column_count_to_be_between": _CONTRACT,
    "expect_table_column_count_to_equal": _CONTRACT,
    "expect_table_columns_to_match_ordered_list": _CONTRACT,
    "expect_table_columns_to_match_set": _CONTRACT,
    "expect_table_row_count_to_equal_other_table": "there is no second table",
}


def kinds() -> dict[str, Kind]:
    """Every expectation that may be named."""
    table = json.loads(Path(__file__).with_name("great_expectations.json").read_text(encoding="utf-8"))
    about = "An expectation of Great Expectations. Severity unless said: stop."
    offered = {
        name: Kind(name, {key: _argument(told) for key, told in arguments.items()}, "stop", about, own=False)
        for name, arguments in table.items()
        if name not in REFUSED
    }
    return offered | {kind.name: kind for kind in OWN}


def _argument(told: str) -> Argument:
    return Argument(told.removesuffix("!"), told.endswith("!"))


def asked(kind: Kind, arguments: Mapping[str, Any]) -> Asked:
    """An item of the list in which nothing is wrong (``keepfit.config.checks.expectations`` has seen that)."""
    used = {
        name: takes(kind.arguments[name].takes).parse(value) for name, value in arguments.items() if name != "severity"
    }
    text = "; ".join(f"{name}={value}" for name, value in arguments.items() if name != "severity")
    return Asked(kind.name, str(arguments.get("severity", kind.severity)), used, text)


def columns_of(kind: Kind, arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that an expectation names, in its own order; what is not a name is left out."""
    named: list[Any] = []
    for name, value in arguments.items():
        word = kind.arguments[name].takes if name in kind.arguments else ""
        if word == "column":
            named.append(value)
        elif word.startswith("columns") and isinstance(value, list | tuple):
            named += value
        elif word == "condition" and isinstance(value, str):
            named.append(condition_column(value))
    return tuple(dict.fromkeys(name for name in named if isinstance(name, str)))
