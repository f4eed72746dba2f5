"""A window of up to 10 million rows by 20 columns, a part at a time: seconds, and the peak of the process's memory.

    python -m tests.benchmarks.monitor_memory [ROWS ...]

15 numbers and 5 categories, read from Parquet in parts of 500,000 rows, counted, added up and looked at, with the
model's answers to all rows and labels of half of them. Every size in a process of its own (VmHWM, which the libraries
are part of). Prints Markdown; nothing is asserted.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

PART = 500_000
NUMBERS, CATEGORIES = 15, 5
SIZES = (2_500_000, 5_000_000, 10_000_000)
KINDS = {f"n{place}": "number" for place in range(NUMBERS)} | {f"c{place}": "category" for place in range(CATEGORIES)}


def rows(seed: int, count: int, days: int) -> Any:
    """An Arrow table of rows in the order of days."""
    import pyarrow as pa

    draw = np.random.default_rng(seed)
    made: dict[str, Any] = {name: draw.normal(size=count) for name, kind in KINDS.items() if kind == "number"}
    levels = np.array([f"level {each}" for each in range(40)])
    made |= {name: levels[draw.integers(0, 40, count)] for name, kind in KINDS.items() if kind == "category"}
    return pa.table(made | {"day": np.sort(draw.integers(0, days, count))})


def told(table: Any) -> tuple[Any, Any]:
    """Answers (n, 2) and labels (n,)."""
    values = table.column("n0").to_numpy()
    chance = 1 / (1 + np.exp(-values))
    return np.column_stack([1 - chance, chance]), (table.column("n1").to_numpy() < values).astype(np.int32)


def child(folder: Path, count: int) -> dict[str, float]:
    """Look at a window, in this process."""
    import pyarrow.parquet as pq

    from keepfit import features
    from keepfit.monitor import Reference, Seen, counted, look, merged
    from keepfit.records import parse

    made = parse((folder / "reference.json").read_bytes(), Reference)
    start = perf_counter()
    parts, labels, days = [], [], []
    answers = np.empty((count, 2))
    for place in range(count // PART):
        table = pq.read_table(folder / "part.parquet")
        here = slice(place * PART, (place + 1) * PART)
        day = table.column("day").to_numpy()
        answers[here], truth = told(table)
        parts.append(counted(made, features.from_table(table, KINDS), day, place))
        labels.append(truth[::2])
        days.append(day[::2])
    known, labelled = np.arange(0, count, 2), (np.concatenate(labels), np.concatenate(days))
    del table, day, truth, labels, days
    seen = Seen(merged(made, parts), answers, known, *labelled, count, 0, 0.01)
    found = look(made, seen, "log_loss")
    assert {check.check for check in found.checks} >= {"drift", "multivariate", "realised_performance"}
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return {"seconds": perf_counter() - start, "peak": int(peak.split()[1]) / 1024}


def prepare(folder: Path) -> None:
    """A reference of 200 days, and a part of the window."""
    import pyarrow.parquet as pq

    from keepfit import features
    from keepfit.config.monitor import Monitor
    from keepfit.monitor import Answered, Rows, reference_of
    from keepfit.records import canonical

    table = rows(1, 100_000, 200)
    days = table.column("day").to_numpy()
    answers, labels = told(table)
    given = Rows(days, features.from_table(table, KINDS), labels)
    answered = Answered(days, labels, answers, np.arange(len(days)))
    made = reference_of("x", "binary", ("no", "yes"), given, answered, Monitor())
    (folder / "reference.json").write_bytes(canonical(made))
    pq.write_table(rows(2, PART, 7), folder / "part.parquet")


def measured(folder: Path, count: int) -> dict[str, float]:
    """What a process of its own says."""
    words = [sys.executable, "-m", "tests.benchmarks.monitor_memory", "--child", str(folder), str(count)]
    said: dict[str, float] = json.loads(subprocess.check_output(words, cwd=Path(__file__).parents[2]))
    return said


def main(sizes: tuple[int, ...]) -> None:
    with tempfile.TemporaryDirectory() as name:
        prepare(Path(name))
        print("| rows | seconds | peak |\n| --- | --- | --- |")
        for count in sizes:
            said = measured(Path(name), count)
            print(f"| {count:,} | {said['seconds']:.1f} | {said['peak']:,.0f} MB |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(child(Path(sys.argv[2]), int(sys.argv[3]))))
    else:
        main(tuple(map(int, sys.argv[1:])) or SIZES)
