"""What Prefect adds to ``keepfit monitor`` with a server running: beside the same work by plain calls.

    python -m tests.benchmarks.monitor_prefect [ROWS [TURNS]]

A week of ROWS rows by 20 columns; the two take turns, each on a copy of the store of its own. Prints Markdown; nothing
is asserted.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from tests.benchmarks.child_process import Measured, measured
from tests.benchmarks.flights_world import KEEPFIT, environment, prefect_running
from tests.benchmarks.many_rows import NAME, SEEN
from tests.benchmarks.monitor_memory import made, prepared

WANTED = 3.0  # seconds
PLAIN = [sys.executable, "-m", "tests.benchmarks.monitor_without_prefect"]


def once(folder: Path, environ: dict[str, str], words: Sequence[str]) -> Measured:
    """A run on a copy of the store."""
    shutil.copytree(folder / ".keepfit", folder / "copy")
    found = measured(words, folder, environ)
    shutil.rmtree(folder / "copy")
    return found


def turns(rows: int, count: int) -> tuple[list[Measured], list[Measured]]:
    """Runs by the command and by plain calls; the first of each warms the caches and does not count."""
    with tempfile.TemporaryDirectory(prefix="keepfit-bench-") as name:
        home, folder = Path(name) / "prefect", Path(name) / "rows"
        home.mkdir()
        with prefect_running(home) as url:
            environ = environment(home, url)
            prepared(folder, environ)
            made("window", str(folder), str(rows))
            ours = [KEEPFIT, "monitor", NAME, "--as-of", SEEN, "--store", "copy", "--json"]
            pairs = [
                (once(folder, environ, ours), once(folder, environ, [*PLAIN, NAME, SEEN, "copy"]))
                for _ in range(count + 1)
            ][1:]
    for each in (run for pair in pairs for run in pair):
        assert json.loads(each.out)["window"]["rows"] == rows
    return [ours for ours, _ in pairs], [plain for _, plain in pairs]


def row(what: str, ours: Sequence[Measured], plain: Sequence[Measured], of: Callable[[Measured], float]) -> str:
    """Medians, and that of the differences of turns."""
    more = [of(one) - of(two) for one, two in zip(ours, plain, strict=True)]
    times = median(of(one) / of(two) for one, two in zip(ours, plain, strict=True))
    cells = [what, *(f"{median(map(of, each)):.2f} s" for each in (ours, plain)), f"{times:.2f} times"]
    wanted = f"+{WANTED:.1f} s"
    return f"| {' | '.join([*cells, f'{median(more):+.2f} s ({min(more):+.2f} to {max(more):+.2f})', wanted])} |"


def main(rows: int = 167_000, count: int = 3) -> None:
    ours, plain = turns(rows, count)
    print(f"| `keepfit monitor`, {rows:,} rows by 20 columns | with Prefect | without | ratio | difference | wanted |")
    print("| --- | --- | --- | --- | --- | --- |")
    print(row("wall", ours, plain, lambda run: run.wall))
    print(row("processor time", ours, plain, lambda run: run.cpu))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
