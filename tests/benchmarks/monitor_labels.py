"""What labels cost `keepfit monitor`: a window's rows beside the reference, with and without them; prints Markdown.

    python -m tests.benchmarks.monitor_labels [ROWS ...]

Rows of `tests.benchmarks.many_rows`, 20 columns, a part at a time as `keepfit.monitor.watch` gives them. They are read
and answered already, so that only what is counted and asked is measured, in processor time on one thread. Every size,
with and without labels, is a process of its own. Nothing is asserted.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from tests.benchmarks.many_rows import A_DAY, CATEGORIES, DAYS, NUMBERS, WINDOW, table

SIZES = (1_000_000, 3_000_000)
PART = 1 << 15  # rows
POOL = 8  # parts that are made; they come again and again
KINDS = dict.fromkeys(NUMBERS, "number") | dict.fromkeys(CATEGORIES, "category")


def rows(seed: int, count: int, first: int, days: int) -> tuple[Any, Any, Any, Any]:
    """Days (n,), columns, labels (n,) and answers (n, 2)."""
    from keepfit import features
    from keepfit.monitor.made import days_of

    made = table(seed, count, first, days)
    chance = 1 / (1 + np.exp(-made.column("n0").to_numpy()))
    labels = made.column("label").to_numpy().astype(np.int64)
    return days_of(made, "at"), features.from_table(made, KINDS), labels, np.column_stack([1 - chance, chance])


def once(count: int, *, labelled: bool) -> dict[str, float]:
    """Processor seconds of counting and of asking, and the peak in MB beyond what was there."""
    from keepfit.config.monitor import Monitor
    from keepfit.monitor import Answered, Answers, Rows, Seen, look, reference_of, tallied

    days, columns, labels, answers = rows(0, DAYS * A_DAY, 0, DAYS)
    answered = Answered(days, labels, answers, np.arange(len(days)))
    made = reference_of("rows", "binary", ("no", "yes"), Rows(days, columns, labels), answered, Monitor())
    pool = [rows(1 + seed, PART, DAYS, WINDOW) for seed in range(POOL)]
    known = np.arange(PART if labelled else 0)

    def parts() -> Iterator[Answers]:
        for number in range(count // PART):
            days, columns, labels, answers = pool[number % POOL]
            yield Answers(columns, days, answers, known, labels[known])

    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, start = _mb("VmRSS"), process_time()
    counted = tallied(made, parts())
    middle = process_time()
    found = look(made, Seen(counted, counted.rows, 0, 0.01), "log_loss")
    assert counted.labelled == (counted.rows if labelled else 0)
    assert bool(found.realised) == labelled
    return {"count": middle - start, "ask": process_time() - middle, "peak": _mb("VmHWM") - before}


def _mb(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def apart(count: int, *, labelled: bool) -> dict[str, float]:
    """The same, by a process of its own."""
    script = f"import json; from tests.benchmarks.{Path(__file__).stem} import once; "
    script += f"print(json.dumps(once({count}, labelled={labelled})))"
    environ = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    told: dict[str, float] = json.loads(subprocess.check_output([sys.executable, "-c", script], env=environ, text=True))
    return told


def main(sizes: Sequence[int]) -> None:
    print("| rows | labels | counting | a million rows | asking | peak beyond the parts |")
    print("| --- | --- | --- | --- | --- | --- |")
    for count in sizes:
        for labelled in (False, True):
            told = apart(count, labelled=labelled)
            cells = [f"{count:,}", "of all" if labelled else "none", f"{told['count']:.2f} s"]
            cells += [f"{told['count'] / count * 1e6:.2f} s", f"{told['ask']:.2f} s", f"{told['peak']:.0f} MB"]
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or SIZES)
