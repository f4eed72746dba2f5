"""``keepfit monitor`` on a window of up to ten million rows by 20 columns: seconds, and the memory that it takes.

    python -m tests.benchmarks.monitor_memory [--served] [ROWS ...]

The command as it is, in a process of its own, with a Prefect server that runs: it reads the Parquet that arrived, holds
it to the contract and an expectation, scores it, and holds it against the champion's reference. Or (``--served``) it
reads a prediction log of so many answers, each with a label. Every size in a folder of its own. Prints Markdown;
nothing is asserted.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.child_process import measured
from tests.benchmarks.flights_world import KEEPFIT, ROOT, environment, prefect_running
from tests.benchmarks.many_rows import LEARNT, NAME, SEEN

SIZES = (1_000_000, 3_000_000, 10_000_000)
MOST = 1024  # MB


class Looked(NamedTuple):
    """A window's rows, the seconds of the command, its peak in MB."""

    rows: int
    seconds: float
    peak: float


def prepared(folder: Path, environ: dict[str, str]) -> None:
    """A champion. Whatever takes much memory is a process of its own: that of a parent would count as a child's."""
    made("before", str(folder))
    words = [KEEPFIT, "run", NAME, "--as-of", LEARNT]
    subprocess.run(words, cwd=folder, env=environ, check=True, capture_output=True)


def looked(folder: Path, environ: dict[str, str], rows: int, *, served: bool) -> Looked:
    """The window of so many rows, in a copy of the folder."""
    own = folder.with_name(f"{folder.name}-{rows}")
    shutil.copytree(folder, own)
    if served:
        words = ["-m", "tests.benchmarks.many_served", str(own), str(own / ".keepfit"), str(rows)]
        subprocess.run([sys.executable, *words], cwd=ROOT, check=True)
    else:
        made("window", str(own), str(rows))
    found = measured([KEEPFIT, "monitor", NAME, "--as-of", SEEN, "--json"], own, environ)
    window = json.loads(found.out)
    assert window["window"]["rows"] == rows, window["window"]
    checks = {each["check"] for each in window["checks"]}
    assert checks >= {"contract", "expectation", "drift", "multivariate", "realised_performance"}, checks
    assert window["source"] == ("log" if served else "rows"), window["source"]
    shutil.rmtree(own)
    return Looked(rows, found.wall, found.peak)


def made(*words: str) -> None:
    """Rows, by a process of its own."""
    subprocess.run([sys.executable, "-m", "tests.benchmarks.many_rows", *words], cwd=ROOT, check=True)


def table(found: Sequence[Looked]) -> Iterator[str]:
    """Each size beside the one before it."""
    yield "| rows | seconds | beside the size before | peak | wanted |"
    yield "| --- | --- | --- | --- | --- |"
    for place, each in enumerate(found):
        before = found[place - 1] if place else None
        times = "" if before is None else f"{each.rows / before.rows:.1f} times the rows, "
        beside = "" if before is None else f"{times}{each.seconds / before.seconds:.1f} times as long"
        yield f"| {each.rows:,} | {each.seconds:.1f} | {beside} | {each.peak:,.0f} MB | {MOST:,} MB |"


def main(sizes: Sequence[int], *, served: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="keepfit-bench-") as name:
        home, folder = Path(name) / "prefect", Path(name) / "rows"
        home.mkdir()
        with prefect_running(home) as url:
            environ = environment(home, url)
            prepared(folder, environ)
            print("\n".join(table([looked(folder, environ, rows, served=served) for rows in sizes])))


if __name__ == "__main__":
    given = argparse.ArgumentParser()
    given.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="ROWS")
    given.add_argument("--served", action="store_true")
    main(**vars(given.parse_args()))
