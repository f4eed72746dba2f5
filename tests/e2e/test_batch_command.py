"""``keepfit score``: the holdout again, answered as in the run; exit codes, and what machines and people are told."""

import csv
import shutil
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from journeys import FIRST, SECOND, World, visits

from keepfit import ledger, registry
from keepfit.data import read_snapshot
from keepfit.records import Evaluated, parse
from keepfit.split import HOLDOUT
from keepfit.store import get


@pytest.fixture(scope="module")
def trained(tmp_path_factory, warm):
    """Two versions, the first of which is champion as of the first moment."""
    world = World(tmp_path_factory.mktemp("trained")).tiny()
    for as_of in (FIRST, SECOND):
        assert warm.run(world, "run", "visits", "--as-of", as_of).code in {0, 5}
    return world


def holdout(world, number):
    """The rows of a version's holdout, and what it predicted for them in its run (n, 2)."""
    entry = registry.registration(world.store, "visits", number)
    evaluated = parse(get(world.store, entry.objects[registry.EVALUATED]), Evaluated)
    manifest = registry.manifest(world.store, "visits", entry.version.digest)
    sides = np.frombuffer(get(world.store, manifest.sides), np.uint8)
    rows = read_snapshot(world.store, "visits", manifest.snapshot).filter(pa.array(sides == HOLDOUT))
    predictions = np.frombuffer(get(world.store, evaluated.predictions), "<f8").reshape(-1, 2)
    return SimpleNamespace(rows=rows, scores=predictions[:, 1].tolist(), classes=manifest.classes)


def as_csv(table, path):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.column_names)
        for row in table.to_pylist():
            writer.writerow(
                [
                    str(v).lower() if isinstance(v, bool) else getattr(v, "isoformat", lambda v=v: v)()
                    for v in row.values()
                ]
            )


def test_the_holdout_is_answered_as_in_the_run(trained, warm):
    for number in (1, 2):
        known = holdout(trained, number)
        assert len(known.scores) > 50
        pq.write_table(known.rows, trained.work / f"held{number}.parquet")
        as_csv(known.rows, trained.work / f"held{number}.csv")
        for form in ("parquet", "csv"):
            out = f"out{number}{form}.parquet"
            words = ("--input", f"held{number}.{form}", "--output", out, "--version", number, "--json")
            ended = warm.run(trained, "score", "visits", *words)
            assert ended.code == 0, ended.err
            answer, table = ended.answer, pq.read_table(trained.work / out)
            assert answer["rows"] == {"in": len(known.scores), "scored": len(known.scores), "refused": 0}
            assert (answer["version"], answer["refused"]) == (number, None)
            assert table.column("score").to_pylist() == pytest.approx(known.scores, rel=0, abs=1e-12)  # served compiled
            assert table.column("id").to_pylist() == known.rows.column("id").to_pylist()


def test_the_champion_of_a_moment_answers_unless_a_version_is_named(trained, warm):
    shutil.copy(trained.work / "data/visits/2020-03.csv", trained.work / "march.csv")
    fold = ledger.fold_of(ledger.head(trained.store, "visits"))
    words = ("score", "visits", "--input", "march.csv", "--json")
    first = warm.run(trained, *words, "--output", "first.csv", "--as-of", FIRST).answer
    assert first["version"] == 1
    assert warm.run(trained, *words, "--output", "now.csv").answer["version"] == fold.champion.number
    before = warm.run(trained, *words, "--output", "before.csv", "--as-of", "2019-01-01")
    assert before.code == 2
    assert "no champion as of" in before.err
    nowhere = warm.run(trained, *words, "--output", "nowhere.csv", "--version", 9)
    assert (nowhere.code, "there is no version 9" in nowhere.err) == (2, True)


def test_people_and_machines_are_told_of_refused_rows(trained, warm):
    for month in (5, 6):
        trained.write(f"new/{month}.csv", visits(2020, month))  # one row of each has a door that is not in the contract
    words = ("score", "visits", "--input", "new/*.csv", "--output", "may.csv")
    told = warm.run(trained, *words)
    assert told.code == 0
    assert "300 rows in = 298 scored + 2 refused" in told.out
    assert "door: one of north, south" in told.out
    with (trained.work / "may.csv.refused.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [(row["_file"].rpartition("/")[2], row["_row"]) for row in rows] == [("5.csv", "12"), ("6.csv", "12")]
    again = warm.run(trained, *words)
    assert again.code == 2
    assert "there already" in again.err
    machine = warm.run(trained, *words, "--overwrite", "--json").answer
    assert machine["rows"] == {"in": 300, "scored": 298, "refused": 2}
    assert machine["reasons"] == [{"reason": "door: one of north, south", "rows": 2}]


def test_too_many_refused_rows_end_with_3_and_no_predictions(trained, warm):
    trained.write("bad.csv", visits(2020, 7).replace(",north,", ",roof,"))
    ended = warm.run(trained, "score", "visits", "--input", "bad.csv", "--output", "bad.parquet", "--json")
    assert ended.code == 3
    assert (ended.answer["output"], ended.answer["rows"]["in"]) == (None, 150)
    assert not (trained.work / "bad.parquet").exists()
    assert (trained.work / "bad.parquet.refused.csv").exists()


def test_a_file_that_lacks_a_column_says_which(trained, warm):
    trained.write("short.csv", "id,at,door\nv1,2020-05-01T00:00:00Z,north\n")
    ended = warm.run(trained, "score", "visits", "--input", "short.csv", "--output", "short.parquet")
    assert ended.code == 3
    assert "minutes" in ended.err
    assert warm.run(trained, "score", "visits", "--input", "none*.csv", "--output", "x.csv").code == 3
