"""Expectations are known by name, and their limits are in order; what they mean is for Great Expectations."""

import re
from collections.abc import Iterator

from keepfit.config.document import Finding
from keepfit.config.model import UseCase
from keepfit.config.suggest import did_you_mean, listed

_NAME = re.compile(r"expect_[a-z0-9_]+", re.ASCII)


def each_is_one_known_name(use_case: UseCase) -> Iterator[Finding]:
    """One name with its arguments in each item of the list; a column that it names is one of the table."""
    for index, expectation in enumerate(use_case.expectations):
        if len(expectation) != 1:
            expected = "one name for each item: `- expect_…: {…}`"
            yield Finding(("expectations", index), "an expectation is one name with its arguments", expected)
        for name, arguments in expectation.items():
            if not _NAME.fullmatch(name):
                yield Finding(("expectations", index, name), "not the name of an expectation", "expect_…", f"`{name}`")
            column = arguments.get("column")
            if isinstance(column, str) and column not in (known := _columns(use_case)):
                what = f"the expectation is about the column `{column}`, which the table does not have"
                path = ("expectations", index, name, "column")
                yield Finding(path, what, f"one of {listed(known)}", do=did_you_mean(column, known))


def limits_are_in_order(use_case: UseCase) -> Iterator[Finding]:
    """``min_value`` is at most ``max_value``."""
    for index, expectation in enumerate(use_case.expectations):
        for name, arguments in expectation.items():
            low, high = arguments.get("min_value"), arguments.get("max_value")
            if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
                what = f"`min_value` is above `max_value` in {name}"
                path = ("expectations", index, name, "min_value")
                yield Finding(path, what, "min_value at most max_value", f"{low:g} and {high:g}")


def _columns(use_case: UseCase) -> set[str]:
    data = use_case.data
    return {*use_case.contract.columns, *data.key, data.label.column, *([data.event_time] if data.event_time else [])}
