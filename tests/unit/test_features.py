"""A raw record becomes the same numbers at training and at serving."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepfit import features
from keepfit.features.calendar import part
from keepfit.features.encoding import Encoding
from keepfit.records import canonical, parse

WANTED = {"distance": ("number",), "origin": ("category",), "at": ("hour", "day_of_week", "day_of_year")}
KINDS = features.kinds_of(WANTED)

records = st.lists(
    st.fixed_dictionaries(
        {
            "distance": st.none() | st.floats(-1e6, 1e6),
            "origin": st.none() | st.sampled_from(["EWR", "JFK", "LGA", "", "é"]),
            "at": st.none()
            | st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(lambda t: t.replace(tzinfo=UTC)),
        }
    ),
    min_size=1,
    max_size=20,
)


def table_of(rows):
    types = [("distance", pa.float64()), ("origin", pa.string()), ("at", pa.timestamp("us", tz="UTC"))]
    return pa.Table.from_pylist(rows, schema=pa.schema(types))


@pytest.mark.parametrize("form", ["codes", "dense"])
@settings(max_examples=60, deadline=None)
@given(learnt=records, asked=records)
def test_a_table_and_single_records_give_the_same_numbers(form, learnt, asked):
    encoding = features.fit(form, WANTED, features.from_table(table_of(learnt), KINDS), "America/New_York")
    together = features.transform(encoding, features.from_table(table_of(asked), KINDS))
    alone = [features.transform(encoding, features.from_records([row], KINDS))[0] for row in asked]
    np.testing.assert_array_equal(together, np.array(alone))


@pytest.mark.parametrize("form", ["codes", "dense"])
@settings(max_examples=60, deadline=None)
@given(moments=st.lists(st.none() | st.datetimes(datetime(1850, 1, 1), datetime(2090, 1, 1)), min_size=1, max_size=90),
       zone=st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu", "Europe/Berlin"]))  # fmt: skip
def test_calendar_parts_of_few_and_of_many_moments_are_the_same(form, moments, zone):
    wanted = {"at": ("hour", "day_of_week")}
    rows = [{"at": moment and moment.replace(tzinfo=UTC)} for moment in moments]
    table = features.from_table(pa.Table.from_pylist(rows, schema=pa.schema([("at", pa.timestamp("us", tz="UTC"))])),
                                {"at": "time"})  # fmt: skip
    encoding = features.fit(form, wanted, table, zone)
    together, plan = features.transform(encoding, table), features.plan_of(encoding)
    assert plan.of_records(rows).tobytes() == together.tobytes()
    assert np.concatenate([plan.of_records([row]) for row in rows]).tobytes() == together.tobytes()


@settings(max_examples=30, deadline=None)
@given(learnt=records)
def test_the_state_survives_json(learnt):
    encoding = features.fit("codes", WANTED, features.from_table(table_of(learnt), KINDS), "UTC")
    assert parse(canonical(encoding), Encoding) == encoding


def test_trees_see_missing_and_unseen_categories_as_missing():
    learnt = features.from_records([{"origin": "EWR"}, {"origin": "JFK"}], {"origin": "category"})
    encoding = features.fit("codes", {"origin": ("category",)}, learnt, "UTC")
    asked = features.from_records([{"origin": "JFK"}, {"origin": None}, {"origin": "SFO"}], {"origin": "category"})
    np.testing.assert_array_equal(features.transform(encoding, asked)[:, 0], [1.0, np.nan, np.nan])


def test_linear_models_see_no_missing_values_and_are_told_of_them():
    learnt = features.from_records([{"x": 1.0}, {"x": 3.0}, {"x": None}], {"x": "number"})
    encoding = features.fit("dense", {"x": ("number",)}, learnt, "UTC")
    np.testing.assert_array_equal(features.transform(encoding, learnt), [[-1, 0], [1, 0], [0, 1]])


def test_rare_categories_share_one_code_below_the_limit_of_boosting():
    names = [f"c{number:03}" for number in range(300)] + ["c007"]
    learnt = features.from_records([{"c": name} for name in names], {"c": "category"})
    encoding = features.fit("codes", {"c": ("category",)}, learnt, "UTC")
    codes = features.transform(encoding, learnt)[:, 0]
    assert codes.max() == 254
    assert len(set(codes)) == 255


@pytest.mark.parametrize(
    ("moment", "zone", "hour"),
    [
        ("2013-03-10T06:59", "America/New_York", 1),  # a minute before the clocks go forward
        ("2013-03-10T07:00", "America/New_York", 3),
        ("2013-11-03T05:59", "America/New_York", 1),  # the hour that comes twice
        ("2013-11-03T06:00", "America/New_York", 1),
        ("2013-07-01T00:00", "Asia/Kathmandu", 5),
    ],
)
def test_local_hours_at_the_edges_of_summer_time(moment, zone, hour):
    assert part("hour", np.array([moment], "datetime64[us]"), zone)[0] == hour


@settings(max_examples=100, deadline=None)
@given(st.datetimes(datetime(1950, 1, 1), datetime(2090, 1, 1)))
def test_calendar_parts_are_those_of_the_standard_library(moment):
    times = np.array([moment], "datetime64[us]")
    found = [part(name, times, "UTC")[0] for name in ("hour", "day_of_week", "day_of_month", "day_of_year", "month")]
    assert found == [moment.hour, moment.weekday(), moment.day, moment.timetuple().tm_yday, moment.month]


def test_classes_have_a_natural_order():
    assert features.classes_of(pa.chunked_array([[True, False]])) == ("false", "true")
    assert features.classes_of(pa.chunked_array([[10, 9, None]])) == ("9", "10")


def test_a_label_that_is_no_class_is_minus_one():
    codes = features.encode_labels(pa.chunked_array([["a", "c"]]), ("a", "b"))
    assert codes.tolist() == [0, -1]
