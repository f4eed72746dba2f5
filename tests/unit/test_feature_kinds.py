"""Every kind of feature gives a table and single records the same numbers, however hostile the records."""

import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepfit import features
from keepfit.config.features import Derived
from keepfit.features.encoding import Encoding
from keepfit.records import canonical, parse

WANTED = {
    "distance": ("number",),
    "minutes": ("number",),
    "tail": ("category", "target_encoding", "hashing"),
    "at": ("hour", "hour_cyclic", "day_of_week_cyclic", "day_of_year"),
    "note": ("text",),
    "speed": Derived(how="ratio", of=("distance", "minutes")),
    "gap": Derived(how="difference", of=("distance", "minutes")),
    "ahead": Derived(how="hours_between", of=("booked", "at")),
}
KINDS = features.kinds_of(WANTED)
SCHEMA = pa.schema(
    [(name, pa.float64()) for name in ("distance", "minutes")]
    + [(name, pa.string()) for name in ("tail", "note")]
    + [(name, pa.timestamp("us", tz="UTC")) for name in ("at", "booked")]
)

numbers = st.none() | st.floats() | st.sampled_from([0.0, -0.0, 1e300, -1e300, 5e-324, float("inf")])
texts = st.none() | st.text(max_size=12) | st.sampled_from(["", "late again", "late late 🛫", "Straße", "N1", "N2"])
moments = st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))
kinds = {"number": numbers, "category": texts, "time": moments}
rows = st.lists(st.fixed_dictionaries({name: kinds[kind] for name, kind in KINDS.items()}), min_size=1, max_size=20)


def from_table(records):
    return features.from_table(pa.Table.from_pylist(records, schema=SCHEMA), KINDS)


def learnt(form, records):
    target = features.Target(np.arange(len(records)) % 3, 3, seed=1)
    return features.fit(form, WANTED, from_table(records), "America/New_York", target)


@pytest.mark.parametrize("form", ["codes", "dense"])
@settings(max_examples=60, deadline=None)
@given(training=rows, asked=rows)
def test_a_table_and_single_records_agree_to_the_last_bit(form, training, asked):
    encoding = learnt(form, training)
    together = features.transform(encoding, from_table(asked))
    alone = np.concatenate([features.transform(encoding, features.from_records([row], KINDS)) for row in asked])
    assert together.tobytes() == alone.tobytes()
    plan = features.plan_of(encoding)  # as a server does
    assert plan.of_records(asked).tobytes() == together.tobytes()
    assert np.concatenate([plan.of_records([row]) for row in asked]).tobytes() == together.tobytes()


@settings(max_examples=20, deadline=None)
@given(training=rows)
def test_the_state_of_every_kind_survives_json(training):
    encoding = learnt("dense", training)
    assert parse(canonical(encoding), Encoding) == encoding


@pytest.mark.parametrize("form", ["codes", "dense"])
@pytest.mark.parametrize(
    "hostile", [{}, {"note": "\ud800 late", "tail": "\ud800"}, {"distance": 10**400, "minutes": -0.0}]
)
def test_records_that_no_table_could_hold_are_answered(form, hostile):
    encoding = learnt(
        form, [{"distance": 1.0, "minutes": 2.0, "tail": "N1", "note": "late", "at": datetime.now(UTC)}] * 3
    )
    matrix = features.transform(encoding, features.from_records([hostile], KINDS))
    assert matrix.shape == (1, sum(each.width(form) for each in encoding.features))
    assert form == "codes" or np.isfinite(matrix).all()


def test_state_of_versions_from_before_is_read_and_answers_as_it_did():
    old = (
        b'{"form":"dense","features":[{"type":"number","column":"x","center":1.0,"scale":2.0,"flag":true},'
        b'{"type":"category","column":"c","levels":["a","b"],"rare":["z"]},'
        b'{"type":"calendar","column":"at","part":"day_of_week","zone":"UTC"}]}'
    )
    encoding = parse(old, Encoding)
    record = {"x": 1e6, "c": "z", "at": "2013-07-02T12:00:00+00:00"}
    matrix = features.transform(encoding, features.from_records([record, {}], encoding.kinds))
    np.testing.assert_array_equal(matrix, [[499999.5, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0], [0, 1] + [0] * 10])


def test_whole_numbers_beyond_the_exact_ones_are_rounded_alike():
    huge = 2**53 + 1
    table = features.from_table(pa.table({"x": pa.array([huge], pa.int64())}), {"x": "number"})
    np.testing.assert_array_equal(table["x"], features.from_records([{"x": huge}], {"x": "number"})["x"])


def test_a_ratio_to_zero_is_missing_and_hours_run_forwards():
    asked = {"distance": 6.0, "minutes": 0.0, "at": "2013-07-02T12:00:00Z", "booked": "2013-07-01T11:30:00Z"}
    wanted = {name: WANTED[name] for name in ("speed", "gap", "ahead")}
    columns = features.from_records([asked, asked | {"minutes": 4.0, "at": None}], features.kinds_of(wanted))
    encoding = features.fit("codes", wanted, columns, "UTC")
    matrix = features.transform(encoding, columns)
    np.testing.assert_array_equal(matrix, [[np.nan, 6.0, 24.5], [1.5, 2.0, np.nan]])


def test_one_absurd_number_changes_nothing_for_the_others():
    values = np.random.default_rng(1).normal(size=1000)
    wanted, broken = {"x": ("number",)}, values.copy()
    broken[0] = 1e300
    clean, other = (
        features.transform(features.fit("dense", wanted, {"x": each}, "UTC"), {"x": each})[:, 0]
        for each in (values, broken)
    )
    assert abs(other).max() == 10.0
    np.testing.assert_allclose(other[1:], clean[1:], atol=0.15, rtol=0.15)


def test_rare_zeros_and_ones_keep_a_scale():
    mostly = np.zeros(2000)
    mostly[:3] = [1.0, 2.0, 1e300]
    matrix = features.transform(features.fit("dense", {"x": ("number",)}, {"x": mostly}, "UTC"), {"x": mostly})
    assert matrix[0, 0] > 0.5


def test_midnight_lies_beside_eleven_at_night():
    times = {"at": np.array(["2013-07-01T23:00", "2013-07-01T00:00", "2013-07-01T12:00", "NaT"], "datetime64[us]")}
    encoding = features.fit("dense", {"at": ("hour_cyclic",)}, times, "UTC")
    late, midnight, noon, missing = features.transform(encoding, times)
    assert np.linalg.norm(late - midnight) < 0.3 < 1.9 < np.linalg.norm(midnight - noon)
    assert missing.tolist() == [0.0, 0.0]


def test_levels_of_a_few_rows_among_many_share_a_column():
    names = ["a"] * 9000 + ["b"] * 991 + ["c"] * 9
    columns = features.from_records([{"c": name} for name in names], {"c": "category"})
    encoding = features.fit("dense", {"c": ("category",)}, columns, "UTC")
    assert [(each.levels, each.rare) for each in encoding.features] == [(("a", "b"), ("c",))]


def test_hashing_is_the_same_in_every_process():
    script = "from keepfit.features.categories import bucket; print([bucket(f'N{n}', 254) for n in range(50)])"
    found = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
