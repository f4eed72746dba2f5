"""How much memory the examples of many rows take: CSV in, the sorted parts of the store out; prints Markdown.

    python -m tests.benchmarks.extract_memory [MILLIONS [FILES]]

Rows of 15 columns as in `csv_reading`, a million a file unless FILES says otherwise, every file over the same year, so
that all rows are sorted together. Peak memory is the resident set at its highest of a process that does nothing else,
imports included. Nothing is asserted.
"""

import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

ROWS = 1_000_000  # of a file
STEP = 100_000  # rows that are made at a time


def use_case(query: str | None) -> dict[str, object]:
    from tests.benchmarks.csv_reading import TYPES

    columns = {name: {"type": kind} for name, kind in TYPES.items() if name not in {"id", "at"}}
    return {
        "name": "rows",
        "description": "Many rows",
        "owner": "us",
        "task": "regression",
        "data": {
            "sources": {"rows": {"kind": "files", "path": "*.csv"}},
            "key": ["id"],
            "event_time": "at",
            "query": query,
            "label": {"column": "temp", "known_after": "1d"},
        },
        "contract": {"columns": columns},
        "features": {"wind": "number", "origin": "category"},
        "split": {"by": "time", "holdout": "30d"},
        "train": {"candidates": ["ridge"]},
        "gates": [{"metric": "mae", "at_most": 100}],
    }


def write(folder: Path, rows: int, files: int) -> None:
    """Files of different rows of the same year."""
    import pyarrow as pa
    from pyarrow import csv

    from tests.benchmarks.csv_reading import table

    for file in range(files):
        own = rows // files
        with (folder / f"{file:03d}.csv").open("wb") as sink:
            for start in range(0, own, STEP):
                part = table(min(STEP, own - start), seed=file * rows + start)
                ids = pa.array([f"r{file}-{start + number}" for number in range(part.num_rows)])
                named = part.set_column(0, "id", ids)
                csv.write_csv(named, sink, csv.WriteOptions(include_header=start == 0, quoting_style="needed"))


def peak(folder: Path, rows: int, query: str | None = None) -> dict[str, float]:
    """MB at the peak and seconds of a process that makes the examples of a folder, and what imports take."""
    words = [
        sys.executable,
        "-m",
        "tests.benchmarks.extract_memory",
        "child",
        str(folder),
        str(rows),
        *([query] if query else []),
    ]
    said: dict[str, float] = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    return said


def child(folder: Path, rows: int, query: str | None = None) -> dict[str, float]:
    import duckdb
    import pyarrow.parquet

    from keepfit.config.model import UseCase
    from keepfit.data import extract
    from keepfit.records import Moment
    from keepfit.store import open_store

    imports = _peak() if duckdb and pyarrow.parquet else 0.0
    start = perf_counter()
    moment = Moment(as_of=datetime(2015, 1, 1, tzinfo=UTC), started=datetime(2026, 1, 1, tzinfo=UTC))
    extracted = extract(open_store(str(folder / "store")), UseCase.model_validate(use_case(query)), moment, folder)
    assert extracted.rows == rows, extracted.rows
    return {"peak": _peak(), "imports": imports, "seconds": perf_counter() - start}


def _peak() -> float:
    """MB (of a million bytes); of this process's own image, not of the one it was forked from."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6


def main(millions: int = 10, files: int = 0) -> None:
    with tempfile.TemporaryDirectory(prefix="keepfit-bench-") as name:
        rows = millions * ROWS
        write(Path(name), rows, files or millions)
        found = peak(Path(name), rows)
        size = sum(path.stat().st_size for path in Path(name).glob("*.csv")) / 1e6
    print(
        f"| {rows:,} rows, {size:,.0f} MB of CSV in {files or millions} files | {found['peak']:.0f} MB at the peak, "
        f"{found['imports']:.0f} MB of imports | {found['seconds']:.1f} s | 1000 MB |"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        print(json.dumps(child(Path(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])))
    else:
        main(*map(int, sys.argv[1:]))
