"""JSON Lines and Parquet with all strict checks beside PyArrow's own readers, with their peak memory; prints Markdown.

    python -m tests.benchmarks.json_parquet_reading [PAIRS]

Two million rows of 10 columns (texts, a time, whole numbers, floats; seeded): JSON Lines as other programs write them,
with and without a row in a hundred that breaks off; Parquet as PyArrow writes it, and in one row group. The two readers
take turns, each in a process of its own. Memory is above that of the imports. Nothing is asserted.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet as pq

from keepfit.data.readers import Form, parts
from tests.benchmarks.csv_reading import TYPES, Row, own_peak, spread, table

ROWS = 2_000_000
COLUMNS = ["id", "at", "origin", "tail", "note", "flight", "big", "distance", "wind", "temp"]


class Taken(NamedTuple):
    """What it took to read a file: seconds by the wall clock and of processors, MB above the imports."""

    wall: float
    cpu: float
    memory: float


def write(folder: Path) -> dict[str, Path]:
    rows = table(ROWS).select(COLUMNS)
    paths = {
        "JSON Lines": folder / "a.jsonl",
        "JSON Lines, 1 % refused": folder / "b.jsonl",
        "Parquet": folder / "a.parquet",
        "Parquet, one row group": folder / "b.parquet",
    }
    pq.write_table(rows, paths["Parquet"])
    pq.write_table(rows, paths["Parquet, one row group"], row_group_size=ROWS)
    with paths["JSON Lines"].open("w") as whole, paths["JSON Lines, 1 % refused"].open("w") as cut:
        for batch in rows.to_batches(100_000):
            lines = [json.dumps(row) for row in batch.to_pylist()]
            whole.writelines(f"{line}\n" for line in lines)
            cut.writelines(f"{line if number % 100 else line[:-5]}\n" for number, line in enumerate(lines))
    return paths


def strictly(path: Path) -> int:
    with path.open("rb") as file:
        types = {name: TYPES[name] for name in COLUMNS}
        return sum(raw.table.num_rows for raw in parts(file, path.name, Form(), types))


def plainly(path: Path) -> int:
    if path.suffix == ".parquet":
        return sum(batch.num_rows for batch in pq.ParquetFile(path).iter_batches())
    rows: int = pa.json.read_json(path).num_rows
    return rows


def taken(path: Path, reader: str) -> Taken:
    words = [sys.executable, "-m", "tests.benchmarks.json_parquet_reading", reader, str(path)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return Taken(*json.loads(done.stdout))


def measure(reader: str, path: Path) -> Taken:
    with path.open("rb") as file:
        while file.read(1 << 20):  # so that neither waits for the disk
            pass
    imports, wall, cpu = own_peak(), perf_counter(), process_time()
    (strictly if reader == "strictly" else plainly)(path)
    return Taken(perf_counter() - wall, process_time() - cpu, own_peak() - imports)


def figures(pairs: int = 5) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="keepfit-bench-") as name:
        paths = write(Path(name))
        rows = []
        for what, path in paths.items():
            # PyArrow ends at the first row that is not of its shape, so it reads the whole file.
            beside = paths["JSON Lines"] if path.suffix == ".jsonl" else path
            rows += row(what, [(taken(path, "strictly"), taken(beside, "plainly")) for _ in range(pairs)])
        return rows


def row(what: str, pairs: list[tuple[Taken, Taken]]) -> list[Row]:
    ours, theirs = ([pair[at] for pair in pairs] for at in (0, 1))
    other = "pyarrow.json.read_json" if "JSON" in what else "pyarrow.parquet iter_batches"
    wanted = "0.25" if "JSON" in what else "0.5"
    cpu = min(each.cpu for each in theirs) / min(each.cpu for each in ours)
    wall = min(each.wall for each in theirs) / min(each.wall for each in ours)
    memory = f"+{max(each.memory for each in ours):.0f} MB", f"+{max(each.memory for each in theirs):.0f} MB"
    answer = f"{wall:.2f} of its speed, {cpu:.2f} by processor time"
    walls = spread([each.wall for each in ours]), spread([each.wall for each in theirs])
    return [
        (f"{what}, strict, two million rows by 10 columns", walls[0], f"{other} {walls[1]}", answer, wanted),
        ("… peak memory", memory[0], memory[1], "", "+400 MB"),
    ]


if __name__ == "__main__":
    if sys.argv[1:2] and not sys.argv[1].isdecimal():
        print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
    else:
        for each in figures(*map(int, sys.argv[1:])):
            print(f"| {' | '.join(each)} |")
