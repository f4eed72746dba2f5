"""Candidate, champion and anchor are asked about the same holdout; who cannot be asked leaves its comparison open."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from msgspec.structs import replace
from report_samples import manifest_of
from sklearn.metrics import accuracy_score, roc_auc_score
from train_samples import rows, snapshot_of, use_case

from keepfit import features, score
from keepfit.evaluate import evaluate_versions
from keepfit.export import export
from keepfit.records import Seat
from keepfit.split import HOLDOUT, TRAIN, sides_of, split
from keepfit.store import open_store
from keepfit.train import train

SEAT = Seat(number=1, digest="c" * 64)
OLD = Seat(number=7, digest="a" * 64)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return open_store(str(tmp_path_factory.mktemp("store")))


def trained(store, case, table):
    division = split(store, case, snapshot_of(store, case, table))
    model = train(store, case, division)
    files = export(store, model).files
    manifest = manifest_of(case, as_of=datetime(2013, 4, 1, tzinfo=UTC), version=1, candidate=model.candidate,
                           settings=model.settings, snapshot=division.snapshot, train_until=division.train_until,
                           classes=model.classes, key=case.data.key, sides=division.sides, files=files)  # fmt: skip
    return division, model, files, manifest


@pytest.fixture(scope="module")
def known(store):
    return trained(store, use_case(), rows())


def asked(store, known, case=None, **words):
    division, model, files, manifest = known
    return evaluate_versions(
        store, case or use_case(), division, model.classes, files, words.pop("champion", (SEAT, manifest)), **words
    )


def gain(found, against, metric="log_loss"):
    return next(one.improvement for one in found.comparisons if (one.metric, one.against) == (metric, against))


def test_figures_are_those_of_the_holdout_alone(store, known):
    division, _, files, _ = known
    held = rows().filter(pa.array(sides_of(store, division) == HOLDOUT))
    scorer = score.load(store, files)
    told = scorer.predict(features.from_table(held, scorer.encoding.kinds))[:, 1]
    found = asked(store, known)
    assert found.rows == division.holdout == held.num_rows
    assert found.candidate["roc_auc"].value == pytest.approx(roc_auc_score(held.column("late").to_numpy(), told))
    assert found.candidate["roc_auc"].clusters == 10
    assert (found.clustered_by, found.confidence) == ("day", 0.95)


def test_the_champion_is_not_judged_on_what_it_learnt_from(store, known):
    division, *_, manifest = known
    held = rows().filter(pa.array(sides_of(store, division) == HOLDOUT))
    times = np.array(held.column("at").to_pylist())
    later = replace(manifest, train_until=times[30])
    found = asked(store, known, champion=(SEAT, later))
    assert (found.champion_number, found.champion_rows) == (1, held.num_rows - 30)
    assert gain(found, "champion").rows == held.num_rows - 30
    everything = asked(store, known, champion=(SEAT, replace(manifest, train_until=times[-1].replace(year=2020))))
    assert (everything.champion_rows, gain(everything, "champion").low) == (0, None)


def test_an_anchor_is_asked_too_and_both_at_what_the_look_may_spend(store, known):
    other = trained(store, use_case(train={"candidates": ["nearest_neighbours"], "seed": 3}), rows())
    plain = asked(store, known, anchor=(OLD, other[3]))
    wide = asked(store, known, anchor=(OLD, other[3]), champion_confidence=0.999)
    assert (plain.anchor_number, plain.anchor_rows) == (7, plain.rows)
    assert gain(wide, "anchor").low < gain(plain, "anchor").low
    assert gain(wide, "naive") == gain(plain, "naive")
    assert asked(store, known).anchor_number is None


def test_a_champion_whose_column_is_gone_leaves_its_comparison_open(store, known):
    case = use_case(features={"x": "number", "at": ["hour"]})
    narrow = trained(store, case, rows().drop_columns(["group"]))
    found = asked(store, narrow, case, champion=(SEAT, known[3]))
    open_ = gain(found, "champion")
    assert (open_.low, open_.missing) == (None, "evidence")
    assert "it needs columns that are gone: group" in open_.reason


def test_a_champion_that_knows_other_classes_leaves_its_comparison_open(store, known):
    other = replace(known[3], classes=("no", "yes"))
    found = asked(store, known, champion=(SEAT, other))
    assert gain(found, "champion").low is None
    assert "it knows the classes no, yes, not " in gain(found, "champion").reason


def test_each_version_decides_at_its_own_threshold(store, known):
    case = use_case(train={"candidates": ["logistic_regression"], "seed": 3, "decide": {"threshold": 0.8}})
    strict = trained(store, case, rows())
    held = rows().filter(pa.array(sides_of(store, strict[0]) == HOLDOUT))
    scorer = score.load(store, strict[2])
    told = scorer.predict(features.from_table(held, scorer.encoding.kinds))[:, 1]
    late = held.column("late").to_numpy()
    found = asked(store, strict, case, champion=(SEAT, known[3]))
    assert found.candidate["accuracy"].value == pytest.approx(accuracy_score(late, told >= 0.8))
    assert found.champion["accuracy"].value == pytest.approx(accuracy_score(late, told >= 0.5))
    other = asked(store, known, champion=(SEAT, strict[3]))
    assert other.champion["accuracy"].value == found.candidate["accuracy"].value


def test_rows_of_an_entity_hang_together_as_well(store):
    case = use_case(split={"by": "time", "holdout": "10d", "entity": ["group"]})
    table = rows()
    names = [f"g{number // 40 if number < 900 else number}" for number in range(1200)]
    case_rows = table.set_column(table.column_names.index("group"), "group", pa.array(names))
    known = trained(store, case, case_rows)
    assert asked(store, known, case, champion=None).clustered_by == "day and entity"
    assert (sides_of(store, known[0]) == TRAIN).any()
