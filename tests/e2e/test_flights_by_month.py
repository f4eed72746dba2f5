"""Month by month: an old version and a fresh one are asked about the same rows, and both variants of the YAML hold."""

from dataclasses import replace

import numpy as np
import pytest
from journeys import FIRST, SECOND, TINY, World
from sklearn.metrics import roc_auc_score

from keepfit import registry
from keepfit.config import load
from tests.benchmarks.flights_by_month import (
    WEATHER,
    Month,
    judged,
    of_month,
    real,
    worth_of_weather,
    write,
)
from tests.benchmarks.holdouts import Holdout


@pytest.fixture(scope="module")
def world(tmp_path_factory, warm):
    """A use case whose second version is judged on rows that neither version has learnt from."""
    world = World(tmp_path_factory.mktemp("months")).tiny(months=(1, 2))
    first = warm.run(world, "run", "visits", "--json", "--as-of", FIRST).answer
    world.tiny(months=(3,), text=TINY)
    return world, first, warm.run(world, "run", "visits", "--json", "--as-of", SECOND).answer


@pytest.fixture(scope="module")
def month(world):
    folder, first, second = world
    config = folder.work / "configs" / "visits.yaml"
    holdout = Holdout.of(folder.work / ".keepfit", config, second["digest"])
    fresh, old = holdout.ask(second["digest"]), holdout.ask(first["digest"])
    return Month(3, "visits", holdout, fresh, old, np.tile([0.5, 0.5], (len(old), 1)))


def test_variants_of_the_real_use_case_are_use_cases(tmp_path):
    for use_case in (real(weather=True), real(weather=False), of_month(4, weather=False)):
        path = tmp_path / f"{use_case['name']}.yaml"
        write(use_case, path)
        found = load(path, {}).use_case
        without = "without_weather" in found.name
        assert (set(WEATHER) & set(found.features) == set()) == without
        assert ("weather" in found.data.query) != without
    assert found.split.holdout.days == 30
    assert found.data.history.days == 122
    assert [each.name for each in found.train.candidates] == ["hist_gradient_boosting"]


def test_models_are_asked_about_rows_that_none_has_learnt_from(world, month):
    folder, first, second = world
    old = registry.manifest(folder.store, "visits", first["digest"])
    times = month.holdout.table.column("at").to_pylist()
    assert len(times) == second["verdict"]["gates"][0]["rows"]
    assert min(times) > old.train_until
    assert month.holdout.clusters.count == len({time.date() for time in times})


def test_the_table_says_what_scikit_learn_says(month):
    name, rows, january, spring, fresh, beside_january, beside_spring = month.cells()
    truth = month.holdout.labels
    aucs = [roc_auc_score(truth, each[:, 1]) for each in (month.january, month.spring, month.fresh)]
    assert (name, rows) == ("Mar", f"{truth.size:,}")
    for cell, auc in zip((january, spring, fresh), aucs, strict=True):
        assert cell.startswith(f"{auc:.3f}")
    assert beside_january.startswith(f"{aucs[2] - aucs[0]:+.3f} (+")
    assert beside_spring.startswith(f"{aucs[2] - aucs[1]:+.3f}")


def test_the_verdict_of_a_month_is_that_of_the_run(world):
    _, first, second = world
    cells = judged(first, 2)
    assert cells[0] == "Feb"
    assert cells[3] == "skipped"
    assert cells[4:] == [first["verdict"]["outcome"].replace("_", " "), "1", "1"]
    cells = judged(second, 3)
    auc = second["verdict"]["gates"][0]
    assert cells[1] == f"{auc['value']:.3f} ({auc['low']:.3f} to {auc['high']:.3f})"
    assert cells[5:] == ["2", str(second["champion"])]


def test_weather_is_judged_on_the_flights_that_both_know(month):
    order = np.random.default_rng(0).permutation(month.holdout.table.num_rows)[:-5]
    fewer = replace(
        month,
        holdout=replace(
            month.holdout, labels=month.holdout.labels[order], keys=[month.holdout.keys[place] for place in order]
        ),
        fresh=month.fresh[order],
        spring=month.january[order],
    )
    name, rows, fresh, spring = worth_of_weather(month, fewer)
    assert (name, rows) == ("Mar", f"{order.size:,}")
    assert fresh.startswith("+0.000 (+0.000 to +0.000)")
    kept = np.sort(order)
    worth = roc_auc_score(month.holdout.labels[kept], month.spring[kept, 1]) - 0.5
    assert spring.startswith(f"{worth:+.3f}")
