"""Batch scoring: every row comes out once, as an answer or as a refusal, and nothing is half there."""

import csv
import random
import shutil
import subprocess

import pyarrow.parquet as pq
import pytest
from batch_world import VISITS, scored, use_case, version, visit, write

from keepfit.errors import ConfigError, DataError, InfrastructureError
from keepfit.score.batch import Asked, matching, score_batch

BROKEN = [
    (visit(5, minutes=101), "minutes: at most 100"),
    (visit(6, minutes="many"), "minutes: 'many' is not a number"),
    (visit(7, door=None), "door: missing"),
    (visit(8, id=None), "id: missing"),
    (visit(9, at="yesterday"), "at: "),
]


def refusals(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["in.csv", "in.jsonl", "in.parquet"])
def test_answers_are_those_of_the_scorer_row_by_row(tmp_path, name):
    rows = [visit(n) for n in range(40)]
    batch, answers = scored(tmp_path, rows, name)
    given = version()
    wanted = given.scorer.predict_records(rows)
    assert [row["id"] for row in answers] == [row["id"] for row in rows]
    assert [row["score"] for row in answers] == wanted[:, 1].tolist()
    assert [row["decision"] for row in answers] == [("false", "true")[n] for n in given.scorer.decide(wanted)]
    assert {row["version"] for row in answers} == {3}
    assert (batch.rows, batch.scored, batch.refused, batch.refused_file) == (40, 40, 0, None)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "out.parquet", "visits.yaml"])


def test_what_breaks_the_contract_is_refused_with_row_and_reason(tmp_path):
    rows = [visit(n) for n in range(40)]
    for place, (row, _) in enumerate(BROKEN):
        rows[place * 3] = row
    batch, answers = scored(tmp_path, rows)
    told = refusals(tmp_path / "out.parquet.refused.csv")
    assert batch.rows == 40 == batch.scored + batch.refused
    assert [int(row["_row"]) for row in sorted(told, key=lambda row: int(row["_row"]))] == [1, 4, 7, 10, 13]
    by_row = {int(row["_row"]): row for row in told}
    for place, (_, reason) in enumerate(BROKEN):
        assert reason.split("'")[0] in by_row[place * 3 + 1]["_reasons"]
        assert by_row[place * 3 + 1]["_file"] == str(tmp_path / "in.csv")
    assert '"id":"v0005"' in by_row[1]["_raw"]
    assert len(answers) == 35
    assert sum(each.rows for each in batch.reasons) == 5


def test_a_row_of_a_wrong_shape_is_refused_alone(tmp_path):
    file = write(tmp_path / "in.csv", [visit(n) for n in range(10)])
    file.write_text(file.read_text() + "v99,too,few\n")
    batch = score_batch(use_case(tmp_path), version(), Asked((file,), tmp_path / "out.csv"))
    assert (batch.rows, batch.scored, batch.refused) == (11, 10, 1)
    (told,) = refusals(tmp_path / "out.csv.refused.csv")
    assert told["_row"] == "11"
    assert "v99" in told["_raw"]


def test_too_many_refusals_leave_no_answers_but_say_why(tmp_path):
    rows = [visit(n, minutes=500 if n % 3 == 0 else 5) for n in range(30)]
    batch, answers = scored(tmp_path, rows)
    assert batch.output is None
    assert answers is None
    assert (batch.rows, batch.refused, batch.tolerated) == (30, 10, 0.25)
    assert len(refusals(tmp_path / "out.parquet.refused.csv")) == 10


def test_a_value_that_is_tolerated_is_scored_with_a_warning(tmp_path):
    batch, answers = scored(tmp_path, [visit(0), visit(1, door="roof"), visit(2, minutes=None)])
    assert [row["warnings"] for row in answers] == [[], ["door: a value that the contract does not list"], []]
    assert batch.warnings == ("1 rows have a value of door that the contract does not list",)


def test_a_label_is_not_needed_and_does_not_matter_and_others_are_dropped_aloud(tmp_path):
    _, without = scored(tmp_path, [visit(n) for n in range(9)])
    rows = [visit(n, back="what?" if n == 3 else "true", colour="red") for n in range(9)]
    batch, with_label = scored(tmp_path, rows, output="again.parquet")
    assert with_label == without
    assert batch.warnings == ("columns that the contract does not declare were dropped: colour",)


def test_rows_may_lie_in_the_future(tmp_path):
    batch, _ = scored(tmp_path, [visit(1, at="2199-01-01T00:00:00Z")])
    assert batch.scored == 1


def test_the_rows_of_a_query_are_those_of_its_result(tmp_path):
    text = VISITS.replace(
        "  key: [id]", "  query: select s.*, minutes * 60 as seconds from visits s\n  key: [id]"
    ).replace("    back: {type: bool}", "    back: {type: bool}\n    seconds: {type: float}")
    rows = [visit(n, seconds=n) for n in range(5)]
    assert scored(tmp_path, rows, text=text)[0].scored == 5
    with pytest.raises(DataError, match="lacks columns") as told:
        scored(tmp_path, [visit(n) for n in range(5)], output="other.csv", text=text)
    assert "seconds" in str(told.value)


def test_csv_says_the_same_as_parquet(tmp_path):
    rows = [visit(n, door="roof" if n == 2 else "north") for n in range(20)]
    _, answers = scored(tmp_path, rows)
    scored(tmp_path, rows, output="out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [float(line["score"]) for line in lines] == [row["score"] for row in answers]
    assert [line["warnings"] for line in lines] == [" | ".join(row["warnings"]) for row in answers]
    assert list(lines[0]) == ["id", "score", "decision", "warnings", "version"]


def test_many_classes_have_a_column_each(tmp_path):
    _, answers = scored(tmp_path, [visit(n) for n in range(3)], given=version(("a", "b", "c")))
    assert list(answers[0]) == ["id", "score_a", "score_b", "score_c", "decision", "warnings", "version"]
    assert sum(answers[1][f"score_{name}"] for name in "abc") == pytest.approx(1)


@pytest.mark.parametrize("there", ["out.parquet", "out.parquet.refused.csv"])
def test_what_is_there_is_not_overwritten_unless_asked(tmp_path, there):
    (tmp_path / there).write_text("mine")
    rows = [visit(n) for n in range(3)]
    with pytest.raises(ConfigError, match="there already"):
        scored(tmp_path, rows)
    assert (tmp_path / there).read_text() == "mine"
    _, answers = scored(tmp_path, rows, replace=True)
    assert len(answers) == 3
    assert not (tmp_path / "out.parquet.refused.csv").exists()


def test_a_file_that_is_no_table_leaves_nothing(tmp_path):
    good = write(tmp_path / "a.csv", [visit(n) for n in range(3)])
    bad = tmp_path / "b.parquet"
    bad.write_bytes(b"PAR1 but not really")
    with pytest.raises(DataError):
        score_batch(use_case(tmp_path), version(), Asked((good, bad), tmp_path / "out.parquet"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.parquet", "visits.yaml"]


def test_a_file_without_rows_is_told_as_in_a_run(tmp_path):
    file = tmp_path / "in.csv"
    file.write_text("id,at,minutes,door\n")
    with pytest.raises(DataError, match="0 rows"):
        score_batch(use_case(tmp_path), version(), Asked((file,), tmp_path / "out.parquet"))
    assert not (tmp_path / "out.parquet").exists()


def test_where_all_may_be_refused_there_is_a_table_without_rows(tmp_path):
    text = VISITS.replace("quarantine_at_most: 25%", "quarantine_at_most: 100%")
    batch, answers = scored(tmp_path, [visit(1, minutes=500)], text=text)
    assert (batch.rows, batch.refused, answers) == (1, 1, [])
    columns = pq.read_table(tmp_path / "out.parquet").column_names
    assert columns == ["id", "score", "decision", "warnings", "version"]


def test_a_version_that_reads_more_than_the_yaml_has_is_told(tmp_path):
    text = VISITS.replace("    minutes: {type: float, min: 0, max: 100, nullable: true}\n", "").replace(
        "minutes: number, ", ""
    )
    with pytest.raises(ConfigError, match="version 3 reads columns"):
        scored(tmp_path, [visit(1)], text=text)


def test_patterns_name_files_in_order(tmp_path):
    for name in ("b.csv", "a.csv", "c.txt"):
        (tmp_path / name).write_text("")
    assert [path.name for path in matching("*.csv", tmp_path)] == ["a.csv", "b.csv"]
    with pytest.raises(DataError, match="no file to score"):
        matching("*.parquet", tmp_path)


def test_a_format_that_is_not_written_is_refused_before_anything(tmp_path):
    with pytest.raises(ConfigError, match="not written"):
        scored(tmp_path, [visit(1)], output="out.xlsx")


def test_a_disk_that_fills_up_leaves_no_part(tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)]
    done = subprocess.run(command, capture_output=True, text=True, check=False) if shutil.which("mount") else None
    if done is None or done.returncode:
        pytest.skip(f"a file system cannot be mounted here: {done.stderr.strip() if done else 'no mount'}")
    chance = random.Random(5)
    try:
        for name in ("out.csv", "out.parquet"):
            with pytest.raises(InfrastructureError, match="cannot be written"):
                scored(
                    tmp_path, [visit(n, id=chance.randbytes(16).hex()) for n in range(9_000)], output=f"small/{name}"
                )
            assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", "--lazy", str(small)], check=True)
