"""A model never learns from what judges it, nor from what nobody could have known."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from train_samples import UNDATED, rows, snapshot_of, use_case

from keepfit.errors import DataError
from keepfit.split import HOLDOUT, LEFT_OUT, TRAIN, key_places, sides_of, split
from keepfit.store import open_store


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path))


def times_of(table):
    return np.array(table.column("at").to_pylist())


def test_the_holdout_is_the_newest_stretch_and_training_ends_before_its_labels_were_known(store):
    case, table = use_case(), rows()
    division = split(store, case, snapshot_of(store, case, table))
    sides, times = sides_of(store, division), times_of(table)
    holdout_from = times[sides == HOLDOUT].min()
    assert times.max() - holdout_from < timedelta(days=10) <= times.max() - holdout_from + timedelta(minutes=72)
    assert times[sides == TRAIN].max() < holdout_from - timedelta(days=1) + timedelta(minutes=72)
    assert times[sides == TRAIN].max() < division.train_until <= holdout_from - timedelta(days=1)
    assert set(sides[times >= division.train_until]) == {HOLDOUT, LEFT_OUT}
    assert division.train + division.holdout + sum(left.rows for left in division.left_out) == len(times)


def test_undated_rows_never_change_sides_as_data_grow(store):
    case = use_case(**UNDATED)
    small, large = rows(300, dated=False), rows(900, dated=False)
    sides = [sides_of(store, split(store, case, snapshot_of(store, case, table))) for table in (small, large)]
    assert (sides[0] == HOLDOUT).tolist() == (sides[1][:300] == HOLDOUT).tolist()
    assert 0.2 < np.mean(sides[1] == HOLDOUT) < 0.3


def test_places_are_even_and_depend_on_the_key_alone():
    table = pa.table({"a": [str(n) for n in range(4000)], "b": list(range(4000)), "other": [0.5] * 4000})
    places = key_places(table, ("a", "b"))
    assert np.histogram(places, bins=4, range=(0, 1))[0].min() > 900
    assert places[7] == key_places(table.slice(7, 1).drop_columns(["other"]), ("a", "b"))[0]


def test_a_copy_under_another_key_is_on_one_side_only(store):
    case = use_case(**UNDATED)
    table = rows(400, dated=False)
    copied = table.set_column(0, "id", pa.array([f"copy{n}" for n in range(400)]))
    both = pa.concat_tables([table, copied])
    division = split(store, case, snapshot_of(store, case, both))
    sides = sides_of(store, division)
    values = list(zip(*(both.column(name).to_pylist() for name in ("x", "group", "late")), strict=True))
    learnt = {value for value, side in zip(values, sides, strict=True) if side == TRAIN}
    judged = {value for value, side in zip(values, sides, strict=True) if side == HOLDOUT}
    assert learnt
    assert not learnt & judged
    assert division.left_out[0].rule == "copy of a holdout row"


def test_a_side_without_rows_stops_the_run(store):
    case = use_case(split={"by": "time", "holdout": "80d"})
    with pytest.raises(DataError, match="no rows are left to learn from"):
        split(store, case, snapshot_of(store, case, rows()))


def test_moments_are_told_in_utc(store):
    case = use_case()
    division = split(store, case, snapshot_of(store, case, rows()))
    assert division.holdout_until == datetime(2013, 3, 1, 22, 48, 0, 1, tzinfo=UTC)
    assert division.holdout_until - division.holdout_from == timedelta(days=10)
