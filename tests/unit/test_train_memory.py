"""Training says what it will need before it starts, and does not start where that is not there."""

import pytest
from train_samples import rows, snapshot_of, use_case

from keepfit.config.train import Candidate, Range
from keepfit.errors import InfrastructureError
from keepfit.split import split
from keepfit.store import open_store
from keepfit.train import train
from keepfit.train.memory import Need, Sizes, available, enough, need

WIDE = {"codes": 40.0, "dense": 300.0, "sparse": 45.0}


def sizes(rows):
    return Sizes(rows * 200, rows, WIDE, 2, rows * 3 // 2, rows * 3 // 4, rows * 3 // 4)


def test_it_is_said_before_the_first_fit(tmp_path):
    store, case = open_store(str(tmp_path)), use_case()
    division = split(store, case, snapshot_of(store, case, rows()))
    said = []

    def stop(text):
        said.append(text)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(store, case, division, stop)
    assert said[0].startswith("needs about ")
    assert not list((tmp_path / case.name / "runs").glob("*"))


def total(rows, *names, workers=1, **space):
    return need(sizes(rows), [Candidate(name=name, space=space) for name in names], workers).total


def test_more_rows_candidates_processes_and_trees_need_more():
    one = total(10**6, "hist_gradient_boosting")
    assert total(2 * 10**6, "hist_gradient_boosting") > 1.8 * one
    assert total(10**6, "hist_gradient_boosting", "ridge") > one
    assert total(10**6, "hist_gradient_boosting", workers=4) > 1.8 * one
    few, many = (total(10**6, "random_forest", n_estimators=trees) for trees in (10, 1000))
    assert many > 10 * few
    deep = Range(low=1, high=100, log=True, whole=True)
    assert total(10**6, "random_forest", min_samples_leaf=deep) > 5 * total(10**6, "random_forest")


def test_what_is_not_there_is_refused_with_both_figures():
    needed = Need(8_000_000_000, {"ridge": 5_000_000_000, "random_forest": 7_000_000_000}, "searching")
    enough(needed, 9_000_000_000)
    enough(needed, None)
    with pytest.raises(
        InfrastructureError, match=r"about 8\.0 GB(.|\n)*2\.0 GB free; a fit takes random_forest 7\.0 GB"
    ):
        enough(needed, 2_000_000_000)


@pytest.mark.parametrize(
    ("files", "free"),
    [
        ({"proc/meminfo": "MemTotal: 9000 kB\nMemAvailable:    4000 kB\n"}, 4_096_000),
        (
            {
                "proc/meminfo": "MemAvailable: 4000 kB\n",
                "sys/fs/cgroup/memory.max": "1000000\n",
                "sys/fs/cgroup/memory.current": "700000\n",
                "sys/fs/cgroup/memory.stat": "anon 5\ninactive_file 100000\n",
            },
            400_000,
        ),
        (
            {
                "proc/meminfo": "MemAvailable: 4000 kB\n",
                "sys/fs/cgroup/memory.max": "max\n",
                "sys/fs/cgroup/memory.current": "700000\n",
            },
            4_096_000,
        ),
        (
            {
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "500000\n",
                "sys/fs/cgroup/memory/memory.usage_in_bytes": "600000\n",
            },
            0,
        ),
        ({}, None),
    ],
)
def test_what_is_there_is_what_the_system_or_the_container_leaves(tmp_path, files, free):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert available(tmp_path) == free
