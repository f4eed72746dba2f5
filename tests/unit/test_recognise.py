"""What changed upstream is recognised on real months, and nothing is where nothing changed."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyarrow import csv

from flows.demo import write_demo
from keepfit.data.mapping import Options, mapped
from keepfit.data.recognise import Hints, as_read, readable, recognised
from keepfit.profile import profiled

UNITS = {"temp": "°F", "wind_speed": "mph", "visib": "mile", "distance": "mile"}
HINTS = Hints(event_time="time_hour", zone="America/New_York", units=UNITS)
NO_UNITS = HINTS._replace(units={})


@pytest.fixture(scope="module")
def months(tmp_path_factory):
    """Every month of flights and weather as tables whose undeclared columns were read."""
    root = tmp_path_factory.mktemp("demo")
    tables = {"flights": {}, "weather": {}}
    for path in write_demo(date(2014, 1, 1), root):
        if path.parent.name in tables:
            names = path.read_text().split("\n", 1)[0].split(",")
            convert = csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), null_values=["NA"], strings_can_be_null=True
            )
            table = csv.read_csv(path, convert_options=convert)
            # Every third row is enough, and a third of the time.
            tables[path.parent.name][int(path.stem[-2:])] = readable(table.take(pa.array(range(0, len(table), 3))), [])
    return tables


@pytest.fixture(scope="module")
def profiles(months):
    return {name: {month: profiled(table) for month, table in tables.items()} for name, tables in months.items()}


def changed(table, **columns):
    for name, change in columns.items():
        table = table.set_column(table.column_names.index(name), name, change(table.column(name)))
    return table


def times(factor, offset=0.0):
    return lambda column: pc.add(pc.multiply(column.cast(pa.float64()), factor), offset)


def of_month(profiles, month, table, hints=HINTS, history=3):
    """The findings on a month's table, after up to three real months."""
    earlier = [profiles[before] for before in range(max(1, month - history), month)]
    return recognised(earlier, profiled(table), f"2013-{month:02d}.csv", hints)


@pytest.mark.parametrize("source", ["flights", "weather"])
@pytest.mark.parametrize("history", [1, 3, 12])
@pytest.mark.parametrize("hints", [HINTS, NO_UNITS])
def test_real_months_raise_no_alarm(months, profiles, source, history, hints):
    for month in range(2, 13):
        assert of_month(profiles[source], month, months[source][month], hints, history) == ()


@pytest.mark.parametrize(
    ("source", "column", "factor", "offset", "said", "how"),
    [
        ("flights", "distance", 1.609344, 0, "km instead of mile", "{unit: km}"),
        ("flights", "dep_delay", 1 / 60, 0, "about 0.01667 times what it was", ""),
        ("flights", "air_time", 60, 0, "about 60 times what it was", ""),
        ("flights", "arr_delay", 1000, 0, "about 1000 times", ""),
        ("weather", "temp", 5 / 9, -160 / 9, "°C instead of °F", '{unit: "°C"}'),
        ("weather", "dewp", 5 / 9, -160 / 9, "about 0.5556 times and -17.78 what it was", ""),
        ("weather", "wind_speed", 1.609344, 0, "km/h instead of mph", '{unit: "km/h"}'),
        ("weather", "humid", 0.01, 0, "about 0.01 times what it was", ""),
        ("weather", "visib", 1.609344, 0, "km instead of mile", "{unit: km}"),
    ],
)
def test_a_changed_unit_is_found_and_named(months, profiles, source, column, factor, offset, said, how):
    for month in (3, 7, 10, 12):
        table = changed(months[source][month], **{column: times(factor, offset)})
        (finding,) = of_month(profiles[source], month, table)
        assert (finding.kind, finding.column) == ("rescaled", column)
        assert said in finding.what
        assert (how in finding.mapping) if how else finding.mapping == ""


def test_numbers_that_never_repeat_are_known_by_their_quantiles():
    draws = np.random.default_rng(7).lognormal(3, 0.5, (4, 5000))
    earlier = [profiled(pa.table({"distance": values})) for values in draws[:3] * [[1.0], [1.1], [0.95]]]
    again = profiled(pa.table({"distance": draws[3] * 1.05}))
    assert recognised(earlier, again, "a", HINTS) == ()
    for history in (earlier, earlier[:1]):
        (km,) = recognised(history, profiled(pa.table({"distance": draws[3] * 1.609344})), "a", HINTS)
        assert "km instead of mile" in km.what
    (unknown,) = recognised(earlier, profiled(pa.table({"distance": draws[3] * 2.2046})), "a", NO_UNITS)
    assert unknown.what == "the unit of distance looks changed: about 2.205 times what it was"


@pytest.mark.parametrize(
    ("unit", "factor", "said", "how"),
    [
        ("m", 1000, "mm instead of m, about 1000 times what it was", "distance: {unit: mm}"),
        ("m", 0.001, "km instead of m, about 0.001 times what it was", "distance: {unit: km}"),
        ("kg", 1.7, "about 1.", ""),
        ("kg", 2.3, "pound instead of kg, about 2.205 times what it was", "distance: {unit: pound}"),
        ("parcels", 1000, "about 1000 times what it was", ""),
        (None, 1.609344, "about 1.609 times what it was", ""),
    ],
)
def test_a_pair_of_units_is_named_only_where_the_contract_says_one_of_them(unit, factor, said, how):
    hints = Hints(units={"distance": unit} if unit else {})
    draws = np.random.default_rng(7).lognormal(3, 0.5, (3, 5000))
    for values, new in ((draws[:2], draws[2] * factor), (draws[:2], draws[0] * factor)):
        earlier = [profiled(pa.table({"distance": each})) for each in values]
        (finding,) = recognised(earlier, profiled(pa.table({"distance": new})), "a", hints)
        assert finding.what.startswith(f"the unit of distance looks changed: {said}")
        assert how in finding.mapping if how else finding.mapping == ""


def test_many_renamed_columns_are_told_apart(months, profiles):
    new = {
        "dep_time": "departure",
        "sched_dep_time": "planned_departure",
        "arr_time": "arrival",
        "dep_delay": "delay_out",
        "arr_delay": "delay_in",
        "carrier": "airline",
        "distance": "dist_km",
        "time_hour": "hour_utc",
        "tailnum": "plane",
    }
    for month in (2, 7, 12):
        table = changed(months["flights"][month], distance=times(1.609344))
        table = table.rename_columns([new.get(name, name) for name in table.column_names])
        found = of_month(profiles["flights"], month, table)
        assert {each.column: each.now for each in found} == new
        assert {each.kind for each in found} == {"renamed"}
    distance = next(each for each in found if each.column == "distance")
    assert distance.since == "2013-12-01 05:00"
    assert distance.mapping == "- from: 2013-12-01 05:00\n  columns:\n    distance: {alias: dist_km, unit: km}\n"
    assert "looks renamed: dist_km was distance, in km instead of mile" in str(distance)


def test_a_new_column_is_not_taken_for_one_that_is_gone(months, profiles):
    table = months["flights"][7]
    gates = pa.array([f"G{row % 40}" for row in range(len(table))])
    found = of_month(profiles["flights"], 7, table.drop_columns(["tailnum"]).append_column("gate", gates))
    assert [(each.kind, each.column, each.now) for each in found] == [
        ("missing", "tailnum", ""),
        ("new", "gate", "gate"),
    ]


def test_another_type_and_lost_values(months, profiles):
    numbered = lambda column: pc.index_in(column, pc.unique(column))  # noqa: E731
    table = changed(
        months["flights"][7],
        carrier=numbered,
        air_time=lambda column: pc.if_else(pc.less(column, 150.0), None, column),
    )
    kinds = {each.column: each for each in of_month(profiles["flights"], 7, table)}
    assert {name: each.kind for name, each in kinds.items()} == {"carrier": "retyped", "air_time": "emptier"}
    assert "holds whole numbers now, and held texts" in kinds["carrier"].what


def test_without_an_earlier_file_nothing_is_said(profiles):
    assert recognised([], profiles["flights"][1], "2013-01.csv", HINTS) == ()


def test_a_stray_row_does_not_say_since_when(months, profiles):
    table = months["flights"][7].rename_columns(
        ["hour_utc" if name == "time_hour" else name for name in months["flights"][7].column_names]
    )
    stray = pa.array([0, *table["hour_utc"].cast(pa.int64()).to_pylist()[1:]], pa.int64()).cast(table["hour_utc"].type)
    found = of_month(profiles["flights"], 7, changed(table, hour_utc=lambda _: stray))
    assert found[0].since == "2013-07-01"


def test_refused_rows_count_too_or_a_change_of_several_columns_could_not_be_seen():
    how = Options(types={"late": "bool", "size": "float"}, zone="UTC", event_time=None)
    raw = pa.table({"late": ["J"] * 9 + ["true"], "len_km": [f"{n},5" for n in range(9)] + ["?"], "_row": range(10)})
    seen = as_read(raw, mapped(raw, how), how)
    assert seen["late"].to_pylist() == [None] * 9 + [True]
    assert seen["len_km"].to_pylist() == [*(n + 0.5 for n in range(9)), None]
