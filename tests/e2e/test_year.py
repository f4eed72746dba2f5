"""Month by month through the flights of 2013: every verdict is in the ledger, and `keepfit show` fits on a screen."""

import shutil
from datetime import date

import pytest
from journeys import ROOT, World, state

from flows.demo import write_demo
from keepfit.registry import show

MONTHS = [*(f"2013-{month:02d}-01" for month in range(2, 13)), "2014-01-01"]
LINES, COLUMNS = 24, 100
REAL = ROOT / "configs" / "flight_delay.yaml"
LIGHTER = {
    "min_value: 20000": "min_value: 1000",
    "    - hist_gradient_boosting: {learning_rate: [0.02, 0.3, log], max_leaf_nodes: [15, 127]}\n": "",
}


def lighter(text):
    """The real configuration with a small table and one candidate."""
    for old, new in LIGHTER.items():
        assert old in text
        text = text.replace(old, new)
    return text


def deliver(source, target, month, every):
    """The files of the month before ``month``, of the flights every so many rows."""
    before = f"{int(month[:4]) - (month[5:7] == '01')}-{(int(month[5:7]) - 2) % 12 + 1:02d}.csv"
    for kind, step in (("flights", every), ("weather", 1)):
        head, *rows = (source / "data" / kind / before).read_text().splitlines()
        (target / "data" / kind).mkdir(parents=True, exist_ok=True)
        (target / "data" / kind / before).write_text("\n".join([head, *rows[::step]]) + "\n")


def see_that_a_year_is_told(world, answers, text, months):
    champion, _ = state(world, "flight_delay")
    shown = show(world.store, "flight_delay")
    versions = shown.versions[::-1]
    assert [f"{one.as_of:%Y-%m-%d}" for one in versions] == months
    assert [one.outcome for one in versions] == [answer["verdict"]["outcome"] for answer in answers]
    assert [one.digest for one in versions] == [answer["digest"] for answer in answers]
    promoted = [entry.version for entry in shown.ledger[::-1] if entry.action == "promoted"]
    assert promoted == [answer["version"] for answer in answers if answer["released"]]
    assert champion == promoted[-1]
    lines = text.rstrip("\n").splitlines()
    assert len(lines) <= LINES
    for month in months:
        (line,) = [line for line in lines if f" {month} " in line and line.lstrip()[0].isdigit()][:1]
        assert len(line) <= COLUMNS


@pytest.mark.soak
def test_a_year_of_some_flights(tmp_path_factory, tmp_path, warm):
    source = tmp_path_factory.mktemp("year")
    write_demo(date(2014, 1, 1), source)
    world = World(tmp_path / "world")
    world.write("configs/flight_delay.yaml", lighter(REAL.read_text()))
    answers = []
    too_early, *months = MONTHS
    deliver(source, world.work, too_early, every=20)
    early = warm.run(world, "run", "flight_delay", "--json", "--as-of", too_early)
    assert early.code == 3, early.err  # a month is little more than the holdout
    for month in months:
        deliver(source, world.work, month, every=20)
        ended = warm.run(world, "run", "flight_delay", "--json", "--as-of", month)
        assert ended.code in {0, 5}, ended.err
        assert ended.computed.count("parse") == 2  # of flights and weather, the new month
        answers.append(ended.answer)
    shown = warm.run(world, "show", "flight_delay")
    print(shown.out)
    see_that_a_year_is_told(world, answers, shown.out, months)
    verified = warm.run(world, "verify", "--json")
    assert (verified.code, verified.answer["checked"]["versions"]) == (0, len(months))


@pytest.mark.soak
def test_the_year_of_all_flights(tmp_path):
    world = World(tmp_path / "world")
    world.write("configs/flight_delay.yaml", REAL.read_text())
    too_early, *months = MONTHS
    assert world.run("demo", "--until", too_early).code == 0
    assert world.run("run", "flight_delay", "--as-of", too_early).code == 3  # a month is little more than the holdout
    answers = []
    for month in months:
        assert world.run("demo", "--until", month).code == 0
        ended = world.run("run", "flight_delay", "--json", "--as-of", month)
        assert ended.code in {0, 5}, ended.err
        answers.append(ended.answer)
    text = world.run("show", "flight_delay").out
    print(text)
    see_that_a_year_is_told(world, answers, text, months)
    assert world.left() == ([], [])
    shutil.rmtree(world.folder)
