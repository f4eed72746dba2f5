"""Speed and memory of a run, beside a plain script that does the same work; prints Markdown.

    python -m tests.benchmarks [PAIRS]

The two take turns, so that whatever else the machine does falls on both. Nothing is asserted.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from tests.benchmarks.child_process import Measured, measured
from tests.benchmarks.flights_world import (
    AS_OF,
    KEEPFIT,
    MONTH_BEFORE,
    deliver,
    environment,
    prefect_running,
    write_use_case,
)

PYTHON = sys.executable
USE_CASE = "flight_year"
Row = tuple[str, str, str, str, str]


def main(pairs: int) -> None:
    with tempfile.TemporaryDirectory(prefix="keepfit-bench-") as name:
        folder = Path(name)
        home = folder / "prefect"
        home.mkdir()
        with prefect_running(home) as url:
            bench = Bench(folder, environment(home, url), pairs)
            print(table(bench.rows()))
            print(f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end; {pairs} turns")


class Bench:
    """The flights in a folder, and what is run there."""

    def __init__(self, folder: Path, environ: Mapping[str, str], pairs: int) -> None:
        self._folder = folder
        self._environ = environ
        self._pairs = pairs
        self._use_case = write_use_case(folder)
        self._stores = 0
        deliver(folder, MONTH_BEFORE, environ)

    def rows(self) -> list[Row]:
        """All measurements, in an order in which each finds the data it needs."""
        month = self._a_month_later()
        cold, plain, direct = self.turns(
            lambda: self.keepfit("run", USE_CASE, "--as-of", AS_OF, "--store", self.fresh()),
            lambda: self.plain("plain_flights", str(self._use_case), AS_OF, "plain"),
            lambda: self.plain("without_prefect", USE_CASE, AS_OF, self.fresh()),
        )
        store = self.fresh()
        run = ("run", USE_CASE, "--as-of", AS_OF, "--store", store)
        modules = str(self._folder / "modules.txt")
        self.plain("imports_of_a_run", "record", modules, *run)
        again, prefect, help_text = self.turns(
            lambda: self.keepfit(*run),
            lambda: self.measure(PYTHON, "-c", "import prefect"),
            lambda: self.keepfit("--help"),
        )
        [imports] = self.turns(lambda: self.plain("imports_of_a_run", "import", modules))
        sizes = self.sizes()
        above, bare = peak(cold) - peak(imports), peak(plain) - peak(imports)
        return [
            ratio("train flow, a year of flights, wall", cold, "plain script", plain, wall, "1.3"),
            ratio("the same, processor time", cold, "plain script", plain, cpu, ""),
            ratio("the same without Prefect, wall", direct, "plain script", plain, wall, ""),
            beyond("unchanged re-run, wall", again, "import prefect", prefect, wall, "1.5 s"),
            beyond("the same, processor time", again, "import prefect", prefect, cpu, ""),
            ("… stage bodies that ran", str(ran(again[-1])), "", "", "0"),
            ("a month later, files parsed", str(month), "", "", "2 (flights, weather)"),
            ("`keepfit --help`, wall", spread(help_text, wall, "s"), "", "", "0.3 s"),
            (
                "peak memory above imports",
                f"{peak(cold):.0f} − {peak(imports):.0f} = {above:.0f} MB",
                f"in pandas: joined table {sizes['joined']:.0f} MB, flights as read {sizes['flights']:.0f} MB",
                f"{above / sizes['joined']:.1f}×, {above / sizes['flights']:.1f}×",
                "2.5×",
            ),
            (
                "… of the plain script",
                f"{peak(plain):.0f} − {peak(imports):.0f} = {bare:.0f} MB",
                "",
                f"{bare / sizes['joined']:.1f}×, {bare / sizes['flights']:.1f}×",
                "",
            ),
        ]

    def turns(self, *jobs: Callable[[], Measured]) -> list[list[Measured]]:
        """Every job as often as pairs are wanted, in turns; the first round, which warms the caches, is not counted."""
        rounds = [[job() for job in jobs] for _ in range(self._pairs + 1)][1:]
        return [list(each) for each in zip(*rounds, strict=True)]

    def keepfit(self, *words: str) -> Measured:
        return self.measure(KEEPFIT, *words)

    def plain(self, module: str, *words: str) -> Measured:
        return self.measure(PYTHON, "-m", f"tests.benchmarks.{module}", *words)

    def measure(self, *words: str) -> Measured:
        return measured(words, self._folder, self._environ)

    def fresh(self) -> str:
        """A store that nobody has used."""
        self._stores += 1
        return f"store-{self._stores}"

    def sizes(self) -> dict[str, float]:
        """MB of the tables in pandas."""
        said: dict[str, float] = json.loads(self.plain("pandas_sizes", str(self._use_case), AS_OF).out)
        return said

    def _a_month_later(self) -> int:
        """Files that are parsed when another month has come."""
        store = self.fresh()
        self.keepfit("run", USE_CASE, "--as-of", MONTH_BEFORE, "--store", store)
        before = self._parsed(store)
        deliver(self._folder, AS_OF, self._environ)
        self.keepfit("run", USE_CASE, "--as-of", AS_OF, "--store", store)
        return self._parsed(store) - before

    def _parsed(self, store: str) -> int:
        memos = (self._folder / store / USE_CASE / "runs").glob("*.json")
        return sum(json.loads(memo.read_bytes())["stage"] == "parse" for memo in memos)


def ran(run: Measured) -> int:
    """Stages whose body ran, by what the run says of each."""
    stages = [line for line in run.err.splitlines() if " s  " in line and not line.startswith("start")]
    assert len(stages) > 5, run.err
    return sum(not line.endswith("(remembered)") for line in stages)


def wall(run: Measured) -> float:
    return run.wall


def cpu(run: Measured) -> float:
    return run.cpu


def peak(runs: Sequence[Measured]) -> float:
    return median(run.peak for run in runs)


def spread(runs: Sequence[Measured], of: Callable[[Measured], float], unit: str) -> str:
    values = sorted(of(run) for run in runs)
    return f"{median(values):.2f} {unit} ({values[0]:.2f} to {values[-1]:.2f})"


def ratio(
    what: str,
    ours: Sequence[Measured],
    other: str,
    theirs: Sequence[Measured],
    of: Callable[[Measured], float],
    wanted: str,
) -> Row:
    """The median of the ratios of turns, which a change of load over time does not touch."""
    ratios = sorted(of(one) / of(two) for one, two in zip(ours, theirs, strict=True))
    answer = f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    return (what, spread(ours, of, "s"), f"{other} {spread(theirs, of, 's')}", answer, wanted)


def beyond(
    what: str,
    ours: Sequence[Measured],
    other: str,
    theirs: Sequence[Measured],
    of: Callable[[Measured], float],
    wanted: str,
) -> Row:
    """The median of the differences of turns."""
    more = sorted(of(one) - of(two) for one, two in zip(ours, theirs, strict=True))
    answer = f"+{median(more):.2f} s ({more[0]:.2f} to {more[-1]:.2f})"
    return (what, spread(ours, of, "s"), f"{other} {spread(theirs, of, 's')}", answer, wanted)


def table(rows: Sequence[Row]) -> str:
    head: Row = ("what", "Keepfit", "beside", "ratio or difference", "wanted")
    lines = [head, ("---",) * 5, *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
