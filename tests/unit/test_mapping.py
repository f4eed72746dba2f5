"""Rows of a source become rows of the contract as their period reads them; those that do not fit keep everything."""

import json
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepfit.config import understand
from keepfit.data.mapping import Options, Parsed, direct, mapped, options
from keepfit.data.readers import Form, parts

YAML = """\
name: flights
description: Will a flight be late?
owner: us
task: binary
data:
  timezone: America/New_York
  sources:
    flights:
      kind: files
      path: data/*.csv
      dialect: {delimiter: ";", encoding: latin-1}
      mapping:
        - columns:
            distance: {unit: mile}
        - from: 2013-04-01
          columns:
            time_hour: {format: "%m/%d/%Y %I:%M %p"}
        - from: 2013-07-01
          columns:
            time_hour: {alias: departure, format: ["%d.%m.%Y %H:%M"], timezone: Europe/Berlin}
            distance: {alias: dist_km, unit: km, decimal: ",", thousands: "."}
            carrier: {alias: Fluggesellschaft, codes: {"9": 9E, Lübeck: LB}, unknown: keep}
            late: {codes: {J: true, N: false}, nulls: ["-"]}
            visib: {default: 10}
  key: [id]
  event_time: time_hour
  label: {column: late}
contract:
  columns:
    carrier: {type: category}
    distance: {type: float, unit: mile}
    visib: {type: float, nullable: true}
    late: {type: bool}
features: {distance: number}
split: {by: time, holdout: 7d}
train: {candidates: [logistic_regression]}
gates: [{metric: roc_auc, at_least: 0.6}]
"""
OLD = "id;time_hour;carrier;distance;late"
NEW = "id;departure;Fluggesellschaft;dist_km;late;Tür"


def use_case(mapping=None):
    text = YAML
    if mapping is not None:
        start, end = text.index("      mapping:"), text.index("  key:")
        lines = [f"        {line}" for line in dedent(mapping).strip().splitlines()]
        text = text[:start] + "\n".join(["      mapping:", *lines, ""]) + text[end:]
    return understand(text.encode(), Path("flights.yaml"), {}).use_case


def read(*lines, case=None) -> Parsed:
    """One file, as a run reads it."""
    case = case or use_case()
    source = case.data.sources["flights"]
    how = options(case, "flights")
    data = "\n".join(lines).encode("latin-1")
    header = lines[0].split(";")
    raw = [each.table for each in parts(_file(data), "a.csv", Form.of(source), direct(how, header))]
    return mapped(pa.concat_tables(raw), how)


def _file(data):
    import io

    return io.BytesIO(data)


def test_three_layouts_latin_1_semicolons_and_decimal_commas():
    january = read(OLD, "007;2013-01-01T10:00:00Z;UA;1400;true", "008;2013-01-01 05:00;AA;12.5;")
    assert january.table.drop_columns("_row").to_pylist() == [
        {
            "id": "007",
            "time_hour": datetime(2013, 1, 1, 10, tzinfo=UTC),
            "carrier": "UA",
            "distance": 1400.0,
            "late": True,
        },
        {
            "id": "008",
            "time_hour": datetime(2013, 1, 1, 10, tzinfo=UTC),
            "carrier": "AA",
            "distance": 12.5,
            "late": None,
        },
    ]
    april = read(OLD, "1;04/02/2013 03:00 PM;UA;1400;true")
    assert april.table["time_hour"].to_pylist() == [datetime(2013, 4, 2, 19, tzinfo=UTC)]
    july = read(
        NEW,
        "1;02.07.2013 15:00;9;1.234,5;J;x",
        "2;02.07.2013 15:00;Lübeck;1609,344;N;y",
        "3;02.07.2013 15:00;UA;16;-;z",
    )
    table = july.table
    assert table["time_hour"].to_pylist()[0] == datetime(2013, 7, 2, 13, tzinfo=UTC)
    assert table["distance"].to_pylist() == pytest.approx([1234.5 / 1.609344, 1000.0, 16 / 1.609344], rel=1e-15)
    assert table["carrier"].to_pylist() == ["9E", "LB", "UA"]
    assert table["late"].to_pylist() == [True, False, None]
    assert table["visib"].to_pylist() == [10.0, 10.0, 10.0]
    assert table["Tür"].to_pylist() == ["x", "y", "z"]
    assert set(table.column_names) == {"id", "time_hour", "carrier", "distance", "late", "visib", "Tür", "_row"}
    assert not july.refused.num_rows


def test_a_file_across_two_periods_is_read_by_both_and_keeps_its_order():
    parsed = read(
        OLD,
        "1;06/30/2013 11:00 PM;UA;100;true",
        "2;2013-03-31 23:00;UA;100;true",
        "3;04/01/2013 12:00 AM;UA;100;true",
    )
    assert parsed.table["_row"].to_pylist() == [1, 2, 3]
    assert [at.month for at in parsed.table["time_hour"].to_pylist()] == [7, 4, 4]  # in UTC


def reasons(parsed):
    return {row["_row"]: row["_reasons"] for row in parsed.refused.to_pylist()}


def test_a_row_that_fits_no_period_says_what_each_read():
    parsed = read(
        OLD, "1;2013-05-01T10:00Z;UA;100;true", "2;01.02.2013;UA;100;true", "3;;UA;100;true", "4;2013-01-01;UA;1;true"
    )
    found = reasons(parsed)
    assert found[1] == [
        "time_hour: fits no period (from the beginning: 2013-05-01 10:00 UTC; from 2013-04-01: '2013-05-01T10:00Z' is "
        "not a time as %m/%d/%Y %I:%M %p writes it; from 2013-07-01: no column departure)"
    ]
    assert "'01.02.2013' is not an ISO 8601 time" in found[2][0]
    assert "missing" in found[3][0]
    assert parsed.table["_row"].to_pylist() == [4]
    assert json.loads(parsed.refused["_raw"][0].as_py())["time_hour"] == "2013-05-01T10:00Z"


def test_rows_before_the_first_period_are_read_as_the_contract_has_them():
    """Whoever maps a change from July on must not have to say that nothing was changed before."""
    case = use_case(
        """
        - from: 2013-07-01
          columns: {time_hour: {format: "%d.%m.%Y"}, distance: {unit: km}}
        """
    )
    parsed = read(
        OLD, "1;2013-05-01T10:00Z;UA;100;true", "2;01.08.2013;UA;160.9344;true", "3;01.05.2013;UA;1;true", case=case
    )
    assert parsed.table["distance"].to_pylist() == [100.0, 100.0]
    assert list(reasons(parsed)) == [3]


def test_a_row_that_fits_two_periods_is_ambiguous():
    case = use_case(
        """
        - columns: {time_hour: {format: "%m/%d/%Y"}}
        - from: 2013-03-01
          columns: {time_hour: {format: "%d/%m/%Y"}}
        """
    )
    parsed = read(OLD, "1;01/05/2013;UA;1;true", "2;01/02/2013;UA;1;true", "3;13/05/2013;UA;1;true", case=case)
    assert list(reasons(parsed)) == [1]
    assert reasons(parsed)[1] == [
        "time_hour: fits two periods (from the beginning: 2013-01-05 05:00 UTC; from 2013-03-01: 2013-05-01 04:00 UTC)"
    ]
    assert [at.month for at in parsed.table["time_hour"].to_pylist()] == [1, 5]


def test_every_reason_of_a_row_stands_beside_its_raw_values():
    parsed = read(NEW, "1;02.07.2013 15:00;UA;12.5;X;g", "2;31.02.2013 15:00;UA;1;J;g")
    assert reasons(parsed)[1] == [
        "distance: '12.5' is not a number with the decimal mark ',' and the thousands mark '.' (column dist_km)",
        "late: 'X' is not in the code table",
    ]
    assert parsed.refused["_time"].to_pylist()[0] == datetime(2013, 7, 2, 13, tzinfo=UTC)
    assert "no moment that a calendar" in reasons(parsed)[2][0]
    assert json.loads(parsed.refused["_raw"][0].as_py()) == {
        "id": "1",
        "departure": "02.07.2013 15:00",
        "Fluggesellschaft": "UA",
        "dist_km": "12.5",
        "late": "X",
        "Tür": "g",
    }


def test_a_column_under_its_old_name_is_not_taken_for_the_new_one():
    parsed = read("id;departure;distance;Fluggesellschaft;late", "1;02.07.2013 15:00;100;UA;J")
    assert "distance" not in parsed.table.column_names  # in kilometres or miles? The YAML says it is called dist_km


def one(value, mapping, kind="distance", arrow=None):
    """What becomes of one cell of the only period."""
    how = options(use_case(f"- columns: {{{kind}: {mapping}}}"), "flights")
    raw = pa.table({kind: pa.array([value], arrow), "time_hour": ["2013-01-01"], "_row": [1]})
    parsed = mapped(raw, how)
    return parsed.table[kind][0].as_py() if parsed.table.num_rows else parsed.refused["_reasons"][0].as_py()[0]


@pytest.mark.parametrize(
    ("value", "mapping", "kind", "expected"),
    [
        (" 5 ", "{trim: true}", "distance", 5.0),
        (" 5 ", "{default: 0}", "distance", "distance: ' 5 ' is not a number: blanks around it"),
        (" UA ", "{trim: true}", "carrier", "UA"),
        ("-", "{nulls: ['-'], default: 3}", "distance", 3.0),
        (None, "{default: 3}", "distance", 3.0),
        ("x", "{default: 3}", "distance", "distance: 'x' is not a number"),
        ("calm", "{codes: {calm: 0}, unknown: keep, unit: km}", "distance", 0.0),
        ("1609.344", "{codes: {calm: 0}, unknown: keep, unit: m}", "distance", 1.0),
        ("wild", "{codes: {calm: 0}, unknown: keep}", "distance", "distance: 'wild' is not a number"),
        ("wild", "{codes: {calm: 0}, unknown: 9}", "distance", 9.0),
        ("wild", "{codes: {calm: 0}}", "distance", "distance: 'wild' is not in the code table"),
        (None, "{codes: {calm: 0}}", "distance", None),
        ("J", "{codes: {J: true}, unknown: false}", "late", True),
        ("Q", "{codes: {J: true}, unknown: false}", "late", False),
        (9, "{codes: {'9': 9E}}", "carrier", "9E"),
        (True, "{codes: {'true': 9E}}", "carrier", "9E"),
        (-999.0, "{nulls: ['-999']}", "distance", None),
        (-999, "{nulls: ['-999', n/a]}", "distance", None),
        (1.609344, "{unit: km}", "distance", 1.0),
        ("1.7e308", "{unit: nautical mile}", "distance", "distance: infinite, expected a number"),
        ("31.12.9999", "{format: '%d.%m.%Y', codes: {31.12.9999: 2013-12-31}, unknown: keep}", "time_hour", 2013),
    ],
)
def test_the_steps_of_a_mapping(value, mapping, kind, expected):
    if kind == "time_hour":
        how = options(use_case(f"- columns: {{time_hour: {mapping}}}"), "flights")
        assert mapped(pa.table({"time_hour": [value], "_row": [1]}), how).table["time_hour"][0].as_py().year == expected
    else:
        assert one(value, mapping, kind) == expected


def test_what_a_reader_may_type_is_what_no_mapping_looks_at():
    how = options(use_case(), "flights")
    assert direct(how, ["id", "time_hour", "distance", "dist_km", "late", "carrier", "Fluggesellschaft", "Tür"]) == {
        "id": "text",
        "distance": "float",
        "carrier": "category",
    }


LINES = st.lists(
    st.tuples(
        st.sampled_from(["2013-01-05", "04/05/2013 10:00 AM", "05.08.2013 10:00", "2013-08-01T10:00Z", "", "x"]),
        st.sampled_from(["1.234,5", "12.5", "100", "", "x"]),
        st.sampled_from(["J", "true", "-", "", "X"]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(LINES, st.integers(1, 5))
def test_no_row_is_lost_and_parts_are_read_as_the_whole(lines, size):
    how: Options = options(use_case(), "flights")
    times, distances, late = (list(column) for column in zip(*lines, strict=True))
    raw = pa.table(
        {
            "time_hour": pa.array([None if "." in each else each or None for each in times], pa.string()),
            "departure": pa.array([each if "." in each else None for each in times], pa.string()),
            "distance": distances,
            "dist_km": distances,
            "late": late,
            "_row": list(range(1, len(lines) + 1)),
        }
    )
    whole = mapped(raw, how)
    assert sorted([*whole.table["_row"].to_pylist(), *whole.refused["_row"].to_pylist()]) == raw["_row"].to_pylist()
    pieces = [mapped(raw.slice(start, size), how) for start in range(0, len(lines), size)]
    for at in (0, 1):
        rows = [row for piece in pieces for row in piece[at].to_pylist()]
        assert [{**dict.fromkeys(whole[at].column_names), **row} for row in rows] == whole[at].to_pylist()


def test_an_empty_part_has_columns_and_no_rows():
    how = options(use_case(), "flights")
    raw = pa.table({"departure": pa.array([], pa.string()), "_row": pa.array([], pa.int64())})
    parsed = mapped(raw, how)
    assert (parsed.table.num_rows, parsed.refused.num_rows) == (0, 0)
    assert "_row" in parsed.table.column_names
