"""Labels that come later: by id or key, corrected by later ones, and only what was known at a moment."""

import json
from datetime import timedelta

import pytest
from log_world import LOG_OF, NOON, in_store, prediction

from keepfit.errors import IntegrityError
from keepfit.serving.log import Label, PredictionLog, labelled
from keepfit.serving.log.table import parquet, predictions_table
from keepfit.store import Directory

DAY = timedelta(days=1)
KEY = ("depot", "parcel")


@pytest.fixture
def store(tmp_path):
    return Directory(tmp_path / "store")


def logged(tmp_path, store, *calls):
    """Predictions 0 to 9, an hour apart, and calls of labels, each in a process of its own, as far as the log knows."""
    log = PredictionLog(tmp_path / "log", store, LOG_OF, "w", sync=False)
    log.put([prediction(n, at=NOON + timedelta(hours=n)) for n in range(10)])
    for labels in calls:
        log.label(labels)
    log.close()


def found(store, as_of, key=(), **how):
    parts = labelled(store, LOG_OF, NOON, NOON + DAY, as_of=as_of, key=key, **how)
    rows = [row for part in parts for row in part.to_pylist()]
    return {row["id"]: json.loads(row["label"]) for row in rows if row["label"] is not None}


def test_a_label_belongs_to_the_prediction_of_its_id(tmp_path, store):
    logged(tmp_path, store, [Label("late", NOON + DAY, id="w-3"), Label("on time", NOON + DAY, id="w-4")])
    assert found(store, NOON + 2 * DAY) == {"w-3": "late", "w-4": "on time"}
    assert found(store, NOON + 2 * DAY, rows=2) == {"w-3": "late", "w-4": "on time"}


def test_every_prediction_is_there_once_labelled_or_not(tmp_path, store):
    logged(tmp_path, store, [Label(1.5, NOON + DAY, id="w-3")], [Label(2.5, NOON + DAY, id="w-3")])
    rows = [r for p in labelled(store, LOG_OF, NOON, NOON + DAY, as_of=NOON + 2 * DAY) for r in p.to_pylist()]
    assert sorted(row["id"] for row in rows) == [f"w-{n}" for n in range(10)]


def test_nobody_knows_a_label_before_its_time(tmp_path, store):
    logged(tmp_path, store, [Label(True, NOON + DAY, id="w-3")])
    assert found(store, NOON + DAY) == {}
    assert found(store, NOON + DAY + timedelta(microseconds=1)) == {"w-3": True}


def test_a_correction_counts_from_its_time_on(tmp_path, store):
    first, second = Label(False, NOON + DAY, id="w-3"), Label(True, NOON + 2 * DAY, id="w-3")
    logged(tmp_path, store, [second], [first])  # they may come in any order
    assert found(store, NOON + 1.5 * DAY) == {"w-3": False}
    assert found(store, NOON + 3 * DAY) == {"w-3": True}


def test_of_two_with_one_time_the_later_one_counts(tmp_path, store):
    logged(tmp_path, store, [Label("a", NOON + DAY, id="w-3")], [Label("b", NOON + DAY, id="w-3")])
    assert found(store, NOON + 2 * DAY) == {"w-3": "b"}


def test_a_label_by_key_belongs_to_all_predictions_with_these_values(tmp_path, store):
    logged(
        tmp_path,
        store,
        [Label(1, NOON + DAY, key={"parcel": "5", "depot": "d5"})],  # text and number are the same value
        [Label(2, NOON + DAY, key={"parcel": 6.0, "depot": "d6"})],
        [Label(3, NOON + DAY, key={"parcel": 7, "depot": "d6"})],  # nobody's
        [Label(4, NOON + DAY, key={"parcel": 8})],  # lacks a field
    )
    assert found(store, NOON + 2 * DAY, KEY) == {"w-5": 1, "w-6": 2}
    assert found(store, NOON + 2 * DAY) == {}


def test_by_id_or_by_key_the_latest_counts(tmp_path, store):
    by_key = Label("by key", NOON + 2 * DAY, key={"parcel": 5, "depot": "d5"})
    logged(tmp_path, store, [by_key], [Label("by id", NOON + DAY, id="w-5")])
    assert found(store, NOON + 1.5 * DAY, KEY) == {"w-5": "by id"}
    assert found(store, NOON + 3 * DAY, KEY) == {"w-5": "by key"}


def test_labels_lie_by_the_day_they_became_known(tmp_path, store):
    logged(tmp_path, store, [Label(1, NOON + DAY, id="w-1"), Label(2, NOON + 3 * DAY, id="w-2")])
    days = [key.split("/")[2] for key in store.list(f"{LOG_OF}/labels/")]
    assert days == ["2026-03-02", "2026-03-04"]
    assert len(in_store(store)) == 10


class Busy(Directory):
    """A store to which another worker brings something while its first file of predictions is read."""

    def read(self, key):
        data = super().read(key)
        if "/predictions/" in key and not list(self.list(f"{LOG_OF}/predictions/2026-03-01/a-")):
            name = f"{LOG_OF}/predictions/2026-03-01/a-0.parquet"
            self.create(name, parquet(predictions_table([prediction(n, worker="a") for n in range(3)]), "a"))
        return data


def test_what_comes_in_the_meantime_gives_nobody_the_label_of_another(tmp_path):
    store = Busy(tmp_path / "store")
    logged(tmp_path, store, [Label(f"label {n}", NOON + DAY, id=f"w-{n}") for n in range(10)])
    assert found(store, NOON + 2 * DAY) == {f"w-{n}": f"label {n}" for n in range(10)}
    assert len(in_store(store)) == 13


def test_an_altered_file_of_labels_is_said_to_be_one(tmp_path, store):
    logged(tmp_path, store, [Label("late", NOON + DAY, id="w-3")])
    (name,) = store.list(f"{LOG_OF}/labels/")
    path = tmp_path / "store" / name
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(IntegrityError, match="altered"):
        found(store, NOON + 2 * DAY)
