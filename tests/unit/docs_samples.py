"""A validation to build data docs of: every outcome, every kind of column, hostile names and values."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from keepfit.profile import profiled
from keepfit.records import Expectation, Quarantined, RowCount
from keepfit.report.docs import Docs

HOSTILE = '<script src="https://evil.example/x.js">alert(1)</script>'


def table(rows=4000):
    rng = np.random.default_rng(5)
    start = datetime(2013, 1, 1, tzinfo=UTC)
    at = [start + timedelta(days=int(day)) for day in rng.integers(0, 120, rows)]
    return pa.table(
        {
            "carrier": rng.choice(["AA", "UA", "DL", HOSTILE], rows, p=[0.4, 0.3, 0.2, 0.1]),
            "tail": pa.array(rng.integers(0, 9000, rows)).cast(pa.string()),
            "delay": pa.array(rng.normal(8, 30, rows), mask=rng.random(rows) < 0.1),
            "stops": rng.integers(0, 6, rows),
            "late": rng.random(rows) < 0.2,
            "time_hour": pa.array(at, pa.timestamp("us", tz="UTC")),
            "none": pa.nulls(rows),
            f"{HOSTILE} \u202e" + "x" * 150: rng.lognormal(0, 9, rows),
        }
    )


def told():
    yield "expect_table_row_count_to_be_between", "stop", "pass", "4,000", "min_value=20000"
    yield "expect_column_mean_to_be_between", "stop", "fail", "81.5", "column=delay; min_value=-5; max_value=40"
    yield (
        "expect_column_values_to_match_regex",
        "stop",
        "crashed",
        "Can only use .str accessor",
        "column=stops; regex=x",
    )
    yield "expect_compound_columns_to_be_unique", "warn", "fail", "3 of 4,000", "column_list=['carrier', 'time_hour']"
    yield "expect_distribution_like_last_accepted", "hold", "fail", "delay: values 100 times larger", "column=delay"
    yield "expect_column_values_to_be_in_set", "stop", "pass", f"1 unexpected, such as {HOSTILE}", "column=carrier"
    yield "expect_rows_like_usual", "hold", "skipped", "nothing to compare with", ""


def docs(**changes):
    expectations = tuple(
        Expectation(name=name, severity=severity, outcome=outcome, observed=observed, expected=expected)
        for name, severity, outcome, observed, expected in told()
    )
    as_of = datetime(2013, 5, 1, 4, tzinfo=UTC)
    record = Quarantined(
        number=3,
        as_of=as_of,
        started=as_of,
        config="c",
        extracted="e",
        rows=RowCount(total=4100, kept=4000, quarantined=60, dropped=40),
        quarantine=(),
        absent=(),
        broken=(),
        dropped=(),
        expectations=expectations,
        failed="expect_column_mean_to_be_between failed",
    )
    said = {
        "use_case": "flight_delay",
        "description": "Will a flight leaving New York arrive more than 15 minutes late?",
        "zone": "America/New_York",
        "record": record,
        "profile": profiled(table()),
        "version": None,
    }
    return Docs(**said | changes)
