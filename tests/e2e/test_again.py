"""The same command again computes nothing; a changed YAML or another moment computes what depends on it, no more."""

import pytest
from journeys import FIRST, REFUSING, SECOND, TINY, World, ours, state

from flows.progress import TRAIN
from keepfit.registry import manifest

COMMAND = ("run", "visits", "--json", "--as-of", SECOND)
REFUSED = TINY.replace("release:", f"{REFUSING}release:")


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "world").tiny()


def test_an_unchanged_run_runs_no_stage_and_gives_the_same_answer(world, warm):
    first = warm.run(world, *COMMAND)
    again = warm.run(world, *COMMAND)
    assert (first.code, again.code) == (0, 0), first.err
    assert again.computed == []
    assert again.answer == first.answer
    assert again.err.count("(remembered)") == len(TRAIN)
    assert len(state(world)[1]) == 1

    world.write(
        "configs/visits.yaml", "# who to ask: the front desk\n" + TINY.replace("task: binary", "task:   binary")
    )
    commented = warm.run(world, *COMMAND)
    assert commented.computed == []
    assert commented.answer == first.answer


def test_changed_gates_only_judge_again_what_was_measured(world, warm):
    world.write("configs/visits.yaml", REFUSED)
    refused = warm.run(world, *COMMAND)
    assert (refused.code, refused.answer["champion"]) == (5, None), refused.err
    world.write("configs/visits.yaml", TINY)
    again = warm.run(world, *COMMAND)
    assert (again.code, again.answer["champion"], again.answer["version"]) == (0, 2, 2), again.err
    assert ours(again.computed) == ["compared", "position", "judge", "register", "release", "report"]
    assert "parse" not in again.computed + again.remembered
    first, second = (manifest(world.store, "visits", each.answer["digest"]) for each in (refused, again))
    assert second.files == first.files
    assert second.config != first.config


def test_changed_gates_with_a_new_champion_also_measure_beside_it(world, warm):
    warm.run(world, *COMMAND)
    world.write("configs/visits.yaml", REFUSED)
    again = warm.run(world, *COMMAND)
    assert (again.code, again.answer["champion"], again.answer["version"]) == (5, 1, 2)
    assert ours(again.computed) == [
        *("compared", "position", "evaluate", "reference", "judge", "register", "release", "report")
    ]


def test_a_month_later_only_the_new_file_is_parsed(tmp_path, warm):
    world = World(tmp_path / "world").tiny(months=(1, 2))
    first = warm.run(world, "run", "visits", "--json", "--as-of", FIRST)
    assert first.computed.count("parse") == 2, first.err
    world.tiny(months=(3,))
    later = warm.run(world, *COMMAND)
    assert later.code == 0, later.err
    assert later.computed.count("parse") == 1  # the others: by the index, or by the memo where they changed just now
    assert later.answer["rows"]["in"] == 450


def test_a_moment_later_without_new_data_fits_nothing_anew(world, warm):
    warm.run(world, *COMMAND)
    later = warm.run(world, "run", "visits", "--json", "--as-of", f"{SECOND}T05:00Z")
    assert later.code == 0, later.err
    assert "train" in later.remembered
    assert "parse" not in later.computed
    assert later.answer["version"] == 2
