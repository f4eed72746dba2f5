"""Batch scoring of a million rows needs the memory of a part, whatever the format."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[1] / "unit"
CHILD = """
import os, sys
os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
sys.path.append(sys.argv[1])
from pathlib import Path
from batch_world import use_case, version
from keepfit.score.batch import Asked, score_batch
folder, name, output = Path(sys.argv[2]), sys.argv[3], sys.argv[4]
batch = score_batch(use_case(folder), version(), Asked((folder / name,), folder / output, replace=True))
assert batch.rows == batch.scored + batch.refused
lines = Path("/proc/self/status").read_text().splitlines()  # of this process alone, unlike its resource usage
print(batch.rows, batch.refused, next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024)
"""
MOST = 120  # MB that a million rows may need beyond a hundred thousand: what a part of them takes, twice


def write(path, count):
    """Visits, of which one in a thousand breaks the contract."""
    with path.open("w") as file:
        file.write("id,at,minutes,door\n")
        for n in range(count):
            minutes = 500 if n % 1000 == 7 else n % 1009 / 11
            file.write(
                f"v{n:07d},2020-03-{1 + n % 28:02d}T12:{n % 60:02d}:00Z,{minutes:.3f},{('north', 'south')[n % 2]}\n"
            )


def scored(folder, name, output):
    command = [sys.executable, "-c", CHILD, str(UNIT), str(folder), name, output]
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows, refused, megabytes = done.stdout.split()
    seconds = time.perf_counter() - begun
    print(f"{name} to {output}: {int(rows):,} rows in {seconds:.1f} s, {float(megabytes):.0f} MB")
    return int(rows), int(refused), float(megabytes)


@pytest.mark.soak
@pytest.mark.parametrize("output", ["out.parquet", "out.csv"])
def test_a_million_rows_need_the_memory_of_a_part(tmp_path, output):
    write(tmp_path / "few.csv", 100_000)
    write(tmp_path / "many.csv", 1_000_000)
    *_, few = scored(tmp_path, "few.csv", output)
    rows, refused, many = scored(tmp_path, "many.csv", output)
    assert (rows, refused) == (1_000_000, 1_000)
    assert many - few < MOST
