"""A window of many rows is looked at in the memory of a part: what a table of them would take is not there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FEW, MANY = 150_000, 600_000
MOST = 250  # MB that the many may need beyond the few, which are a part; read as one table they took 1,100
LABELS, FIVE_TIMES, MOST_LABELS = 300_000, 1_500_000, 150  # MB beyond; held in memory they took 258


def run(folder, module, *words):
    environ = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *map(str, words)]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("rows")
    run(made, "many_rows", "before", made)
    run(made, "without_prefect", "rows", "2020-05-30", ".keepfit")
    return made


def looked(folder, rows):
    for old in (folder / "data").glob("window-*"):
        old.unlink()
    run(folder, "many_rows", "window", folder, rows)
    told = json.loads(run(folder, "monitor_without_prefect", "rows", "2020-06-06", ".keepfit"))
    assert told["window"]["rows"] == rows
    asked = {each["check"] for each in told["checks"]}
    assert asked >= {"contract", "expectation", "drift", "multivariate", "realised_performance"}
    print(f"{rows:,} rows: {told['peak']:.0f} MB")
    return told["peak"]


def test_four_times_the_rows_need_the_memory_of_a_part(folder):
    few, many = looked(folder, FEW), looked(folder, MANY)
    assert many - few < MOST


def test_labels_that_were_sent_are_joined_in_bounded_memory(tmp_path):
    script = Path(__file__).parent / "labels_held.py"
    environ = os.environ | {"PYTHONPATH": str(ROOT), "ARROW_DEFAULT_MEMORY_POOL": "system"}
    peaks = [
        float(subprocess.check_output([sys.executable, script, tmp_path / str(count), str(count)], env=environ))
        for count in (LABELS, FIVE_TIMES)
    ]
    assert peaks[1] - peaks[0] < MOST_LABELS, peaks
