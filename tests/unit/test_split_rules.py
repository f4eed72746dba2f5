"""Whatever the rule: no row is lost, no entity and no copy is on both sides, and no label is from the future."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from train_samples import UNDATED, snapshot_of, use_case

from keepfit.errors import DataError
from keepfit.split import HOLDOUT, LEFT_OUT, TRAIN, folds_of, sides_of, split
from keepfit.split.folds import grouped_folds, stratified_folds
from keepfit.split.rules import ruled
from keepfit.store import open_store

START = datetime(2013, 1, 1, tzinfo=UTC)
SEVERAL = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
FEW = settings(SEVERAL, max_examples=20)

ROWS = st.lists(
    st.tuples(st.integers(0, 300), st.sampled_from("abcdefgh"), st.sampled_from([0.0, 1.0]), st.booleans()),
    min_size=30,
    max_size=120,
)


def table_of(drawn, dated=True, ids=None):
    hours, groups, numbers, labels = zip(*drawn, strict=True)
    columns = {
        "id": ids or [f"r{place:04}" for place in range(len(drawn))],
        "x": pa.array(numbers),
        "group": list(groups),
        "late": list(labels),
    }
    if dated:
        columns["at"] = pa.array([START + timedelta(hours=hour) for hour in hours], pa.timestamp("us", tz="UTC"))
    return pa.table(columns).sort_by([("at", "ascending"), ("id", "ascending")] if dated else "id")


def by_time(**words):
    return use_case(split={"by": "time", "holdout": "3d"} | words)


def by_key(**words):
    return use_case(**UNDATED | {"split": {"by": "key", "holdout": "25%"} | words})


def on(table, sides, side, column="group"):
    return set(table.column(column).filter(pa.array(sides == side)).to_pylist())


@SEVERAL
@given(ROWS, st.sampled_from(["1h", "1d", "4d"]))
def test_by_time_labels_were_known_and_the_gap_is_kept(drawn, gap):
    case, table = by_time(gap=gap, entity=["group"]), table_of(drawn)
    found = ruled(table, case)
    times = np.array(table.column("at").to_pylist())
    oldest = times.max() - timedelta(days=3)
    assert all(times[found.sides == TRAIN] + timedelta(days=1) + case.split.gap <= oldest + timedelta(microseconds=1))
    assert set(times[found.sides == HOLDOUT]) == {time for time in times if time > oldest}
    assert sum(found.left_out.values()) == np.sum(found.sides == LEFT_OUT)
    assert not on(table, found.sides, TRAIN) & on(table, found.sides, HOLDOUT)


@SEVERAL
@given(ROWS)
def test_by_key_an_entity_is_on_one_side_and_stays_there_as_data_grow(drawn):
    case, table = by_key(entity=["group"]), table_of(drawn, dated=False)
    sides = ruled(table, case).sides
    assert not on(table, sides, TRAIN) & on(table, sides, HOLDOUT)
    assert ruled(table.slice(0, 20), case).sides.tolist() == sides[:20].tolist()


@SEVERAL
@given(ROWS)
def test_stratified_every_class_has_its_share(drawn):
    table = table_of(drawn, dated=False)
    sides = ruled(table, by_key(stratify=True)).sides
    late = np.array(table.column("late").to_pylist())
    for each in (late, ~late):
        held, rows = int(np.sum(sides[each] == HOLDOUT)), int(each.sum())
        assert held == (min(max(round(rows / 4), 1), rows - 1) if rows else 0)


@FEW
@given(ROWS, st.sampled_from(["time", "key", "entity", "stratify"]))
def test_no_row_is_lost_and_no_copy_is_on_both_sides(tmp_path, drawn, rule):
    cases = {
        "time": by_time(gap="2h"),
        "key": by_key(),
        "entity": by_key(entity=["group"]),
        "stratify": by_key(stratify=True),
    }
    case, table = cases[rule], table_of(drawn, dated=rule == "time")
    store = open_store(str(tmp_path))
    try:
        division = split(store, case, snapshot_of(store, case, table))
    except DataError as error:
        assert "rows are left to" in str(error)
        return
    assert division.train + division.holdout + sum(left.rows for left in division.left_out) == len(drawn)
    sides, names = sides_of(store, division), [name for name in table.column_names if name != "id"]
    rows = list(zip(*(table.column(name).to_pylist() for name in names), strict=True))
    seen = {row for row, side in zip(rows, sides, strict=True) if side == TRAIN}
    assert not seen & {row for row, side in zip(rows, sides, strict=True) if side == HOLDOUT}


@pytest.mark.parametrize(
    ("rare", "says"), [((), "no rows are left to learn from"), ((5, 9), "too few rows are left to learn from")]
)
def test_what_entities_cost_is_said_by_name(tmp_path, rare, says):
    drawn = [(hour, "rare" if hour in rare else "abc"[hour % 3], 0.0, hour % 2 == 0) for hour in range(300)]
    case, store = by_time(entity=["group"], gap="12h"), open_store(str(tmp_path))
    with pytest.raises(DataError, match=says) as caught:
        split(store, case, snapshot_of(store, case, table_of(drawn)))
    message = str(caught.value)
    assert f"{192 - len(rare)} of an entity that is in the holdout" in message
    assert "12 in the gap before the holdout; 24 label known too late to train on" in message.replace("left out: ", "")


@given(st.lists(st.integers(0, 9), min_size=20, max_size=200), st.integers(2, 5))
def test_groups_are_scored_as_a_whole_and_each_row_once(groups, folds):
    groups = np.array(groups)
    made = list(grouped_folds(groups, folds, seed=3))
    assert sorted(np.concatenate([fold.score for fold in made]).tolist()) == list(range(len(groups)))
    assert all(not set(groups[fold.fit]) & set(groups[fold.score]) for fold in made)


@given(st.lists(st.integers(0, 3), min_size=20, max_size=200), st.integers(2, 5))
def test_stratified_folds_have_the_same_of_every_class(labels, folds):
    labels = np.array(labels)
    made = list(stratified_folds(labels, folds, seed=3))
    assert sorted(np.concatenate([fold.score for fold in made]).tolist()) == list(range(len(labels)))
    counts = np.array([np.bincount(labels[fold.score], minlength=4) for fold in made])
    assert np.ptp(counts, axis=0).max() <= 1
    assert np.ptp(counts.sum(axis=1)) <= 1


def test_folds_repeat_the_split():
    hour = 3_600_000_000
    times, entities = np.arange(400) * hour, np.arange(400) // 10
    labels = (np.arange(400) % 10 == 0).astype(int)
    gapped = folds_of(by_time(gap="12h"), labels, times)
    assert all(times[fold.score].min() - times[fold.fit].max() > 36 * hour for fold in gapped)
    for case in (by_time(entity=["group"]), by_key(entity=["group"])):
        grouped = folds_of(case, labels, times, entities)
        assert grouped
        assert all(not set(entities[fold.fit]) & set(entities[fold.score]) for fold in grouped)
    shares = [labels[fold.score].mean() for fold in folds_of(by_key(stratify=True), labels, None)]
    assert np.ptp(shares) < 0.01


def test_entities_that_are_everywhere_leave_no_fold():
    times = np.arange(40) * 3_600_000_000
    with pytest.raises(DataError, match="no validation fold can keep every entity on one side") as caught:
        folds_of(by_time(entity=["group"]), np.zeros(40, int), times, np.zeros(40, int))
    assert "1 entities in 40 rows" in str(caught.value)
