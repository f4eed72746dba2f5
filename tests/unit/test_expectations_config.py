"""What `keepfit check` says of expectations: everything that is wrong, with line and column, without importing them."""

import sys
from pathlib import Path

import pytest

from keepfit.config.expectations import REFUSED, kinds
from keepfit.config.loading import understand
from keepfit.errors import ConfigError

FLIGHTS = (Path(__file__).parent / "flight_delay.yaml").read_text(encoding="utf-8")
ITEM = "expect_table_row_count_to_be_between: {min_value: 20000}"
LINE = next(number for number, line in enumerate(FLIGHTS.splitlines(), 1) if ITEM in line)
MEAN = "expect_column_mean_to_be_between"
QUANTILE = "expect_quantile_to_be_between"
LIKE = "expect_distribution_like_last_accepted"


def refusal(item):
    with pytest.raises(ConfigError) as caught:
        understand(FLIGHTS.replace(ITEM, item).encode(), Path("a.yaml"), {})
    (problem,) = caught.value.problems
    return problem


# (the item, what the place in the file begins with, what the block says)
WRONG = {
    "unknown name": (
        "expect_tabel_row_count_to_equal: {value: 1}",
        "expect_tabel",
        ["did you mean `expect_table_row_"],
    ),
    "no name": ("table_row_count: {value: 1}", "table_row", ["expect_…"]),
    "two names": ("{expect_freshness: {at_most: 1d}, expect_rows_like_usual: {}}", "{", ["one name for each item"]),
    "unknown argument": (
        f"{MEAN}: {{column: distance, min_valu: 1, max_value: 2}}",
        "min_valu",
        ["did you mean `min_value`?"],
    ),
    "argument missing": (
        f"{QUANTILE}: {{column: distance, min_value: 1}}",
        QUANTILE,
        ["lacks `quantile`", "0% to 100%"],
    ),
    "text for a number": (
        f'{QUANTILE}: {{column: distance, quantile: 0.5, min_value: "1"}}',
        "min_value",
        ["a number", "'1'"],
    ),
    "a flag for a number": (
        f"{QUANTILE}: {{column: distance, quantile: 0.5, min_value: true}}",
        "min_value",
        ["a number"],
    ),
    "share above one": (
        f"{QUANTILE}: {{column: distance, quantile: 50, min_value: 1}}",
        "quantile: 50",
        ["0% to 100%", "50"],
    ),
    "half a row": ("expect_table_row_count_to_be_between: {min_value: 1.5}", "min_value", ["a whole number"]),
    "unknown column": (f"{MEAN}: {{column: distanse, min_value: 1}}", "column", ["did you mean `distance`?"]),
    "unknown column of a list": (
        "expect_compound_columns_to_be_unique: {column_list: [distance, carier]}",
        "expect_compound",
        ["did you mean `carrier`?"],
    ),
    "unknown column of a condition": (
        f'{MEAN}: {{column: distance, min_value: 1, row_condition: \'col("carier") == "AA"\'}}',
        MEAN,
        ["did you mean `carrier`?"],
    ),
    "condition in a language of pandas": (
        f"{MEAN}: {{column: distance, min_value: 1, row_condition: 'distance > 1'}}",
        "row_condition",
        ['col("carrier") == "AA"'],
    ),
    "parser of conditions": (
        f"{MEAN}: {{column: distance, min_value: 1, condition_parser: pandas}}",
        "condition_parser",
        ["has no argument `condition_parser`"],
    ),
    "mean of texts": (
        f"{MEAN}: {{column: carrier, min_value: 1}}",
        "column",
        ["type is category", "bool or float or int"],
    ),
    "lengths of numbers": (
        "expect_column_value_lengths_to_equal: {column: distance, value: 1}",
        "column",
        ["category or text"],
    ),
    "limits of texts": (
        "expect_column_min_to_be_between: {column: carrier, min_value: 1}",
        "min_value",
        ["texts have no limits"],
    ),
    "a number for a moment": (
        "expect_column_min_to_be_between: {column: time_hour, min_value: 2013}",
        "min_value",
        ["a moment with its offset such as 2013-01-01T00:00:00+00:00"],
    ),
    "a date for a moment": (
        "expect_column_min_to_be_between: {column: time_hour, min_value: 2013-01-01}",
        "min_value",
        ["a moment with its offset"],
    ),
    "a moment for a number": (
        'expect_column_min_to_be_between: {column: distance, min_value: "2013-01-01T00:00:00+00:00"}',
        "min_value",
        ["does not fit a column of type float", "a number"],
    ),
    "limits in no order": (f"{MEAN}: {{column: distance, min_value: 3, max_value: 2}}", "min_value", ["3 and 2"]),
    "shares in no order": (
        "expect_share_to_be_between: {column: carrier, missing: true, min_value: 10%, max_value: 5%}",
        "min_value",
        ["10% and 5%"],
    ),
    "moments in no order": (
        "expect_column_min_to_be_between: {column: time_hour, min_value: 2013-01-01T01:00:00+01:00,"
        " max_value: 2012-12-31T23:00:00+00:00}",
        "min_value",
        ["min_value at most max_value"],
    ),
    "no limit": (f"{MEAN}: {{column: distance}}", MEAN, ["it would always pass"]),
    "values and missing": (
        "expect_share_to_be_between: {column: carrier, missing: true, values: [AA], min_value: 1%}",
        "expect_share",
        ["`values` or for `missing: true`"],
    ),
    "column and columns": (f"{LIKE}: {{column: carrier, columns: all}}", LIKE, ["needs `column` or `columns`"]),
    "no severity": (
        f"{MEAN}: {{column: distance, min_value: 1, severity: error}}",
        "severity",
        ["one of stop, hold, warn"],
    ),
    "a tenth is no times": ("expect_rows_like_usual: {within: 0.1}", "within", ["a number above 1"]),
    "duration": ("expect_freshness: {at_most: 35}", "at_most", ["a duration such as 7d", "35"]),
    "freshness of a number": (
        "expect_freshness: {at_most: 35d, column: distance}",
        "column",
        ["a column of type time"],
    ),
    "regular expression": (
        "expect_column_values_to_match_regex: {column: carrier, regex: '['}",
        "regex",
        ["a regular expr"],
    ),
    "pairs": (
        "expect_column_pair_values_to_be_in_set: {column_A: carrier, column_B: origin, value_pairs_set: [[a, b, c]]}",
        "value_pairs_set",
        ["a list of pairs"],
    ),
    "sets of sets": (
        "expect_column_values_to_be_in_set: {column: carrier, value_set: [[a]]}",
        "value_set",
        ["a list of values"],
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_its_place(name):
    item, begins, says = WRONG[name]
    problem = refusal(item)
    file, line, column = problem.where.split(" ")[0].split(":")
    text = FLIGHTS.replace(ITEM, item).splitlines()[LINE - 1]
    assert (file, int(line)) == ("a.yaml", LINE)
    assert text[int(column) - 1 :].startswith(begins), str(problem)
    assert all(word in str(problem) for word in says), str(problem)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_work_is_refused_with_the_reason(name):
    problem = refusal(f"{name}: {{}}")
    assert problem.what.startswith(f"`{name}` cannot work here: ")
    assert name not in kinds()


@pytest.mark.parametrize(
    "item",
    [
        f"{QUANTILE}: {{column: distance, quantile: 50%, min_value: 300, severity: warn}}",
        "expect_share_to_be_between: {column: carrier, values: [AA, UA], max_value: 60%}",
        f"{LIKE}: {{columns: all, psi_at_most: 0.1}}",
        f"{LIKE}: {{columns: [carrier, distance]}}",
        "expect_rows_like_usual: {}",
        "expect_freshness: {at_most: 20d, severity: stop}",
        f'{MEAN}: {{column: distance, min_value: 1, row_condition: \'col("carrier") == "AA"\'}}',
        "expect_column_values_to_not_be_null: {column: late, mostly: 95%}",
        'expect_column_max_to_be_between: {column: time_hour, max_value: "2030-01-01T00:00:00Z"}',
    ],
)
def test_what_is_right_passes(item):
    before = set(sys.modules)
    assert understand(FLIGHTS.replace(ITEM, item).encode(), Path("a.yaml"), {}).use_case.expectations
    assert not {"great_expectations", "pandas", "pyarrow"} & (set(sys.modules) - before)
