"""What training says it will need, beside what it takes at most; prints Markdown.

    python -m tests.benchmarks.training_memory [ROWS ...]

Every measurement is a process of its own. Its peak is what the process and its workers hold above what it held when
training began, libraries that load meanwhile included. Nothing is asserted.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pyarrow as pa

from keepfit.config import CANDIDATES, UseCase
from keepfit.data import write_snapshot
from keepfit.split import split
from keepfit.store import Store, open_store
from keepfit.train import train

KINDS = {"id": "text", "label": "bool", "at": "time", "dest": "category", "carrier": "category"}


def table_of(rows: int, task: str) -> "pa.Table":
    """Like flights: a moment, two columns of categories, six numbers, a label that follows some of them."""
    draw = np.random.default_rng(1)
    numbers = draw.normal(size=(rows, 6))
    strength = numbers[:, 0] + numbers[:, 1] * numbers[:, 2] + draw.normal(size=rows)
    start, step = datetime(2013, 1, 1, tzinfo=UTC), timedelta(days=180) / rows
    return pa.table(
        {
            "id": [f"{row:09}" for row in range(rows)],
            "at": pa.array([start + row * step for row in range(rows)], pa.timestamp("us", tz="UTC")),
            "dest": [f"d{code}" for code in draw.integers(0, 100, rows)],
            "carrier": [f"c{code}" for code in draw.integers(0, 16, rows)],
            **{f"x{place}": numbers[:, place] for place in range(6)},
            "label": strength if task == "regression" else strength > 0,
        }
    )


def case_of(candidates: list[str], task: str, **train_rules: object) -> UseCase:
    number = {"type": "float"}
    return UseCase.model_validate(
        {
            "name": "memory",
            "description": "How much memory does it take?",
            "owner": "benchmarks",
            "task": task,
            "data": {
                "sources": {"rows": {"kind": "files", "path": "rows.csv"}},
                "key": ["id"],
                "event_time": "at",
                "label": {"column": "label", "known_after": "1d"},
                "history": "365d",
            },
            "contract": {
                "columns": {"dest": {"type": "category"}, "carrier": {"type": "category"}, "at": {"type": "time"}}
                | {f"x{place}": number for place in range(6)}
            },
            "features": {"dest": "category", "carrier": "category", "at": ["hour", "day_of_week"]}
            | {f"x{place}": "number" for place in range(6)},
            "split": {"by": "time", "holdout": "28d"},
            "train": {"candidates": candidates, **train_rules},
            "gates": [
                {"metric": "rmse", "at_most": 1} if task == "regression" else {"metric": "roc_auc", "at_least": 0.5}
            ],
        }
    )


def snapshot_of(store: Store, case: UseCase, table: "pa.Table", task: str) -> str:
    kinds = {name: KINDS.get(name, "float") for name in table.column_names}
    kinds["label"] = "float" if task == "regression" else "bool"
    return write_snapshot(store, case.name, table, kinds, ("id",), "at").digest


def held() -> float:
    """MB that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def children_measured() -> Iterator[list[float]]:
    """MB of their own that the processes of the search hold together, again and again."""
    found, done = [0.0], Event()

    def look() -> None:
        while not done.wait(0.02):
            found.append(sum(map(own, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())))

    watcher = Thread(target=look)
    watcher.start()
    yield found
    done.set()
    watcher.join()


def own(process: str) -> float:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:  # it ended meanwhile
        return 0.0
    return sum(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("RssAnon"))


def one(rows: int, candidate: str, workers: int) -> None:
    """Train once and print what was said and what was taken, in MB."""
    task = "regression" if CANDIDATES[candidate].tasks == {"regression"} else "binary"
    case, table = case_of([candidate], task, workers=workers), table_of(rows, task)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(folder)
        division = split(store, case, snapshot_of(store, case, table, task))
        del table
        pa.default_memory_pool().release_unused()
        before = held()
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        with children_measured() as children:
            trained = train(store, case, division)
    lines = Path("/proc/self/status").read_text().splitlines()
    most = next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM"))
    print(trained.memory / 1e6, most - before + max(children))


def main(sizes: list[int]) -> None:
    print("| rows | candidate | workers | said | taken | said / taken |\n| --- | --- | --- | --- | --- | --- |")
    ratios = []
    for rows in sizes:
        for candidate, workers in [*((name, 1) for name in CANDIDATES), ("hist_gradient_boosting", 2)]:
            words = [
                sys.executable,
                "-m",
                "tests.benchmarks.training_memory",
                "one",
                str(rows),
                candidate,
                str(workers),
            ]
            done = subprocess.run(words, check=True, capture_output=True, text=True).stdout
            said, taken = map(float, done.split())
            ratios.append(said / taken)
            row = (f"{rows:,}", candidate, str(workers), f"{said:.0f} MB", f"{taken:.0f} MB", f"{said / taken:.2f}")
            print(f"| {' | '.join(row)} |", flush=True)
    print(f"\nsaid / taken from {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        one(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
    else:
        main([int(each) for each in sys.argv[1:]] or [20_000, 80_000, 320_000])
