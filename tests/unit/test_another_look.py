"""Another look at a version takes every row that it has not learnt from, and waits until enough of them are new."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from report_samples import manifest_of
from train_samples import UNDATED, rows, snapshot_of, use_case

from keepfit.evaluate import another_look
from keepfit.split import HOLDOUT, LEFT_OUT, TRAIN, sides_of, split
from keepfit.store import open_store


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path))


def undated(count):
    """Rows without a time no two of which are equal."""
    table = rows(count, dated=False)
    return table.set_column(1, "x", pa.array(np.random.default_rng(2).normal(size=count)))


def version_of(store, case, table):
    """A version that learnt from a table."""
    division = split(store, case, snapshot_of(store, case, table))
    return manifest_of(case, as_of=datetime(2013, 4, 1, tzinfo=UTC), version=1, candidate="ridge", settings={},
                       snapshot=division.snapshot, train_until=division.train_until, key=case.data.key,
                       holdout_share=None, sides=division.sides)  # fmt: skip


def looked(store, case, learnt, before, now):
    version = version_of(store, case, learnt)
    return version, another_look(store, case, snapshot_of(store, case, now), version, snapshot_of(store, case, before))


def test_all_rows_after_its_training_are_judged_and_those_of_no_earlier_look_are_new(store):
    case, table = use_case(), rows()
    version, found = looked(store, case, table.slice(0, 900), table.slice(0, 960), table)
    times = np.array(table.column("at").to_pylist())
    after = times >= version.train_until
    assert (sides_of(store, found.split) == HOLDOUT).tolist() == after.tolist()
    assert set(sides_of(store, found.split).tolist()) == {HOLDOUT, LEFT_OUT}
    assert (found.split.train, found.split.holdout) == (0, int(after.sum()))
    assert [(each.rule, each.rows) for each in found.split.left_out] == [
        ("the version may have learnt from it", int((~after).sum()))
    ]
    assert (found.fresh, found.days, found.short) == (240, 12, "")


def test_new_rows_that_it_has_learnt_from_are_not_new(store):
    case, table = use_case(), rows()
    _, found = looked(store, case, table, table.slice(1100), table)
    assert found.fresh < 1100
    assert found.fresh == found.split.holdout - 100


@pytest.mark.parametrize(
    ("days", "short"), [(7, "7 days with new labels since its last look; a look needs 8"), (8, "")]
)
def test_new_rows_of_too_few_days_are_not_looked_at(store, days, short):
    case, table = use_case(), rows(1200)
    _, found = looked(store, case, table.slice(0, 900), table.slice(0, 1200 - 20 * days), table)
    assert (found.fresh, found.days, found.short) == (20 * days, days, short)


def test_a_day_is_one_of_the_use_case(store):
    """A row at 03:00 and one at 05:00 UTC of one day are of two days in New York."""
    data = {
        "sources": {"rows": {"kind": "files", "path": "rows.csv"}},
        "key": ["id"],
        "event_time": "at",
        "timezone": "America/New_York",
        "label": {"column": "late", "known_after": "1d"},
    }
    case, table = use_case(data=data), rows(1200)
    start = datetime(2013, 1, 1, 3, tzinfo=UTC)
    times = [start + timedelta(days=number // 20, hours=2 * (number % 2), seconds=number) for number in range(1200)]
    table = table.set_column(table.column_names.index("at"), "at", pa.array(times, pa.timestamp("us", tz="UTC")))
    _, found = looked(store, case, table.slice(0, 900), table.slice(0, 1120), table)
    assert (found.fresh, found.days) == (80, 5)


@pytest.mark.parametrize(
    ("new", "short"), [(29, "29 rows with new labels since its last look; a look needs 30"), (30, "")]
)
def test_undated_rows_are_counted_alone(store, new, short):
    case, table = use_case(**UNDATED), undated(900)
    _, found = looked(store, case, table.slice(0, 800), table.slice(0, 900 - new), table)
    assert (found.fresh, found.days, found.short) == (new, None, short)


def test_it_is_told_apart_from_the_split_that_it_was_trained_by(store):
    case, table = use_case(**UNDATED), undated(900)
    version, found = looked(store, case, table.slice(0, 800), table.slice(0, 850), table)
    learnt = np.frombuffer(store.read(f"objects/{version.sides}"), np.uint8) == TRAIN
    judged = sides_of(store, found.split) == HOLDOUT
    assert not (judged[:800] & learnt).any()
    assert judged[800:].all()
