"""What the YAML expects of a table, asked of a window."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from keepfit.config.expectations import columns_of, kinds
from keepfit.config.model import UseCase
from keepfit.monitor.rows import Came
from keepfit.profile import merged, profiled
from keepfit.records import Expectation, Moment, Outcome, WindowCheck
from keepfit.validate.expectations import judged

if TYPE_CHECKING:
    import pyarrow as pa

# They speak of how many rows there are, in which order, or of earlier data: of what is learnt from, not of a window.
NOT_OF_WINDOWS = frozenset(
    {
        "expect_column_distinct_values_to_contain_set",
        "expect_column_distinct_values_to_equal_set",
        "expect_column_proportion_of_unique_values_to_be_between",
        "expect_column_sum_to_be_between",
        "expect_column_unique_value_count_to_be_between",
        "expect_column_values_to_be_decreasing",
        "expect_column_values_to_be_increasing",
        "expect_distribution_like_last_accepted",
        "expect_freshness",
        "expect_rows_like_usual",
        "expect_table_row_count_to_be_between",
        "expect_table_row_count_to_equal",
    }
)


def expected(use_case: UseCase, came: Came, columns: Sequence[str], moment: Moment) -> Iterator[WindowCheck]:
    """Each expectation that can be asked of a window with such columns; nothing where no row is sound.

    The label is left out: it may be that it is not known yet.
    """
    known, there = kinds(), set(columns) - {use_case.data.label.column}
    rules: list[Mapping[str, Mapping[str, Any]]] = []
    wanted: dict[str, None] = {}
    for name, arguments in (item for rule in use_case.expectations for item in rule.items()):
        about = columns_of(known[name], arguments)
        if name not in NOT_OF_WINDOWS and set(about) <= there:
            rules.append({name: arguments})
            wanted |= dict.fromkeys(about)
    profile = merged(map(profiled, came.again(list(wanted)))) if rules else None
    if profile is None or not profile.rows:
        return

    def read(names: Sequence[str]) -> "pa.Table":
        import pyarrow as pa

        return pa.concat_tables(came.again(names))

    told = judged(rules, profile, list(wanted), read, (), moment, None)
    yield from map(_check, told[: len(rules)])  # what stands behind them is asked of tables that are learnt from


def _check(told: Expectation) -> WindowCheck:
    outcome: Outcome = "pass"
    if told.outcome != "pass":
        outcome = "fail" if told.severity != "warn" else "skipped"
    reason = "" if outcome == "pass" else f"{told.name} ({told.expected}) {told.outcome}: {told.observed}"
    informs = f"informs only: {reason}" if outcome == "skipped" else reason
    return WindowCheck(check="expectation", feature=None, outcome=outcome, reason=informs)
