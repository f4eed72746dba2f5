"""Expectations are known by name and can work, their arguments are right, and they fit the columns they name."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from keepfit.config.document import Finding, Path, shorten
from keepfit.config.expectation_arguments import moment, takes
from keepfit.config.expectations import REFUSED, SEVERITY, Argument, Kind, columns_of, kinds
from keepfit.config.model import UseCase
from keepfit.config.suggest import did_you_mean, listed
from keepfit.config.values import ColumnType

_NAME = re.compile(r"expect_[a-z0-9_]+", re.ASCII)
_NUMBERS: frozenset[ColumnType] = frozenset({"int", "float", "bool"})
_TEXTS: frozenset[ColumnType] = frozenset({"category", "text"})
# By a part of the name: the columns that such an expectation can be about at all.
_NEEDS: dict[str, frozenset[ColumnType]] = {
    **dict.fromkeys(("_mean_", "_sum_", "_stdev_", "_median_", "_z_scores_", "_outliers", "_quantile_"), _NUMBERS),
    **dict.fromkeys(("_lengths_", "_regex", "_strftime_", "_json_", "_dateutil_"), _TEXTS),
    **dict.fromkeys(("_increasing", "_decreasing"), _NUMBERS | {"time"}),
    "_freshness": frozenset({"time"}),
}
Types = Mapping[str, ColumnType | None]


def each_is_right(use_case: UseCase) -> Iterator[Finding]:
    """One known name with its arguments in each item of the list."""
    known = kinds() if use_case.expectations else {}
    for index, expectation in enumerate(use_case.expectations):
        yield from wrong(expectation, known, _types(use_case), index)


def _types(use_case: UseCase) -> Types:
    """The columns of the table; the type is None where the YAML does not say it."""
    data = use_case.data
    unsaid: Types = dict.fromkeys([*data.key, data.label.column])
    time: Types = {data.event_time: "time"} if data.event_time else {}
    return {**unsaid, **time, **{name: rule.type for name, rule in use_case.contract.columns.items()}}


def wrong(rule: Mapping[str, Any], known: Mapping[str, Kind], types: Types, index: int) -> Iterator[Finding]:
    """Everything that is wrong with one item of the list, on a table with columns of these types."""
    if len(rule) != 1:
        expected = "one name for each item: `- expect_…: {…}`"
        yield Finding(("expectations", index), "an expectation is one name with its arguments", expected)
    for name, arguments in rule.items():
        path: Path = ("expectations", index, name)
        if name in known:
            yield from _arguments(known[name], arguments, path)
            yield from _columns(known[name], arguments, types, path)
            yield from _order(known[name], arguments, path)
        else:
            yield _unknown(name, known, path)


def _unknown(name: str, known: Mapping[str, Kind], path: Path) -> Finding:
    if name in REFUSED:
        return Finding(path, f"`{name}` cannot work here: {REFUSED[name]}", found=f"`{name}`")
    if not _NAME.fullmatch(name):
        return Finding(path, "not the name of an expectation", "expect_…", f"`{shorten(name)}`")
    expected = "an expectation of Great Expectations, or one of our own"
    return Finding(path, "there is no such expectation", expected, f"`{shorten(name)}`", did_you_mean(name, known))


def _arguments(kind: Kind, arguments: Mapping[str, Any], path: Path) -> Iterator[Finding]:
    offered = {**kind.arguments, "severity": SEVERITY}
    for name, value in arguments.items():
        if name not in offered:
            what = f"{kind.name} has no argument `{shorten(name)}`"
            yield Finding((*path, name), what, listed(offered, 30), f"`{shorten(name)}`", did_you_mean(name, offered))
        elif not _fits(offered[name], value):
            expected = takes(offered[name].takes).expected
            yield Finding((*path, name), f"`{name}` of {kind.name} is not what it should be", expected)
    for name, argument in kind.arguments.items():
        if argument.required and name not in arguments:
            yield Finding(path, f"{kind.name} lacks `{name}`", takes(argument.takes).expected)
    yield from _together(kind, arguments, path)


def _fits(argument: Argument, value: Any) -> bool:
    try:
        takes(argument.takes).parse(value)
    except (ValueError, TypeError):
        return False
    return True


def _together(kind: Kind, arguments: Mapping[str, Any], path: Path) -> Iterator[Finding]:
    """What only several arguments together make wrong."""
    limits = {"min_value", "max_value"}
    if kind.name.endswith("_to_be_between") and not limits & set(arguments):
        what = f"{kind.name} has neither `min_value` nor `max_value`: it would always pass"
        yield Finding(path, what, "one of them, or both")
    if {"values", "missing"} <= set(kind.arguments) and ("values" in arguments) == (arguments.get("missing") is True):
        yield Finding(path, f"{kind.name} asks for `values` or for `missing: true`", "one of the two")
    if {"column", "columns"} <= set(kind.arguments) and ("column" in arguments) == ("columns" in arguments):
        yield Finding(path, f"{kind.name} needs `column` or `columns`", "one of the two")


def _columns(kind: Kind, arguments: Mapping[str, Any], types: Types, path: Path) -> Iterator[Finding]:
    fitting = next((fits for part, fits in _NEEDS.items() if part in kind.name), None)
    about = columns_of(kind, {name: value for name, value in arguments.items() if name != "row_condition"})
    for column in columns_of(kind, arguments):
        at = (*path, *(key for key, value in arguments.items() if value == column))[: len(path) + 1]
        type_ = types.get(column)
        if column not in types:
            what = f"the expectation is about the column `{shorten(column)}`, which the table does not have"
            yield Finding(at, what, f"one of {listed(types)}", do=did_you_mean(column, types))
        elif fitting and type_ is not None and type_ not in fitting and column in about:
            what = f"{kind.name} cannot be about `{column}`, whose type is {type_}"
            yield Finding(at, what, f"a column of type {' or '.join(sorted(fitting))}")
        elif column == arguments.get("column"):
            yield from _limits(kind, arguments, type_, path)


def _limits(kind: Kind, arguments: Mapping[str, Any], type_: ColumnType | None, path: Path) -> Iterator[Finding]:
    """Limits are numbers for numbers and moments for times; texts have none."""
    for name in ("min_value", "max_value"):
        argument = kind.arguments.get(name)
        if argument is None or argument.takes != "limit" or name not in arguments or type_ is None:
            continue
        if type_ in _TEXTS:
            what = f"`{name}` stands on a column whose type is {type_}: texts have no limits"
            yield Finding((*path, name), what, "a column of numbers or times")
        elif isinstance(arguments[name], str) != (type_ == "time"):
            expected = "a moment with its offset such as 2013-01-01T00:00:00+00:00" if type_ == "time" else "a number"
            yield Finding((*path, name), f"`{name}` does not fit a column of type {type_}", expected)


def _order(kind: Kind, arguments: Mapping[str, Any], path: Path) -> Iterator[Finding]:
    """``min_value`` is at most ``max_value``."""
    found = [arguments.get(name) for name in ("min_value", "max_value")]
    argument = kind.arguments.get("min_value")
    if argument is None or None in found or not all(_fits(argument, value) for value in found):
        return
    low, high = (takes(argument.takes).parse(value) for value in found)
    if isinstance(low, str) != isinstance(high, str):
        return
    if (moment(low) > moment(high)) if isinstance(low, str) else low > high:
        what = f"`min_value` is above `max_value` in {kind.name}"
        yield Finding((*path, "min_value"), what, "min_value at most max_value", f"{found[0]} and {found[1]}")
