"""A use case with a champion, and a window of many rows by 20 columns: 15 numbers and 5 categories, as Parquet.

python -m tests.benchmarks.many_rows before FOLDER     (what the champion learns from, and the YAML)
python -m tests.benchmarks.many_rows window FOLDER ROWS
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

NAME = "rows"
NUMBERS, CATEGORIES = [f"n{place}" for place in range(15)], [f"c{place}" for place in range(5)]
START = datetime(2020, 1, 1, tzinfo=UTC)
DAYS, A_DAY, WINDOW = 150, 120, 7
LEARNT, SEEN = (f"{START + timedelta(days=days):%Y-%m-%d}" for days in (DAYS, DAYS + WINDOW))  # --as-of of run, monitor
FILE = 500_000  # rows
LEVELS = 40
YAML = """
name: rows
description: Many rows
owner: us
risk: low
task: binary
data:
  sources:
    rows: {kind: files, path: "data/*.parquet"}
  key: [id]
  event_time: at
  label: {column: label, known_after: 1d, missing_at_most: 100%}
  freshness: 2d
contract:
  columns:
    id: {type: text}
    at: {type: time}
    label: {type: bool}
{columns}
expectations:
  - expect_column_mean_to_be_between: {column: n0, min_value: -1, max_value: 1}
features: {features}
split: {by: time, holdout: 28d}
train: {candidates: [logistic_regression], seed: 7}
gates: [{metric: roc_auc, at_least: 0.5}]
release: {strategy: direct}
"""


def use_case() -> str:
    """The YAML."""
    kinds = dict.fromkeys(NUMBERS, "float") | dict.fromkeys(CATEGORIES, "category")
    columns = "\n".join(f"    {name}: {{type: {kind}}}" for name, kind in kinds.items())
    read = ", ".join(f"{name}: {'number' if kind == 'float' else 'category'}" for name, kind in kinds.items())
    return YAML.replace("{columns}", columns).replace("{features}", f"{{{read}}}")


def table(seed: int, rows: int, first: int, days: int) -> Any:
    """Rows of some days, their ids from ``seed`` on; the label follows the first number."""
    import pyarrow as pa

    draw = np.random.default_rng(seed)
    made: dict[str, Any] = {"id": [f"r{seed}-{place}" for place in range(rows)]}
    seconds = np.sort(draw.integers(0, days * 86400, rows))
    made["at"] = (np.datetime64(START.replace(tzinfo=None), "s") + first * 86400 + seconds).astype("datetime64[us]")
    made |= {name: draw.normal(size=rows) for name in NUMBERS}
    levels = pa.array([f"level {each}" for each in range(LEVELS)])
    made |= {name: levels.take(pa.array(draw.integers(0, LEVELS, rows))) for name in CATEGORIES}
    made["label"] = draw.random(rows) < 1 / (1 + np.exp(-made["n0"]))
    found = pa.table(made)
    at = found.column_names.index("at")
    return found.set_column(at, "at", found.column("at").cast(pa.timestamp("us", tz="UTC")))


def write_before(folder: Path) -> None:
    """The YAML, and the rows that a champion learns from."""
    import pyarrow.parquet as pq

    for name in ("configs", "data"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "configs" / f"{NAME}.yaml").write_text(use_case())
    pq.write_table(table(0, DAYS * A_DAY, 0, DAYS), folder / "data" / "before.parquet")


def write_window(folder: Path, rows: int) -> None:
    """The rows of a week, in files of which each has rows of every day."""
    import pyarrow.parquet as pq

    for place, first in enumerate(range(0, rows, FILE)):
        part = table(1 + place, min(FILE, rows - first), DAYS, WINDOW)
        pq.write_table(part, folder / "data" / f"window-{place:03d}.parquet")


if __name__ == "__main__":
    if sys.argv[1] == "before":
        write_before(Path(sys.argv[2]))
    else:
        write_window(Path(sys.argv[2]), int(sys.argv[3]))
