"""An expectation that does not exist, crashed, failed or passed: four different things."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from keepfit.errors import ConfigError, DataError
from keepfit.validate.expectations import expectations

TABLE = pa.table({"n": [1, 2, 3, None], "c": ["x", "y", None, "x"], "ok": [True, False, True, True]})


def test_what_passed_is_told_in_the_order_of_the_yaml():
    told = expectations(
        TABLE,
        [
            {"expect_column_mean_to_be_between": {"column": "n", "min_value": 1, "max_value": 3}},
            {"expect_table_row_count_to_be_between": {"min_value": 4}},
            {"expect_column_values_to_not_be_null": {"column": "c", "mostly": 0.5}},
        ],
    )
    assert [(each.name, each.outcome, each.observed) for each in told] == [
        ("expect_column_mean_to_be_between", "pass", "2.0"),
        ("expect_table_row_count_to_be_between", "pass", "4"),
        ("expect_column_values_to_not_be_null", "pass", "1 of 4 unexpected"),
    ]
    assert told[0].expected == "column=n; min_value=1; max_value=3"


def test_everything_that_failed_or_crashed_is_told_at_once():
    with pytest.raises(DataError) as caught:
        expectations(
            TABLE,
            [
                {"expect_table_row_count_to_be_between": {"min_value": 10}},
                {"expect_column_mean_to_be_between": {"column": "c", "min_value": 1}},
                {"expect_column_values_to_be_in_set": {"column": "c", "value_set": ["x"]}},
            ],
        )
    told = {problem.what: problem for problem in caught.value.problems}
    assert told["expect_table_row_count_to_be_between failed"].found == "4"
    assert told["expect_column_values_to_be_in_set failed"].found == "1 of 4 unexpected, such as y"
    crashed = told["expect_column_mean_to_be_between crashed, so it says nothing about the data"]
    assert crashed.found
    assert crashed.expected == "column=c; min_value=1"


@pytest.mark.parametrize(
    ("rule", "do"),
    [
        ({"expect_table_row_cout_to_be_between": {}}, "did you mean expect_table_row_count_to_be_between?"),
        ({"expect_column_mean_to_be_between": {"column": "n", "min_valu": 1}}, "did you mean min_value?"),
        ({"expect_column_mean_to_be_between": {"column": "okk"}}, "did you mean ok?"),
        ({"expect_column_mean_to_be_between": {"column": "n", "min_value": "much"}}, ""),
    ],
)
def test_a_wrong_expectation_is_a_config_error(rule, do):
    with pytest.raises(ConfigError) as caught:
        expectations(TABLE, [{"expect_table_row_count_to_be_between": {"min_value": 1}}, rule])
    (problem,) = caught.value.problems
    assert problem.do == do
    assert problem.where == f"expectations[1].{next(iter(rule))}"


ALONE = """
import sys, socket
socket.socket.connect = lambda *a: sys.exit("network")
import pyarrow as pa
from keepfit.validate.expectations import expectations
table = pa.table({"n": [1, 2]})
assert expectations(table, []) == ()
print("great_expectations" in sys.modules)
expectations(table, [{"expect_table_row_count_to_be_between": {"min_value": 1}}])
print("great_expectations" in sys.modules)
"""


def test_it_is_imported_only_when_asked_for_and_leaves_nothing_behind(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.run(
        [sys.executable, "-c", ALONE], env=environment, cwd=home, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout.split(), run.stderr) == (0, ["False", "True"], "")
    assert list(home.rglob("*")) == []
