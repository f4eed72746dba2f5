"""What Great Expectations would say, answered from the profile where that is certain: nothing is read or imported.

A test holds every answer against that of Great Expectations on the same rows. One thing differs: what is said of the
values of a column fails where there are none, since nothing proves nothing.
"""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from keepfit.config.expectation_arguments import moment
from keepfit.profile import (
    ColumnProfile,
    Profile,
    distinct,
    distinct_error,
    mean,
    quantile,
    quantile_error,
    table_of,
    total,
    variance,
)
from keepfit.validate.expect.facts import NO_VALUE, Seen, between, seen, surely, words

Answer = Callable[[ColumnProfile, Mapping[str, Any]], Seen | None]
_FAR = 5  # standard errors of an estimate, beyond which it is taken as certain
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def known(name: str, profile: Profile, arguments: Mapping[str, Any]) -> Seen | None:
    """The answer, or None where only the rows themselves have it."""
    if "row_condition" in arguments:
        return None
    if name.startswith("expect_table_row_count"):
        exactly = arguments.get("value", profile.rows)
        return seen(between(profile.rows, arguments) and profile.rows == exactly, words(profile.rows))
    column = profile.columns[arguments["column"]] if name in ANSWERS else None
    if column is None or column.kind in {"mixed", "other"}:
        return None
    if column.nulls == column.rows and name not in _ABOUT_NULLS:
        return seen(False, NO_VALUE)
    return ANSWERS[name](column, arguments)


def _ends(column: ColumnProfile, arguments: Mapping[str, Any], *, high: bool) -> Seen | None:
    if column.times:
        at = column.times.last if high else column.times.first
        limits = {key: _microseconds(arguments[key]) for key in ("min_value", "max_value") if key in arguments}
        return seen(between(at, {**arguments, **limits}), _moment(at))
    numbers = column.numbers
    if numbers is None:
        return None
    infinite = numbers.infinity if high else numbers.minus_infinity
    found = (math.inf if high else -math.inf) if infinite else numbers.high if high else numbers.low
    return seen(between(found, arguments), words(found)) if found is not None else None


def _microseconds(text: str) -> int:
    return (moment(text) - _EPOCH) // timedelta(microseconds=1)


def _moment(microseconds: int) -> str:
    try:
        return f"{_EPOCH + timedelta(microseconds=microseconds)}"
    except OverflowError:
        return f"{microseconds:,} µs from 1970"


def _figure(figure: Callable[[ColumnProfile], float]) -> Answer:
    def answer(column: ColumnProfile, arguments: Mapping[str, Any]) -> Seen | None:
        return seen(between(value := figure(column), arguments), words(value)) if column.numbers else None

    return answer


def _stdev(column: ColumnProfile) -> float:
    """Of the sample (over n − 1), as Great Expectations has it."""
    rows = column.rows - column.nulls
    return math.sqrt(variance(column) * rows / (rows - 1)) if rows > 1 else math.nan


def _median(column: ColumnProfile, arguments: Mapping[str, Any]) -> Seen | None:
    if not column.numbers:
        return None
    # Of an even number of rows Great Expectations takes the mean of the two in the middle.
    rows = column.rows - column.nulls
    low, high = quantile(column, 0.5), quantile(column, float(Fraction(rows // 2 + 1, rows)))
    error = quantile_error(column)
    if not error:
        return seen(between((low + high) / 2, arguments), words((low + high) / 2))
    right = surely(low - abs(low) * error, high + abs(high) * error, arguments)
    return None if right is None else seen(right, f"{words((low + high) / 2)} (±{error:.1%} of it)")


def _distinct(column: ColumnProfile, arguments: Mapping[str, Any], of: int = 1) -> Seen | None:
    found, error = distinct(column), distinct_error(column)
    if not error:
        return seen(between(found / of if of > 1 else found, arguments), words(found / of if of > 1 else found))
    right = surely(found * (1 - _FAR * error) / of, found * (1 + _FAR * error) / of, arguments)
    return None if right is None else seen(right, f"about {words(found / of if of > 1 else found)}")


def _distinct_share(column: ColumnProfile, arguments: Mapping[str, Any]) -> Seen | None:
    there = column.rows - column.nulls
    return _distinct(column, arguments, there) if there > 1 else None


def _nulls(*, wanted: bool) -> Answer:
    def answer(column: ColumnProfile, arguments: Mapping[str, Any]) -> Seen | None:
        unexpected = column.rows - column.nulls if wanted else column.nulls
        return _mostly(unexpected, column.rows, column.rows, arguments)

    return answer


def _mostly(unexpected: int, of: int, rows: int, arguments: Mapping[str, Any], such_as: str = "") -> Seen:
    right = bool(of) and (of - unexpected) / of >= arguments.get("mostly", 1)
    some = f", such as {such_as}" if such_as else ""
    return seen(right, f"{unexpected:,} of {rows:,} unexpected{some}")


def _share_there(column: ColumnProfile, arguments: Mapping[str, Any]) -> Seen | None:
    share = 1 - column.nulls / column.rows if column.rows else math.nan
    return seen(between(share, arguments), words(share))


def _each_value(wrong: Callable[[Any, Mapping[str, Any]], bool]) -> Answer:
    """Every value has to be right."""

    def answer(column: ColumnProfile, arguments: Mapping[str, Any]) -> Seen | None:
        table = table_of(column)
        if table is None:
            return None
        pairs = zip(table.values, table.counts, strict=True)
        unexpected = {value: rows for value, rows in pairs if wrong(value, arguments)}
        such_as = ", ".join(_shown(column, value) for value in list(unexpected)[:3])
        return _mostly(sum(unexpected.values()), column.rows - column.nulls, column.rows, arguments, such_as)

    return answer


def _between(column: ColumnProfile, arguments: Mapping[str, Any]) -> Seen | None:
    counted = _each_value(lambda value, limits: not between(value, limits))
    if column.texts or column.times:
        return None
    if table_of(column):
        return counted(column, arguments)
    least, most = _ends(column, arguments, high=False), _ends(column, arguments, high=True)
    inside = least and most and least.outcome == most.outcome == "pass"
    return _mostly(0, column.rows - column.nulls, column.rows, arguments) if inside else None


def _values(right: Callable[[set[Any], set[Any]], bool]) -> Answer:
    """The set of values against a set."""

    def answer(column: ColumnProfile, arguments: Mapping[str, Any]) -> Seen | None:
        table = table_of(column)
        if table is None:
            return None
        values, wanted = set(table.values), set(arguments["value_set"])
        unexpected = [_shown(column, value) for value in table.values if value not in wanted]
        absent = sorted(str(value) for value in wanted - values)
        said = [f"{len(unexpected):,} unexpected" + (f", such as {', '.join(unexpected[:3])}" if unexpected else "")]
        said += [f"{len(absent):,} absent, such as {', '.join(absent[:3])}"] if absent else []
        return seen(right(values, wanted), "; ".join(said))

    return answer


def _commonest(column: ColumnProfile, arguments: Mapping[str, Any]) -> Seen | None:
    table = table_of(column)
    if table is None:
        return None
    most = max(table.counts)
    values = [value for value, rows in zip(table.values, table.counts, strict=True) if rows == most]
    inside = [value in arguments["value_set"] for value in values]
    right = any(inside) if arguments.get("ties_okay") else len(values) == 1 and all(inside)
    return seen(right, f"{', '.join(_shown(column, value) for value in values[:3])} ({most:,} rows each)")


def _shown(column: ColumnProfile, value: Any) -> str:
    return ("true" if value else "false") if column.kind == "bool" else str(value)[:40]


_ABOUT_NULLS = {
    "expect_column_values_to_not_be_null",
    "expect_column_values_to_be_null",
    "expect_column_proportion_of_non_null_values_to_be_between",
}
ANSWERS: Mapping[str, Answer] = {
    "expect_column_min_to_be_between": lambda column, arguments: _ends(column, arguments, high=False),
    "expect_column_max_to_be_between": lambda column, arguments: _ends(column, arguments, high=True),
    "expect_column_mean_to_be_between": _figure(mean),
    "expect_column_sum_to_be_between": _figure(total),
    "expect_column_stdev_to_be_between": _figure(_stdev),
    "expect_column_median_to_be_between": _median,
    "expect_column_unique_value_count_to_be_between": _distinct,
    "expect_column_proportion_of_unique_values_to_be_between": _distinct_share,
    "expect_column_values_to_not_be_null": _nulls(wanted=False),
    "expect_column_values_to_be_null": _nulls(wanted=True),
    "expect_column_proportion_of_non_null_values_to_be_between": _share_there,
    "expect_column_values_to_be_in_set": _each_value(lambda value, to: value not in to["value_set"]),
    "expect_column_values_to_not_be_in_set": _each_value(lambda value, to: value in to["value_set"]),
    "expect_column_values_to_be_between": _between,
    "expect_column_distinct_values_to_be_in_set": _values(lambda values, wanted: values <= wanted),
    "expect_column_distinct_values_to_contain_set": _values(lambda values, wanted: values >= wanted),
    "expect_column_distinct_values_to_equal_set": _values(lambda values, wanted: values == wanted),
    "expect_column_most_common_value_to_be_in_set": _commonest,
}
