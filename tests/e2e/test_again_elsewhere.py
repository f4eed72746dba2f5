"""The same data and YAML in another process, folder, store and environment: the same digests, answers and verdict."""

import random
from datetime import date

import pytest
from journeys import ROOT, SECOND, TINY, World, lasting

from flows.demo import write_demo
from keepfit.ledger import entries
from keepfit.memo import unwrap
from keepfit.records import Evaluated, parse
from keepfit.registry import manifest

HERE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"}
THERE = {
    "OMP_NUM_THREADS": "4",
    "OPENBLAS_NUM_THREADS": "4",
    "PYTHONHASHSEED": "4711",
    "TZ": "Asia/Kathmandu",
    "LC_ALL": "C.UTF-8",
}
BOTH = TINY.replace(
    "[logistic_regression]",
    "[logistic_regression, hist_gradient_boosting: {learning_rate: [0.02, 0.3, log], min_samples_leaf: 5}], trials: 3",
)

SLOW = "    - hist_gradient_boosting: {learning_rate: 0.1, max_leaf_nodes: 15}\n"  # the other use cases have it too


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    write_demo(date(2013, 1, 1), folder)
    return folder


def outcome(world, name, ended):
    """Everything that has to be the same."""
    assert ended.code == 0, ended.err
    answer = ended.answer
    registered = next(entry for entry in entries(world.store, name) if entry.action == "registered")
    made = manifest(world.store, name, answer["digest"])
    return {
        **lasting(answer),
        "verdict digest": registered.verdict,
        "files": made.files,
        "candidate": (made.candidate, made.settings),
        "predictions": [record.predictions for record in evaluations(world, name)],
        "metrics": registered.metrics,
    }


def evaluations(world, name):
    memos = (unwrap(world.store.read(key), key) for key in world.store.list(f"{name}/runs/"))
    return [parse(bytes(memo.record), Evaluated) for memo in memos if memo.stage == "evaluate"]


def test_dated_data_in_other_files_in_another_order(tmp_path, warm):
    here = World(tmp_path / "here").tiny(text=BOTH)
    there = World(tmp_path / "there" / "deeper").tiny(text=BOTH)
    rewrite(there.work / "data" / "visits")
    runs = [
        outcome(
            world, "visits", world.run("run", "visits", "--json", "--as-of", SECOND, *words, **warm.server, **environ)
        )
        for world, words, environ in ((here, (), HERE), (there, ("--store", there.work / ".keepfit"), THERE))
    ]
    assert runs[0] == runs[1]
    assert runs[0]["predictions"]


def rewrite(folder):
    """The same rows in one file, shuffled."""
    rows = []
    for path in sorted(folder.iterdir()):
        head, *lines = path.read_text().splitlines()
        rows += lines
        path.unlink()
    random.Random(3).shuffle(rows)
    (folder / "all.csv").write_text("\n".join([head, *rows]) + "\n")


@pytest.mark.soak
@pytest.mark.parametrize("name", ["digit_image", "diabetes_progression"])
def test_undated_data(name, tmp_path, demo, warm):
    source = {"digit_image": "digits.csv", "diabetes_progression": "diabetes.csv"}[name]
    head, *lines = (demo / "data" / source).read_text().splitlines()
    runs = []
    for place, environ in (("here", HERE), ("there", THERE)):
        world = World(tmp_path / place)
        text = (ROOT / "configs" / f"{name}.yaml").read_text()
        assert SLOW in text or name != "digit_image"
        world.write(f"configs/{name}.yaml", text.replace(SLOW, ""))
        world.write(f"data/{source}", "\n".join([head, *lines]) + "\n")
        ended = world.run("run", name, "--json", "--as-of", "2020-01-01", **warm.server, **environ)
        runs.append(outcome(world, name, ended))
        lines.reverse()
    assert runs[0] == runs[1]
