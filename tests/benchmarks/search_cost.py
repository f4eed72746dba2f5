"""What a search costs beyond its fits, and what a second process gives; prints Markdown.

    python -m tests.benchmarks.search_cost [ROWS [TURNS]]

Fourteen settings of each of three candidates (42 trials) on the validation folds. Processor time of the whole search is
set against that of its calls of `fit`. Where other work wants the cores too, wall time of two processes says little, so
beside it stands what two free cores would give: the processor time of one process over that of the longest line of work
with two, which is this process and the busier of its children.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from keepfit.score import one_thread
from keepfit.split import split
from keepfit.store import open_store
from keepfit.train import compete, crew, examples, trial
from tests.benchmarks.training_memory import case_of, snapshot_of, table_of

CANDIDATES = ["logistic_regression", "hist_gradient_boosting", "random_forest"]
TRIALS = 14


class Clock:
    """Processor seconds within calls of a function."""

    def __init__(self, inner):
        self.inner, self.spent, self.calls = inner, 0.0, 0

    def __call__(self, *args):
        start = process_time()
        try:
            return self.inner(*args)
        finally:
            self.spent += process_time() - start
            self.calls += 1


@contextmanager
def timed(module, name) -> Iterator[Clock]:
    clock = Clock(getattr(module, name))
    setattr(module, name, clock)
    yield clock
    setattr(module, name, clock.inner)


def children_seconds() -> list[float]:
    """Processor seconds of each process of the search, asked while they wait."""
    ticks = os.sysconf("SC_CLK_TCK")
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    words = (Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in found)
    return [(int(each[11]) + int(each[12])) / ticks for each in words]


def searched(rows: int, workers: int) -> dict[str, float]:
    """One search in a store of its own."""
    case = case_of(CANDIDATES, "binary", trials=TRIALS, workers=workers)
    said: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(folder)
        division = split(store, case, snapshot_of(store, case, table_of(rows, "binary"), "binary"))
        known = examples.read(store, case, division)
        with one_thread(), timed(trial, "fit") as fit, timed(trial, "answers") as ask, watched(said):
            wall, cpu = perf_counter(), process_time()
            won = compete.compete(store, case, division, known)
            wall, cpu = perf_counter() - wall, process_time() - cpu
    return {
        "wall": wall,
        "line": cpu + max(said, default=0.0),
        "fits": fit.spent,
        "asks": ask.spent,
        "calls": fit.calls,
        "trials": len(won.trials),
    }


@contextmanager
def watched(said: list[float]) -> Iterator[None]:
    """Ask the children for their time before they are ended."""
    inner = crew._started

    @contextmanager
    def asking(*args):
        with inner(*args) as processes:
            yield processes
            said.extend(children_seconds())

    crew._started = asking
    yield
    crew._started = inner


def main(rows: int, turns: int) -> None:
    one, two = zip(*((searched(rows, 1), searched(rows, 2)) for _ in range(turns)), strict=True)
    cost = median(each["line"] / each["fits"] for each in one)
    asked = median(each["line"] / (each["fits"] + each["asks"]) for each in one)
    free = median(a["line"] / b["line"] for a, b in zip(one, two, strict=True))
    wall = median(a["wall"] / b["wall"] for a, b in zip(one, two, strict=True))
    print("| what | measured | wanted |\n| --- | --- | --- |")
    trials, calls = one[0]["trials"], one[0]["calls"]
    print(f"| search of {trials:.0f} trials ({calls:.0f} fits), {rows:,} rows, over its fits | {cost:.3f} | 1.1 |")
    print(f"| … over its fits and the answers that they are scored by | {asked:.3f} | |")
    print(f"| two processes, as fast as one, were the cores free | {free:.2f} | 1.7 |")
    print(f"| … by the wall | {wall:.2f} | |")
    print(f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end; {turns} turns")


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    main(*(given + [60_000, 3][len(given) :]))
