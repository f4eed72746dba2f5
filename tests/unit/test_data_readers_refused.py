"""Rows that cannot be taken keep their values and all reasons, also where there are many of them."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa

from keepfit.data.refused import Reasons, refused_schema, split


def test_rows_with_a_reason_are_split_off_with_their_values_and_all_reasons():
    raw = pa.table({"a": ["1", "x", None], "b": ["ü", "y", "z"], "_row": [4, 5, 6]})
    table = raw.set_column(0, "a", pa.array([1, None, None]))
    reasons = Reasons(3)
    reasons.add("a", pa.array([None, "'x' is not a number", None]))
    reasons.add("b", None)
    reasons.add("c", pa.array([None, "also", "only"]))
    good, refused = split(table, raw, reasons, None)
    assert good.to_pylist() == [{"a": 1, "b": "ü", "_row": 4}]
    assert refused.schema == refused_schema()
    assert refused.column("_row").to_pylist() == [5, 6]
    assert refused.column("_reasons").to_pylist() == [["a: 'x' is not a number", "c: also"], ["c: only"]]
    assert [json.loads(text) for text in refused.column("_raw").to_pylist()] == [
        {"a": "x", "b": "y"},
        {"a": None, "b": "z"},
    ]


def test_without_a_reason_nothing_is_split_off():
    raw = pa.table({"a": [1], "_row": [1]})
    good, refused = split(raw, raw, Reasons(1), None)
    assert (good, refused) == (raw, refused_schema().empty_table())


def test_the_time_is_told_where_it_could_be_read():
    at = datetime(2020, 1, 1, tzinfo=UTC)
    table = pa.table({"at": pa.array([at, None], pa.timestamp("us", "UTC")), "_row": [1, 2]})
    reasons = Reasons(2)
    reasons.add("x", pa.array(["bad", "bad"]))
    _, refused = split(table, table, reasons, "at")
    assert refused.column("_time").to_pylist() == [at, None]


def test_values_that_json_does_not_know_are_their_text():
    raw = pa.table(
        {
            "endless": [float("inf"), float("nan"), 1.5],
            "money": pa.array([Decimal("1.10")] * 3),
            "far": pa.array([10_000_000] * 3, pa.date32()),
            "at": pa.array([1] * 3, pa.timestamp("ns", "Europe/Berlin")),
            "flag": [True, False, None],
            "_row": [1, 2, 3],
        }
    )
    reasons = Reasons(3)
    reasons.add("x", pa.array(["bad"] * 3))
    rows = [json.loads(text) for text in split(raw, raw, reasons, None)[1].column("_raw").to_pylist()]
    assert [row["endless"] for row in rows] == ["inf", "nan", "1.5"]
    assert [row["flag"] for row in rows] == [True, False, None]
    assert rows[0]["money"] == "1.10"
    assert rows[0]["at"] == "1970-01-01 01:00:00.000000001+0100"
    assert rows[0]["far"]
