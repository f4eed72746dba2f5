"""``keepfit check --data``: what mapping and contract do to a sample, before anything is trusted or written."""

import json

import pytest

from flows.cli import main

YAML = """\
name: small
description: a small table
owner: us
task: binary
data:
  timezone: America/New_York
  sources:
    items:
      kind: files
      path: data/*.csv
      dialect: {delimiter: ";", encoding: latin-1}
      mapping:
        - columns: {size: {unit: mile}}
        - from: 2013-07-01
          columns:
            at: {alias: departure, format: "%d.%m.%Y %H:%M"}
            size: {alias: dist_km, unit: km, decimal: ","}
            late: {codes: {J: true, N: false}}
QUERY
  key: [id]
  event_time: at
  label: {column: late}
contract:
  columns:
    size: {type: float, unit: mile, max: 100}
    late: {type: bool}
  quarantine_at_most: 10%
features: {size: number}
split: {by: time, holdout: 7d}
train: {candidates: [logistic_regression]}
gates: [{metric: roc_auc, at_least: 0.6}]
"""
OLD = [f"{n};2013-01-{n % 28 + 1:02d}T{n % 24:02d}:00Z;{n}.5;{'true' if n % 3 else 'false'}" for n in range(1, 61)]
NEW = [
    f"{n};{n % 28 + 1:02d}.07.2013 {n % 24:02d}:00;{str(round(n * 1.609344, 6)).replace('.', ',')};{'JN'[n % 2]};Tür"
    for n in range(1, 61)
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "configs").mkdir()
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    write(tmp_path)
    return tmp_path


def write(folder, new=NEW, query="", head="id;departure;dist_km;late;Gate"):
    (folder / "configs/small.yaml").write_text(YAML.replace("QUERY\n", query))
    (folder / "data/2013-01.csv").write_text("\n".join(["id;at;size;late", *OLD]), encoding="latin-1")
    (folder / "data/2013-07.csv").write_text("\n".join([head, *new]), encoding="latin-1")


def check(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        main(["check", "small", "--data", *words])
    return ended.value.code, capsys.readouterr().out


def told(capsys, *words):
    code, out = check(capsys, "--json", *words)
    said = json.loads(out)
    assert said["ok"] == (code == 0)
    return code, said


def test_a_sample_that_passes_shows_what_becomes_of_every_column(folder, capsys):
    before = sorted(folder.rglob("*"))
    code, said = told(capsys)
    assert code == 0
    (source,) = said["sources"]
    became = {(each["found"], each["period"]): each for each in source["columns"]}
    distance = became["dist_km", "from 2013-07-01"]
    assert (distance["column"], distance["type"], distance["rows"]) == ("size", "float", 60)
    assert distance["example"] == "1,609344 km → 1 mile"
    assert became["late", "from 2013-07-01"]["example"] == "N → false"
    assert became["departure", "from 2013-07-01"]["example"] == "02.07.2013 01:00 → 2013-07-02T05:00Z"
    assert became["size", "from the beginning"]["example"] == "1.5"
    assert source["periods"] == [
        {"period": "from the beginning", "rows": 60},
        {"period": "from 2013-07-01", "rows": 60},
    ]
    assert (source["first"], source["last"]) == ("2013-01-01T04:00:00Z", "2013-07-28T11:00:00Z")
    assert source["undeclared"] == ["Gate"]
    assert source["missing"] == []
    assert [each["kind"] for each in source["recognised"]] == ["new"]
    assert said["contract"] == {"rows": 120, "quarantined": 0, "broken": [], "over": []}
    assert sorted(folder.rglob("*")) == before


def test_only_so_many_rows_of_a_file_are_looked_at(folder, capsys):
    _, said = told(capsys, "--rows", "7")
    assert [file["rows"] for file in said["sources"][0]["sampled"]] == [7, 7]
    assert said["contract"]["rows"] == 14


def test_what_would_be_quarantined_is_counted_by_rule_with_file_and_row(folder, capsys):
    bad = [*NEW[:40], "41;41.07.2013 10:00;1,5;J;x", "42;01.07.2012 10:00;1,5;J;x", "43;02.07.2013 10:00;1.5;X;x"]
    write(folder, [*bad, *(f"{n};02.07.2013 10:00;999,5;J;x" for n in range(44, 61)), "61;too;short"])
    code, said = told(capsys)
    assert code == 3
    (source,) = said["sources"]
    wrong = {each["column"]: each["refusals"] for each in source["columns"] if each["refused"]}
    assert wrong["size"] == [
        {
            "file": "data/2013-07.csv",
            "row": 43,
            "value": "'1.5'",
            "reason": "'1.5' is not a number with the decimal mark ','",
        }
    ]
    assert wrong["late"][0]["reason"] == "'X' is not in the code table"
    assert [each["row"] for each in source["undated"]] == [41, 42]
    assert "from 2013-07-01: 2012-07-01 14:00 UTC" in source["undated"][1]["reason"]
    assert [each["row"] for each in source["shapeless"]] == [61]
    assert source["sampled"][1]["refused"] == 4
    assert said["contract"]["rows"] == 121
    assert said["contract"]["quarantined"] == 21
    assert {(each["column"], each["rule"]): each["rows"] for each in said["contract"]["broken"]}[
        "size", "at most 100"
    ] == 17
    assert said["why"] == ["all rules: 21 rows, at most 10.00%"]


def test_columns_that_were_renamed_are_missing_and_recognised(folder, capsys):
    write(folder, head="id;departure;length;late;Gate")
    code, said = told(capsys)
    assert code == 3
    assert said["sources"][0]["missing"] == ["size"]
    (finding,) = (each for each in said["sources"][0]["recognised"] if each["kind"] == "renamed")
    assert (finding["column"], finding["now"], finding["since"]) == ("size", "length", "2013-07-01 04:00")
    assert "size: {alias: length, unit: km}" in finding["mapping"]
    assert said["why"][0] == "items: missing columns: size"


def test_a_file_that_is_no_table_is_said_and_does_not_hide_the_others(folder, capsys):
    (folder / "data/2013-09.csv").write_text("<html><body>Sign in</body></html>")
    code, out = check(capsys)
    assert code == 3
    assert "looks like an HTML page" in out
    assert "data/2013-01.csv" in out
    assert "no table: data/2013-09.csv" in out


def test_the_page_for_people_fits_into_100_columns_and_says_the_verdict(folder, capsys):
    code, out = check(capsys)
    assert code == 0
    assert max(map(len, out.splitlines())) <= 100
    assert "dist_km size float 60 - - 1,609344 km → 1 mile" in " ".join(out.split())
    assert out.rstrip().endswith("the sample passes")


def test_long_names_are_cut_and_the_page_stays_narrow(folder, capsys):
    long = "the_size_of_the_thing_as_somebody_measured_it"
    for path in (folder / "configs/small.yaml", folder / "data/2013-01.csv", folder / "data/2013-07.csv"):
        text = path.read_bytes().decode("latin-1").replace("size", long).replace("dist_km", f"{long}_in_km")
        path.write_bytes(text.encode("latin-1"))
    code, out = check(capsys)
    assert code == 0
    assert max(map(len, out.splitlines())) <= 100
    assert "the_size_of_the_thing_a…" in out


def test_a_query_is_run_over_the_samples(folder, capsys):
    write(folder, query="  query: select i.*, i.size * 2 as twice from items i where i.size < 20\n")
    code, said = told(capsys)
    assert code == 0
    assert 0 < said["contract"]["rows"] < 120
    assert "a join over them may find less" in said["note"]
    write(folder, query="  query: select * from items where size > 1000\n")
    code, said = told(capsys)
    assert (code, said["contract"]) == (0, None)
    assert "gives no row over these samples" in said["note"]
    write(folder, query="  query: select nothing from items\n")
    code, said = told(capsys)
    assert (code, said["contract"]) == (3, None)
    assert "nothing" in said["why"][0]
    assert "DuckDB refuses the query" in said["why"][0]


def test_a_number_of_rows_is_at_least_one(folder, capsys):
    code, _ = check(capsys, "--rows", "0")
    assert code == 2
