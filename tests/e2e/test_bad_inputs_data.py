"""Bad data, one test for every row of the table of bad inputs and several of its kind, by way of the command line."""

import shutil
from types import SimpleNamespace

import pytest
from bad_inputs import DONE, GOOD, LEAKING, MARCH, PLANTED, ROWS, STOPPED, TOLERANT, as_csv, visits
from journeys import SECOND, World, state

from keepfit.data import read_snapshot

TABLE = {
    "header-only CSV, 0-row Parquet, empty partition", "first data row has one field too many", "row too short",
    "duplicate column names", "missing column; renamed column", "added column", "one text value in a numeric column",
    "ids with leading zeros", "`NA` as a real category", "1.9 or 1e20 into an integer column",
    "times with mixed zones", "event times after `as_of`", "Latin-1 or UTF-16 bytes",
    "an HTML error page saved as `.csv`", "truncated Parquet, wrong magic bytes",
    "files of one dataset with different schemas", "duplicate keys", "the same row in train and holdout",
    "a feature that alone predicts the label", "labels missing", "one class only",
    "newest event older than `freshness`", "ten times or a tenth of the usual rows",
    "values 100 times larger than last month",
}  # fmt: skip


def cases(table):
    return pytest.mark.parametrize(
        "case",
        [pytest.param(case, id=f"{row}: {kind}") for row, kinds in table.items() for kind, case in kinds.items()],
    )


def put(world, files, asks):
    """The third month, then what spoils it."""
    world.write(MARCH, as_csv(visits(3)))
    world.write("configs/visits.yaml", asks)
    for name, content in files.items():
        path = world.work / name
        if content is None:
            path.unlink()
            continue
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.fixture
def world(good, tmp_path):
    world = World(tmp_path / "world")
    shutil.copytree(good.work, world.work, dirs_exist_ok=True)
    return world


def add_up(rows, kept, quarantined, dropped):
    """Every row went one way, and they are as many as there were."""
    total = kept + quarantined + dropped
    return rows == {"in": total, "kept": kept, "quarantined": quarantined, "dropped": dropped}


def blocks(err):
    """The errors on stderr, each a block of one sentence with its parts below."""
    _, *errors = f"\n{err}".split("\nerror  ")
    return errors


def test_every_row_of_the_table_has_a_case():
    assert {*STOPPED, *PLANTED, *DONE, *LEAKING} == TABLE


@cases(STOPPED)
def test_what_cannot_be_learnt_from_stops_the_run(case, world, warm, asked):
    before = asked(world, "show", "visits")
    put(world, case.files(), case.asks)
    ended = warm.run(world, "run", "visits", "--json", "--as-of", case.as_of)
    assert (ended.code, ended.out) == (3, ""), ended.err
    told = blocks(ended.err)
    assert told
    assert [part for part in case.says if part not in ended.err] == [], ended.err
    assert [part for part in (*case.not_says, "Traceback") if part in ended.err] == [], ended.err
    assert all("\n  where  " in block for block in told), ended.err
    assert "the champion stays" in ended.err
    assert "\n  do  " in told[0], ended.err
    assert asked(world, "show", "visits") == before
    assert before["champion"] == 1
    assert asked(world, "verify")["ok"]
    newest = asked(world, "quarantine", "list", "visits")["quarantines"][0]
    if case.quarantined is None:
        assert not newest["stopped"]
        return
    rows = newest["rows"]
    assert (newest["stopped"], rows["total"], rows["quarantined"]) == (True, case.rows, case.quarantined)
    assert rows["total"] == rows["kept"] + rows["quarantined"] + rows["dropped"]


@pytest.fixture(scope="module")
def planted(good, tmp_path_factory, warm):
    """One run over every planted row, each in a file of its own; and the names of these files."""
    world = World(tmp_path_factory.mktemp("planted") / "world")
    shutil.copytree(good.work, world.work, dirs_exist_ok=True)
    every = [case for kinds in PLANTED.values() for case in kinds.values()]
    files = {f"data/visits/planted-{at:02d}.{case.suffix}": case for at, case in enumerate(every)}
    put(world, {name: case.content(name[-8:-4]) for name, case in files.items()}, TOLERANT)
    ended = warm.run(world, "run", "visits", "--json", "--as-of", SECOND)
    assert ended.code == 0, ended.err
    names = {id(case): name for name, case in files.items()}
    columns = ["id", "at", "guests", "door"]
    kept = read_snapshot(world.store, "visits", ended.answer["snapshot"], columns).to_pylist()
    return SimpleNamespace(world=world, ended=ended, names=names, every=every, kept={row["id"]: row for row in kept})


def test_few_bad_rows_are_taken_out_and_all_others_are_learnt_from(planted, asked):
    answer, every = planted.ended.answer, planted.every
    quarantined = sum(case.count for case in every if case.says)
    dropped = sum(bool(case.dropped) for case in every)
    kept = 3 * ROWS + sum(4 + case.count for case in every if not case.yet) - quarantined - dropped
    kept += sum(4 for case in every if case.yet)
    assert add_up(answer["rows"], kept, quarantined, dropped)
    listed = asked(planted.world, "quarantine", "list", "visits")["quarantines"][0]
    assert (listed["rows"]["quarantined"], listed["stopped"]) == (quarantined, False)
    assert state(planted.world)[0] == answer["champion"]


@cases(PLANTED)
def test_a_few_bad_rows_are_told_one_by_one(case, planted, asked):
    file = planted.names[id(case)]
    told = asked(planted.world, "quarantine", "explain", "visits", "--file", file)
    assert told["matching"] == (case.count if case.says else 0)
    assert [cause["rule"] for cause in told["dropped"]] == ([case.dropped] if case.dropped else [])
    assert sum(cause["rows"] for cause in told["later"]) == (case.count if case.yet else 0)
    examples = [example for cause in told["quarantined"] for example in cause["examples"]]
    assert {(each["file"], each["row"]) for each in examples} == (
        {(file, case.row + at) for at in range(case.count)} if case.says else set()
    )
    text = "; ".join(f"{each['column']}: {each['reason']}" for each in examples)
    assert [part for part in case.says if part not in text] == [], text
    if case.kept is not None:
        name = case.kept.get("id") or case.lines.split(",")[0]
        row = planted.kept[name] | {"at": planted.kept[name]["at"].isoformat()}
        assert case.kept.items() <= row.items()


@cases(DONE)
def test_what_can_be_learnt_from_is_said_on_the_page(case, world, warm, asked):
    put(world, case.files(), case.asks)
    ended = warm.run(world, "run", "visits", "--json", "--as-of", SECOND)
    assert ended.code in {0, 5}, ended.err
    assert add_up(ended.answer["rows"], *case.rows)
    shown = asked(world, "show", "visits")
    assert shown["champion"] == ended.answer["champion"]
    if case.held:
        assert (ended.answer["released"], shown["champion"]) == (False, 1)
        assert ended.answer["verdict"]["outcome"] != "pass" or case.says[0] in ended.answer["reason"]
    page = (world.work / ended.answer["report"]).read_text()
    assert [part for part in case.says if part not in page] == []
    assert asked(world, "verify")["ok"]


@cases(LEAKING)
def test_what_tells_the_answer_is_named_by_the_gate(case, world, warm, asked):
    before = asked(world, "show", "visits")["champion"]
    put(world, case.files(), GOOD)
    ended = warm.run(world, "run", "visits", "--json", "--as-of", SECOND)
    assert ended.code == 5, ended.err
    (gate,) = (gate for gate in ended.answer["verdict"]["gates"] if gate["gate"] == "leakage none")
    assert (gate["outcome"], ended.answer["verdict"]["outcome"], ended.answer["released"]) == ("fail", "fail", False)
    assert [part for part in case.says if part not in gate["reason"]] == [], gate["reason"]
    rows = ended.answer["rows"]
    assert rows["in"] == rows["kept"] + rows["quarantined"] + rows["dropped"]
    assert asked(world, "show", "visits")["champion"] == before == 1
    assert asked(world, "verify")["ok"]

    put(world, case.files(), case.waived)
    waived = warm.run(world, "run", "visits", "--json", "--as-of", SECOND)
    (gate,) = (gate for gate in waived.answer["verdict"]["gates"] if gate["gate"].startswith("leakage"))
    assert (gate["outcome"], "ada" in gate["waived"][0]) == ("pass", True), gate["reason"]
