"""What the journeys share: one Prefect server, one process that has imported the libraries, and one good world."""

import json

import pytest
from bad_inputs import GOOD, ROWS, as_csv, visits
from journeys import FIRST, Warm, World

from flows.cli import main


@pytest.fixture(scope="session")
def warm(tmp_path_factory):
    """Runs that cost no imports and no server of their own."""
    warm = Warm(tmp_path_factory.mktemp("warm"))
    yield warm
    warm.close()


@pytest.fixture(scope="session")
def good(tmp_path_factory, warm):
    """A world with a champion that has learnt from two good months; to be copied."""
    world = World(tmp_path_factory.mktemp("good"))
    for month in (1, 2):
        world.write(f"data/visits/2020-{month:02d}.csv", as_csv(visits(month)))
    world.write("configs/visits.yaml", GOOD)
    answer = warm.run(world, "run", "visits", "--json", "--as-of", FIRST).answer
    assert (answer["champion"], answer["rows"]["kept"]) == (1, 2 * ROWS)
    return world


@pytest.fixture
def said(monkeypatch, capsys):
    """A command in this process, which is quick where it starts no run: exit code, stdout, stderr."""

    def say(world, *words):
        monkeypatch.chdir(world.work)
        with pytest.raises(SystemExit) as ended:
            main(words)
        return ended.value.code, *capsys.readouterr()

    return say


@pytest.fixture
def asked(said):
    """A command that only reads, in this process: what it answers machines."""

    def ask(world, *words):
        code, out, err = said(world, *words, "--json")
        assert code == 0, err
        return json.loads(out)

    return ask
