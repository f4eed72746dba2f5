"""Sides and folds at their edges, to the microsecond and to the row."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from msgspec.structs import replace
from train_samples import UNDATED, rows, snapshot_of, use_case

from keepfit.errors import DataError, IntegrityError
from keepfit.split import HOLDOUT, LEFT_OUT, TRAIN, folds_of, sides_of, split
from keepfit.split.folds import time_folds
from keepfit.split.rules import ruled
from keepfit.store import open_store

NEWEST = datetime(2013, 3, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def side_of(before_newest, **words):
    """The side of a row so long before the newest one; labels are known after a day, the holdout has ten."""
    case = use_case(split={"by": "time", "holdout": "10d"} | words)
    times = [NEWEST - before_newest, NEWEST]
    table = pa.table({"at": pa.array(times, pa.timestamp("us", tz="UTC")), "late": [True, False]})
    return ruled(table, case).sides.tolist()[0]


@pytest.mark.parametrize(
    ("before", "words", "side"),
    [
        (timedelta(days=10) - TICK, {}, HOLDOUT),
        (timedelta(days=10), {}, LEFT_OUT),
        (timedelta(days=11) - TICK, {}, LEFT_OUT),
        (timedelta(days=11), {}, TRAIN),
        (timedelta(days=12), {"gap": "2d"}, LEFT_OUT),
        (timedelta(days=13), {"gap": "2d"}, TRAIN),
    ],
)
def test_a_row_whose_label_was_known_just_when_the_holdout_begins_is_not_learnt_from(before, words, side):
    assert side_of(before, **words) == side


def test_a_class_of_two_rows_has_one_on_each_side_and_one_of_a_single_row_is_learnt_from():
    case = use_case(**UNDATED | {"split": {"by": "key", "holdout": "10%", "stratify": True}})
    names = ["common"] * 40 + ["pair"] * 2 + ["single"]
    table = pa.table({"id": [f"r{place}" for place in range(43)], "late": names})
    sides, late = ruled(table, case).sides, np.array(names)
    held = {name: int(np.sum(sides[late == name] == HOLDOUT)) for name in ("common", "pair", "single")}
    assert held == {"common": 4, "pair": 1, "single": 0}


def test_folds_score_every_stretch_but_the_first_once_and_fit_on_what_was_known_before():
    times = np.arange(60)
    folds = list(time_folds(times, 5, gap=3))
    assert np.concatenate([fold.score for fold in folds]).tolist() == list(range(10, 60))
    assert [fold.fit.tolist() for fold in folds] == [list(range(fold.score[0] - 3)) for fold in folds]


def test_what_happened_again_at_another_time_is_no_copy_though_the_time_is_part_of_the_key(tmp_path):
    data = {
        "sources": {"rows": {"kind": "files", "path": "rows.csv"}},
        "key": ["id", "at"],
        "event_time": "at",
        "label": {"column": "late", "known_after": "1d"},
    }
    case, store = use_case(data=data), open_store(str(tmp_path))
    times = pa.array(
        [NEWEST - timedelta(hours=12 * place) for place in range(80, -1, -1)], pa.timestamp("us", tz="UTC")
    )
    late = [place % 2 == 0 for place in range(81)]
    table = pa.table({"id": ["r"] * 81, "x": [1.0] * 81, "group": ["a"] * 81, "late": late, "at": times})
    division = split(store, case, snapshot_of(store, case, table))
    assert (division.train, division.holdout) == (59, 20)
    assert [left.rule for left in division.left_out] == ["label known too late to train on"]


def by_key(**words):
    return use_case(**UNDATED | {"split": {"by": "key", "holdout": "25%"} | words})


def test_no_row_to_judge_on_stops_the_run(tmp_path):
    case, store = by_key(holdout="0.01%"), open_store(str(tmp_path))
    with pytest.raises(DataError, match="no rows are left to judge on") as caught:
        split(store, case, snapshot_of(store, case, rows(40, dated=False)))
    assert "to learn from, 0 to judge on" in str(caught.value)


def test_sides_that_are_not_those_that_were_counted_are_refused(tmp_path):
    case, store = by_key(), open_store(str(tmp_path))
    division = split(store, case, snapshot_of(store, case, rows(400, dated=False)))
    assert len(sides_of(store, division)) == 400
    with pytest.raises(IntegrityError, match="not those that were counted"):
        sides_of(store, replace(division, train=division.train + 1))


def test_folds_by_entity_throw_no_row_away():
    entities = np.arange(400) // 10
    folds = folds_of(by_key(entity=["group"]), np.zeros(400, int), None, entities)
    assert len(folds) == use_case().train.folds
    assert all(fold.fit.size + fold.score.size == 400 for fold in folds)


@pytest.mark.parametrize("words", [{}, {"stratify": True}, {"entity": ["group"]}])
def test_folds_are_those_of_the_seed(words):
    def made(seed):
        case = by_key(**words)
        case = case.model_copy(update={"train": case.train.model_copy(update={"seed": seed})})
        entities = np.arange(100) // 2 if words.get("entity") else None
        return [fold.score.tolist() for fold in folds_of(case, np.arange(100) % 2, None, entities)]

    assert made(1) == made(1)
    assert made(1) != made(2)
