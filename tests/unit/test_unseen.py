"""The champion is judged only on what it has not learnt from, whatever rule split its data and ours."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from msgspec.structs import replace
from report_samples import manifest_of
from train_samples import UNDATED, snapshot_of, use_case
from train_samples import rows as any_rows

from keepfit.split import HOLDOUT, TRAIN, sides_of, split, unseen
from keepfit.store import open_store

AS_OF = datetime(2013, 4, 1, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    return open_store(str(tmp_path))


def rows(count=1200, **words):
    """Rows no two of which are equal."""
    table = any_rows(count, **words)
    return table.set_column(1, "x", pa.array(np.random.default_rng(2).normal(size=count)))


def by_key(**words):
    return use_case(**UNDATED | {"split": {"by": "key", "holdout": "25%"} | words})


def version_of(store, case, table, **changes):
    """A version that learnt from the training side of a table, and the ids that it learnt from."""
    division = split(store, case, snapshot_of(store, case, table))
    holdout = case.split.holdout
    given = {
        "as_of": AS_OF,
        "version": 1,
        "candidate": "ridge",
        "settings": {},
        "snapshot": division.snapshot,
        "train_until": division.train_until,
        "key": case.data.key,
        "holdout_share": holdout if isinstance(holdout, float) else None,
        "sides": division.sides,
    }
    learnt = table.filter(pa.array(sides_of(store, division) == TRAIN)).column("id").to_pylist()
    return manifest_of(case, **given | changes), set(learnt)


def holdout_of(store, case, table):
    return table.filter(pa.array(sides_of(store, split(store, case, snapshot_of(store, case, table))) == HOLDOUT))


def fresh(store, case, held, version):
    found = unseen(store, case, held, version)
    return set(held.column("id").filter(pa.array(found)).to_pylist())


@pytest.mark.parametrize("words", [{}, {"stratify": True}], ids=["plain", "stratified"])
def test_undated_rows_are_unseen_unless_it_learnt_from_them(store, words):
    case, table = by_key(**words), rows(900, dated=False)
    version, learnt = version_of(store, case, table.slice(0, 600))
    held = holdout_of(store, case, table)
    assert fresh(store, case, held, version) == set(held.column("id").to_pylist()) - learnt
    assert len(fresh(store, case, held, version)) > 150


def test_a_stratified_split_that_grew_does_not_judge_the_champion_on_what_it_knows(store):
    case, table = by_key(stratify=True), rows(900, dated=False)
    late = np.array(table.column("late").to_pylist())
    few = np.sort(np.append(np.flatnonzero(late)[:40], np.flatnonzero(~late)[:300]))
    version, learnt = version_of(store, case, table.take(pa.array(few)))
    held = holdout_of(store, case, table)
    crossed = set(held.column("id").to_pylist()) & learnt
    assert crossed  # else this tests nothing
    assert not crossed & fresh(store, case, held, version)


def test_a_copy_of_what_it_learnt_from_is_not_unseen(store):
    case, table = by_key(), rows(400, dated=False)
    version, learnt = version_of(store, case, table)
    copies = table.set_column(0, "id", pa.array([f"copy{number}" for number in range(400)]))
    known = {f"copy{name[1:].lstrip('0') or 0}" for name in learnt}
    assert fresh(store, case, copies, version) == set(copies.column("id").to_pylist()) - known


def test_a_row_that_it_learnt_from_is_not_unseen_though_its_values_were_corrected(store):
    case, table = by_key(), rows(400, dated=False)
    version, learnt = version_of(store, case, table)
    corrected = table.set_column(1, "x", pa.array(np.random.default_rng(5).normal(size=400)))
    assert fresh(store, case, corrected, version) == set(table.column("id").to_pylist()) - learnt


def test_a_column_that_came_since_makes_no_row_known(store):
    case, table = by_key(), rows(400, dated=False)
    version, learnt = version_of(store, case, table)
    wider = table.append_column("since", pa.array(range(400)))
    assert fresh(store, case, wider, version) == set(table.column("id").to_pylist()) - learnt


def test_dated_rows_are_unseen_after_the_end_of_its_training(store):
    case, table = use_case(), rows()
    version, _ = version_of(store, case, table.slice(0, 900))
    held = holdout_of(store, case, table)
    times = np.array(held.column("at").to_pylist())
    assert unseen(store, case, held, version).tolist() == (times >= version.train_until).tolist()
    by_hash = replace(version, train_until=None, as_of=times[50])  # its split was by key: it may know all before as_of
    assert unseen(store, case, held, by_hash).tolist() == (times >= times[50]).tolist()


def test_entities_that_it_learnt_from_are_known_to_it(store):
    plain = use_case(split={"by": "time", "holdout": "10d"})
    entity = use_case(split={"by": "time", "holdout": "10d", "entity": ["group"]})
    table = rows()
    groups = ["new" if number > 1100 and number % 2 else "abc"[number % 3] for number in range(1200)]
    table = table.set_column(table.column_names.index("group"), "group", pa.array(groups))
    version, _ = version_of(store, plain, table.slice(0, 900))
    held = table.slice(1000)
    assert unseen(store, plain, held, version).all()
    found = unseen(store, entity, held, version)
    assert set(held.filter(pa.array(found)).column("group").to_pylist()) == {"new"}
    assert found.sum() == groups.count("new")


def test_a_version_of_an_earlier_build_is_known_by_the_hash_of_the_key_and_else_by_nothing(store):
    case, table = by_key(), rows(600, dated=False)
    version, learnt = version_of(store, case, table)
    old = replace(version, sides=None)
    assert fresh(store, case, table, old) == set(table.column("id").to_pylist()) - learnt
    assert not fresh(store, case, table, replace(old, key=("other",)))
    assert not fresh(store, by_key(entity=["group"]), table, old)


def test_a_version_whose_snapshot_lacks_the_entity_is_not_judged(store):
    case, table = by_key(), rows(600, dated=False)
    version, _ = version_of(store, case, table.drop_columns(["group"]))
    assert not unseen(store, by_key(entity=["group"]), table, version).any()
