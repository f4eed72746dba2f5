"""A YAML that asks for what cannot be, row by row of the table of bad inputs: told before anything starts.

Crons, and "the window is longer than the history" of a monitor, come with the sections that this build refuses by name.
"""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from bad_inputs import GOOD, MARCH, REFUSED, as_csv, changed, visits
from journeys import SECOND, World, files_below

from keepfit.registry import manifest

TAKEN = {"`country: NO`, `code: 0777`", "the file changes during a run"}
TABLE = {
    "unknown key `treshold`", "duplicate key", "anchors, aliases, merge keys, 322-byte alias bomb",
    "`country: NO`, `code: 0777`", "2000-deep nesting", "`${DB_URL}` unset",
    'threshold `"0.8"`, `80`, `-1`, `nan`', "minimum above maximum; invalid cron; window longer than history",
    "the label or a key among the features", "name `../../x`, 300 characters, upper case", "a password in the YAML",
    "the file changes during a run", "no gates at all",
}  # fmt: skip


@pytest.fixture
def world(good, tmp_path):
    world = World(tmp_path / "world")
    shutil.copytree(good.work, world.work, dirs_exist_ok=True)
    world.write(MARCH, as_csv(visits(3)))
    return world


def test_every_row_of_the_table_has_a_case():
    assert {*REFUSED, *TAKEN} == TABLE


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{row}: {kind}") for row, kinds in REFUSED.items() for kind, case in kinds.items()]
)
def test_a_yaml_that_cannot_be_is_refused_and_nothing_is_started(case, world, said, asked):
    before, stored = asked(world, "show", "visits"), files_below(world.work)
    world.write("configs/visits.yaml", case.text)
    for words in (["check", "visits"], ["run", "visits", "--as-of", SECOND, "--json"]):
        code, out, err = said(world, *words)
        assert (code, out) == (2, ""), err
        assert [part for part in case.says if part not in err] == [], err
        assert err.startswith("error  ")
        assert f"{world.work}/configs/visits.yaml:" in err
        assert "\n  Keepfit   refused the file; nothing was started" in err
        assert "Traceback" not in err
        assert "hunter2" not in err
    assert files_below(world.work) == stored
    world.write("configs/visits.yaml", GOOD)
    assert asked(world, "show", "visits") == before
    assert before["champion"] == 1
    assert asked(world, "verify")["ok"]


def test_what_looks_like_another_type_stays_text(world, asked):
    values = ("NO", "0777", "1_000")
    rows = visits(3)
    rows = [changed([row], "door", values[at % 3])[0] for at, row in enumerate(rows)]
    folder = world.work / "data/others"
    folder.mkdir()
    (folder / "a.csv").write_text(as_csv(rows))
    text = GOOD.replace("[north, south, NA]", "[NO, 0777, 1_000]")
    world.write("configs/visits.yaml", text.replace("data/visits/*", "${OTHERS:-data/others}/*.csv"))
    checked = asked(world, "check", "visits", "--data")
    assert (checked["ok"], checked["contract"]["rows"], checked["contract"]["quarantined"]) == (True, 150, 0)


def test_a_run_uses_the_yaml_that_it_started_with(world, warm, asked):
    digest = asked(world, "check", "visits")["digest"]
    told = world.folder / "err"
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(warm.run, world, "run", "visits", "--json", "--as-of", SECOND)
        while not running.done() and not (told.exists() and "extract" in told.read_text()):
            time.sleep(0.005)
        assert not running.done()
        world.write("configs/visits.yaml", GOOD.replace("at_least: 0.6", "at_least: 0.999"))
        ended = running.result()
    assert ended.code == 0, ended.err
    newest = asked(world, "show", "visits")["versions"][0]
    assert newest["version"] == 2
    assert manifest(world.store, "visits", newest["digest"]).config == digest
    assert asked(world, "check", "visits")["digest"] != digest


def test_debug_shows_where_and_keeps_the_exit_code(world, said):
    world.write("configs/visits.yaml", GOOD.replace("owner:", "ownr:"))
    plain = said(world, "check", "visits")
    code, out, err = said(world, "check", "visits", "--debug")
    assert (code, out) == plain[:2] == (2, "")
    assert err.startswith("Traceback")
    assert err.endswith(plain[2])
