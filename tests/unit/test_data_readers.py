"""Bad files are refused whole, with file, row, expected and found; bad cells refuse their row and nothing else."""

import gzip
import io
import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from keepfit.data import get_table
from keepfit.errors import DataError, Problem
from tests.unit.data_world import HEAD, World, row, rows, use_case


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def refusal(world: World) -> Problem:
    with pytest.raises(DataError) as caught:
        world.extract()
    return caught.value.problems[0]


def zipped(*names: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name in names:
            archive.writestr(name, "\n".join([HEAD, *rows(5)]))
    return sink.getvalue()


def parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def test_formats_and_packings_give_the_same_rows(world, tmp_path):
    text = "\n".join([HEAD, *rows(20)])
    records = [dict(zip(HEAD.split(","), line.split(","), strict=True)) for line in rows(20)]
    lines = "\n".join(json.dumps(record | {"late": record["late"] == "true"}) for record in records)
    digests = {}
    for name, data in {
        "a.csv": text.encode(),
        "a.csv.gz": gzip.compress(text.encode(), mtime=0),
        "a.jsonl": lines.encode(),
        "a.ndjson.gz": gzip.compress(lines.encode(), mtime=0),
        "a.parquet": parquet(pa.Table.from_pylist(records)),
    }.items():
        here = World(tmp_path / name)
        here.write(name, data)
        digests[name] = here.validate().snapshot
    assert len(set(digests.values())) == 1, digests
    world.write("a.csv.zip", zipped("inside.csv"))
    assert world.extract().rows == 5


def test_files_of_a_glob_are_one_table_with_file_and_row(world):
    world.write("2020-02.csv", rows(3, first=3))
    world.write("2020-01.csv", rows(3))
    table = world.table().to_pylist()
    assert [(each["_file"], each["_row"]) for each in table] == [
        *(("data/2020-01.csv", number) for number in (1, 2, 3)),
        *(("data/2020-02.csv", number) for number in (1, 2, 3)),
    ]


def test_no_file_names_the_pattern(world):
    assert "data/*" in refusal(world).what


@pytest.mark.parametrize(
    ("name", "data", "what", "found"),
    [
        ("a.csv", b"", "0 rows in data/a.csv", "empty"),
        ("a.csv", HEAD + "\n", "0 rows in data/a.csv", "only a header"),
        ("a.csv", "<!DOCTYPE html>\n<html>Sign in</html>", "HTML page", "<!DOCTYPE html>"),
        ("a.csv", f"{HEAD}\nr1,2020-01-01T00:00Z,r\u00fbge,1,true\n".encode("latin-1"), "not UTF-8", "Latin-1"),
        ("a.csv", (HEAD + "\n").encode("utf-16"), "not UTF-8", "offset 0; it may be UTF-16"),
        ("a.csv", "id,at,id,size,late\n1,2,3,4,5\n", "without a name of their own", "id at 1, 3"),
        ("a.csv", f"{HEAD}\n{row(0)},9\n{row(1)},9\n", "none of 2 rows can be read", "6: r000,"),
        ("a.csv", f'{HEAD}\n{row(0)}\nr001,"2020', "a quote is opened and not closed", ""),
        ("a.csv.gz", gzip.compress(b"x" * 1000, mtime=0)[:-9], "gzip file is truncated", ""),
        ("a.csv.gz", b"PK not gzip", "gzip file is truncated or damaged", ""),
        ("a.csv.zip", zipped("a.csv")[:-30], "zip file is truncated", ""),
        ("a.csv.zip", zipped("a.csv", "b.csv"), "exactly one file", "2 files"),
        ("a.parquet", parquet(pa.table({"id": ["a"]}))[:-20], "Parquet file is truncated", ""),
        ("a.parquet", b"id,at\n", "Parquet file is truncated or damaged", ""),
        ("a.parquet", parquet(pa.table({"id": pa.array([], pa.string())})), "0 rows in data/a.parquet", ""),
        ("a.jsonl", '{"id": "a", "id": "b"}\n', "none of 1 rows can be read", "the name id twice"),
        ("a.jsonl", "[1]\n", "looks like a JSON array", "[1]"),
        ("a.xlsx", b"PK", "format of a file is not known", "a.xlsx"),
    ],
)
def test_a_file_that_is_no_table_is_refused(world, name, data, what, found):
    world.write(name, data)
    problem = refusal(world)
    assert what in problem.what
    assert found in problem.found
    assert name in problem.where


@pytest.mark.parametrize(
    ("name", "number", "line", "reason"),
    [
        ("a.csv", 1, row(0) + ",9", "expected 5 fields, found 6"),
        ("a.csv", 3, "r002,2020", "expected 5 fields, found 2"),
        ("a.csv.gz", 4, "r003,2020", "expected 5 fields, found 2: a truncated file?"),
        ("a.jsonl", 2, '{"id": "x", "id": "y"}', "expected one JSON object, found the name id twice"),
        (
            "a.jsonl",
            4,
            '{"id": ',
            "expected one JSON object, found no JSON at character 8 (Expecting value): a truncated",
        ),
    ],
)
def test_a_row_of_a_wrong_shape_is_quarantined_with_file_row_and_text(world, name, number, line, reason):
    lines = rows(4)
    if name.endswith("jsonl"):
        lines = [json.dumps(dict(zip(HEAD.split(","), line.split(","), strict=True))) for line in lines]
    lines[number - 1] = line
    body = "\n".join([HEAD, *lines] if "csv" in name else lines)
    world.write(name, gzip.compress(body.encode(), mtime=0) if name.endswith("gz") else body)
    validated = world.validate()
    assert (validated.rows.kept, validated.rows.quarantined) == (3, 1)
    (bad,) = world.quarantine(validated)
    assert (bad["_file"], bad["_row"], bad["_raw"]) == (f"data/{name}", number, line)
    assert bad["_reasons"][0].startswith(reason)


def test_an_added_column_is_a_warning(world):
    world.write("a.csv", rows(3))
    world.write("b.csv", [row(9) + ",new"], head=HEAD + ",extra")
    extracted = world.extract()
    assert any("data/b.csv" in warning and "extra" in warning for warning in extracted.warnings)
    assert any("does not declare were dropped: extra" in warning for warning in extracted.warnings)


def test_a_missing_column_names_the_closest(world):
    world.write("a.csv", rows(3), head="id,when_at,color,size,late")
    problem = refusal(world)
    assert "colour" in problem.what
    assert problem.do == "did you mean color?"


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("abc", "'abc' is not a number"),
        ("nan", "'nan' is not a number"),
        ("NA", "'NA' is not a number"),
        ("1_0", "'1_0' is not a number"),
        ("1e999", "'1e999' is not a number"),
    ],
)
def test_a_text_in_a_number_refuses_its_row_alone(world, cell, reason):
    world.write("a.csv", [*rows(9), row(9, size=cell)])
    validated = world.validate()
    assert validated.rows.kept == 9
    (bad,) = world.quarantine(validated)
    assert bad["_reasons"] == [f"size: {reason}"]
    assert (bad["_file"], bad["_row"]) == ("data/a.csv", 10)
    assert json.loads(bad["_raw"])["size"] == cell


@pytest.mark.parametrize("cell", ["1.9", "1e20", "99999999999999999999", "seven"])
def test_whole_numbers_are_never_bent(world, cell):
    case = use_case(contract__columns__size={"type": "int"})
    world.write("a.csv", [*(row(number, size=f"{number}.0") for number in range(9)), row(9, size=cell)])
    validated = world.validate(case)
    assert validated.rows.quarantined == 1
    assert world.table(case)["size"].to_pylist() == list(range(9))


def test_only_named_texts_are_null(world):
    world.write("a.csv", [row(0, size="NA"), row(1, size="")])
    case = use_case(data__sources__items__nulls=["NA"])
    extracted = world.extract(case)
    assert extracted.refused_rows == 1
    assert get_table(world.store, extracted.parts[0])["size"].to_pylist() == [None]


def test_leading_zeros_and_na_stay_text(world):
    case = use_case(contract__columns__colour={"type": "category"})
    world.write("a.csv", [row(0, colour="007"), row(1, colour="NA"), row(2, colour="true")])
    assert world.table(case)["colour"].to_pylist() == ["007", "NA", "true"]


def test_times_of_mixed_zones_become_utc(world):
    times = [
        "2020-01-05T12:00:00Z",
        "2020-01-05T12:30:00+01:00",
        "2020-01-05 06:00:00",  # New York, no offset
        "2020-01-05",
    ]
    world.write("a.csv", [row(number, at=time) for number, time in enumerate(times)])
    found = {each["id"]: each["when_at"].isoformat() for each in world.table().to_pylist()}
    assert found == {
        "r000": "2020-01-05T12:00:00+00:00",
        "r001": "2020-01-05T11:30:00+00:00",
        "r002": "2020-01-05T11:00:00+00:00",
        "r003": "2020-01-05T05:00:00+00:00",
    }


def test_an_hour_that_spring_skips_does_not_exist(world):
    world.write("a.csv", [*rows(3), row(3, at="2019-03-10T02:30:00")])
    (bad,) = world.quarantine(world.validate())
    assert "does not exist in America/New_York" in bad["_reasons"][0]


def test_the_earlier_of_two_equal_hours_in_autumn(world):
    world.write("a.csv", [row(0, at="2019-11-03T01:30:00"), row(1)])
    assert world.table()["when_at"][0].as_py().isoformat() == "2019-11-03T05:30:00+00:00"


def test_parquet_keeps_what_it_knows(world):
    table = pa.table(
        {
            "id": pa.array(["a", "b"]).dictionary_encode(),
            "when_at": pa.array(["2020-01-01T00:00:00", "2020-01-02T00:00:00"]).cast(pa.timestamp("ns")),
            "colour": ["red", "blue"],
            "size": [float("nan"), 2.0],
            "late": [True, False],
        }
    )
    world.write("a.parquet", parquet(table))
    assert world.table().to_pylist() == [
        {
            "id": name,
            "when_at": world.table()["when_at"][number].as_py(),
            "colour": colour,
            "size": size,
            "late": late,
            "_file": "data/a.parquet",
            "_row": number + 1,
        }
        for number, (name, colour, size, late) in enumerate([("a", "red", None, True), ("b", "blue", 2.0, False)])
    ]
    assert world.table()["when_at"][0].as_py().isoformat() == "2020-01-01T05:00:00+00:00"


def test_whole_numbers_in_parquet_that_are_not(world):
    case = use_case(contract__columns__size={"type": "int"})
    good = pa.Table.from_pylist([dict(zip(HEAD.split(","), line.split(","), strict=True)) for line in rows(3)])
    world.write("a.parquet", parquet(good.set_column(3, "size", pa.array([1.0, 1.9, 1e20]))))
    extracted = world.extract(case)
    assert (extracted.rows, extracted.refused_rows) == (1, 2)
