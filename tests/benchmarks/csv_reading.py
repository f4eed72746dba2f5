"""CSV with all strict checks beside PyArrow's own reader, and the memory that a larger file takes; prints Markdown.

    python -m tests.benchmarks.csv_reading [PAIRS]

A million rows of 15 columns (texts, times, whole numbers, floats; seeded): bare, with every text quoted, and so that
quotes are where they should not be in one row of a hundred (half of these rows are refused: a field goes on after its
closing quote; in the others a quote stands within a bare field, where it is a character like any other). The two
readers take turns in one process on the same file, PyArrow with its own defaults. Peak memory is that of a process that
reads the file and nothing else, and of one that reads a file ten times as long. Nothing is asserted.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pyarrow as pa
from pyarrow import csv

from keepfit.config.values import ColumnType
from keepfit.data.readers import Form, parts

ROWS = 1_000_000
Row = tuple[str, str, str, str, str]
TYPES: dict[str, ColumnType] = {
    **dict.fromkeys(["id", "note"], "text"),
    **dict.fromkeys(["at", "seen"], "time"),
    **dict.fromkeys(["origin", "dest", "carrier", "tail"], "category"),
    **dict.fromkeys(["flight", "count", "big"], "int"),
    **dict.fromkeys(["distance", "wind", "temp", "humidity"], "float"),
}


def table(rows: int, seed: int = 7) -> pa.Table:
    """Columns as they are found in practice: few and many distinct texts, short and full numbers."""
    draw = np.random.default_rng(seed)
    start = np.datetime64("2013-01-01T00:00:00")

    def times():
        moments = start + draw.integers(0, 365 * 86_400, rows).astype("timedelta64[s]")
        return np.char.add(np.datetime_as_string(moments), "Z")

    def words(stem, count):
        return np.array([f"{stem}{index:03d}" for index in range(count)])[draw.integers(0, count, rows)]

    columns = {
        "id": np.char.add("r", np.arange(rows).astype(str)),
        "at": times(),
        "seen": times(),
        "origin": words("", 3),
        "dest": words("D", 100),
        "carrier": words("C", 16),
        "tail": words("N", 4000),
        "note": words("some words of it ", 50),
        "flight": draw.integers(1, 9999, rows),
        "count": draw.integers(-(10**9), 10**9, rows),
        "big": draw.integers(0, 2**62, rows),
        "distance": np.round(draw.normal(1000, 300, rows), 1),
        "wind": draw.normal(size=rows),
        "temp": np.round(draw.normal(50, 20, rows), 2),
        "humidity": draw.random(rows),
    }
    return pa.table(columns)


def write(path: Path, quoted: bool) -> None:
    csv.write_csv(table(ROWS), path, csv.WriteOptions(quoting_style="needed"))  # quotes every text
    if not quoted:
        path.write_bytes(path.read_bytes().replace(b'"', b""))


def misplace(path: Path) -> None:
    """Quotes at wrong places in one row of a hundred of a file in which every text is quoted."""
    lines = path.read_bytes().split(b"\n")
    at = np.random.default_rng(7).choice(np.arange(1, ROWS), ROWS // 100, replace=False)
    for number in at[::2]:
        lines[number] = lines[number].replace(b'"some words', b'"some" words')
    for number in at[1::2]:
        lines[number] = re.sub(rb'"some (words of it \d+)"', rb'some" \1', lines[number])
    path.write_bytes(b"\n".join(lines))


def longer(path: Path, times: int) -> Path:
    """The rows of a file over and over."""
    head, _, body = path.read_bytes().partition(b"\n")
    other = path.with_name(f"{times}-{path.name}")
    with other.open("wb") as file:
        file.write(head + b"\n")
        for _ in range(times):
            file.write(body)
    return other


def strictly(path: Path) -> int:
    with path.open("rb") as file:
        return sum(raw.table.num_rows for raw in parts(file, path.name, Form(), TYPES))


def plainly(path: Path) -> int:
    return csv.read_csv(path).num_rows


def seconds(job: Callable[[Path], int], path: Path) -> float:
    start = perf_counter()
    job(path)
    return perf_counter() - start


def turns(path: Path, pairs: int) -> list[tuple[float, float]]:
    """Seconds of both; the first turn, which warms the caches, is not counted."""
    return [(seconds(strictly, path), seconds(plainly, path)) for _ in range(pairs + 1)][1:]


def peak(path: Path) -> float:
    """MB at the peak of a process that reads one file; of its own image, not of the process it was forked from."""
    words = [sys.executable, "-m", "tests.benchmarks.csv_reading", "peak", str(path)]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def own_peak() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def figures(pairs: int = 7) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="keepfit-bench-") as name:
        folder = Path(name)
        rows = []
        for kind, quoted in (("bare", False), ("every text quoted", True)):
            path = folder / f"{quoted}.csv"
            write(path, quoted)
            rows.append(speed(f"CSV, strict, a million rows by 15 columns, {kind}", turns(path, pairs)))
        small, large = peak(path), peak(longer(path, 10))
        misplace(path)
        rows.append(speed("… quotes misplaced in 1 row of 100", turns(path, pairs)))
        of = f"ten times the rows {large:.0f} MB"
        rows.append(("… peak memory", f"{small:.0f} MB", of, f"+{large - small:.0f} MB", "+0 MB"))
        return rows


def speed(what: str, pairs: list[tuple[float, float]]) -> Row:
    ratios = sorted(plain / strict for strict, plain in pairs)
    ours, theirs = (spread([pair[index] for pair in pairs]) for index in (0, 1))
    answer = f"{median(ratios):.2f} of its speed ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    return (what, ours, f"pyarrow.csv.read_csv {theirs}", answer, "0.5")


def spread(values: list[float]) -> str:
    return f"{median(values):.2f} s ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    if sys.argv[1:2] == ["peak"]:
        strictly(Path(sys.argv[2]))
        print(own_peak())
    else:
        for row in figures(*map(int, sys.argv[1:])):
            print(f"| {' | '.join(row)} |")
