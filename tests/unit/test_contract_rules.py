"""What each rule says of values, of limits and, above all, of missing values."""

from datetime import UTC, datetime, timedelta
from time import perf_counter

import pyarrow as pa
import pytest
from pydantic import TypeAdapter

from keepfit.config.contract import ColumnRule
from keepfit.config.row_rules import RowRuleForm
from keepfit.validate.contract import column_checks, column_faults
from keepfit.validate.faults import why
from keepfit.validate.rules import named, row_faults

NOON = datetime(2020, 1, 1, 12, tzinfo=UTC)
LARGE = 2**53


def breaking(rule, **columns):
    """The words of the rule, and the rows that break it; texts unless the values say otherwise."""
    rules = named([TypeAdapter(RowRuleForm).validate_python(rule)])
    faults = list(row_faults(pa.table(columns), rules))
    (name,) = rules
    return name.words, faults[0].rows.tolist() if faults else []


def breaking_column(cells, kind=None, **rule):
    table = pa.table({"x": pa.array(cells, kind)})
    found = column_faults(table, column_checks({"x": ColumnRule(**rule)}))
    return {fault.rule.reason: fault.rows.tolist() for fault in found}


@pytest.mark.parametrize(
    ("operator", "broken"), [("<", [1, 2]), ("<=", [2]), ("==", [0, 2]), ("!=", [1]), (">=", [0]), (">", [0, 1])]
)
def test_compare_and_a_row_that_lacks_a_value_is_not_judged(operator, broken):
    one, other = [1, 2, 3, None, 1, None], [2, 2, 2, 1, None, None]
    assert breaking({"compare": ["a", operator, "b"]}, a=one, b=other) == (f"a {operator} b", broken)
    times = {name: [NOON + timedelta(hours=h) if h else None for h in v] for name, v in {"a": one, "b": other}.items()}
    assert breaking({"compare": ["a", operator, "b"]}, **times)[1] == broken


def test_whole_numbers_are_compared_exactly_and_with_fractions_as_floating_point():
    assert breaking({"compare": ["a", "<", "b"]}, a=[LARGE, LARGE], b=[LARGE + 1, LARGE])[1] == [1]
    assert breaking({"compare": ["a", "<=", "b"]}, a=[LARGE + 1, 3, None], b=[2.0**53, 2.5, 1.0])[1] == [1]


def test_texts_and_truth_values_are_compared_for_being_equal():
    assert breaking({"compare": ["a", "!=", "b"]}, a=["x", "x", None], b=["x", "y", "x"])[1] == [0]
    assert breaking({"compare": ["a", "==", "b"]}, a=[True, True, None], b=[True, False, True])[1] == [1]


def test_a_sum_may_be_off_by_what_is_said_and_no_more():
    rule = {"sum": ["a", "b"], "equals": "total", "within": 0.25}
    found = breaking(rule, a=[1, 1, 1, None, 1], b=[0.5, 0.5, 0.5, 0.5, 0.5], total=[1.75, 1.2, 1.5, 9.0, None])
    assert found == ("a + b = total, within 0.25", [1])
    assert breaking({"sum": ["a", "b"], "equals": "total"}, a=[0.1, 1.0], b=[0.2, 2.0], total=[0.3, 3.0])[1] == [0]


def test_a_sum_that_overflows_equals_nothing():
    rule = {"sum": ["a", "b"], "equals": "total", "within": 1e308}
    assert breaking(rule, a=[1.7e308], b=[1.7e308], total=[1.0])[1] == [0]


def test_together_is_all_or_nothing():
    columns = {"a": [1, 1, None, None], "b": ["x", None, "x", None]}
    assert breaking({"together": ["a", "b"]}, **columns) == ("a, b together or not at all", [1, 2])


def test_at_least_one_is_broken_only_where_all_are_missing():
    columns = {"a": [1, 1, None, None], "b": ["x", None, "x", None]}
    assert breaking({"at_least_one": ["a", "b"]}, **columns) == ("at least one of a, b", [3])


def test_when_a_missing_value_is_not_what_is_asked_and_then_it_breaks_nothing_but_present():
    answer, delay = ["yes", "yes", "yes", "no", None], [None, 5, -1, -1, -1]
    judged = {"answer": answer, "delay": delay}
    asked = {"answer": ["yes"]}
    assert breaking({"when": asked, "then": {"delay": "missing"}}, **judged) == (
        "delay is missing where answer is yes",
        [1, 2],
    )
    assert breaking({"when": asked, "then": {"delay": "present"}}, **judged)[1] == [0]
    assert breaking({"when": asked, "then": {"delay": {"min": 0}}}, **judged)[1] == [2]
    assert breaking({"when": asked, "then": {"delay": {"min": 0, "missing": False}}}, **judged)[1] == [0, 2]
    assert breaking({"when": asked, "then": {"delay": [5, 6]}}, **judged)[1] == [2]
    assert breaking({"when": {"delay": {"max": 0}}, "then": {"answer": ["yes"]}}, **judged)[1] == [3]
    assert breaking({"when": {"delay": "missing"}, "then": {"answer": ["no"]}}, **judged)[1] == [0]
    assert breaking({"when": {"delay": "present"}, "then": {"answer": "present"}}, **judged)[1] == [4]


def test_when_all_conditions_must_hold_and_then_too():
    columns = {"a": [1, 1, 2, 1], "b": ["x", "y", "x", "x"], "c": [True, True, False, False], "d": [1.0, 1.0, 1.0, 9.0]}
    words, rows = breaking(
        {"when": {"a": [1], "b": ["x"]}, "then": {"c": [True], "d": {"min": 0, "max": 2}}}, **columns
    )
    assert words == "c is true and d is at least 0, at most 2 where a is 1 and b is x"
    assert rows == [3]


def test_lengths_are_in_characters_and_a_pattern_matches_the_whole_text():
    assert breaking_column(["äö", "a", "abc", None, ""], type="text", min_length=2, max_length=2, nullable=True) == {
        "x: at least 2 characters": [1, 4],
        "x: at most 2 characters": [2],
    }
    assert breaking_column(["ab", "abc", "b", "ab\n", None], type="text", matches="ab|b|x", nullable=True) == {
        "x: matches ab|b|x": [1, 3]
    }


def test_no_pattern_takes_long():
    """Ninety milliseconds for a megabyte, where a backtracking engine would not end."""
    start = perf_counter()
    found = breaking_column(["a" * 1_000_000 + "!", "a" * 40 + "!"], type="text", matches="(a+)+(a|aa)+b")
    assert list(found.values()) == [[0, 1]]
    assert perf_counter() - start < 20


def test_limits_are_inclusive_for_each_type_and_missing_only_breaks_where_it_may_not_be():
    assert breaking_column([1, None, 5, 0], type="int", min=1, max=4) == {
        "x: missing": [1],
        "x: at least 1": [3],
        "x: at most 4": [2],
    }
    assert breaking_column([1.0, None, 4.5], type="float", min=1, max=4, nullable=True) == {"x: at most 4": [2]}
    assert breaking_column([True, None], type="bool") == {"x: missing": [1]}
    assert breaking_column([None, NOON], pa.timestamp("us", "UTC"), type="time") == {"x: missing": [0]}
    assert breaking_column([None, None], pa.string(), type="category", values=["a"]) == {"x: missing": [0, 1]}


def test_the_words_of_a_long_list_are_short():
    values = [f"v{number}" for number in range(500)]
    ((words, rows),) = breaking_column(["v1", "w"], type="category", values=values).items()
    assert rows == [1]
    assert words.endswith("v11 and 488 more")


def test_a_row_has_all_its_reasons_in_the_order_of_the_contract():
    table = pa.table({"x": [-1.0, 1.0, None], "y": ["c", "a", "c"]})
    rules = {"x": ColumnRule(type="float", min=0), "y": ColumnRule(type="category", values=["a"])}
    found = why(list(column_faults(table, column_checks(rules))))
    assert found.rows.tolist() == [0, 2]
    assert found.reasons.to_pylist() == [["x: at least 0", "y: one of a"], ["x: missing", "y: one of a"]]
