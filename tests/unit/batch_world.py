"""A use case, a version made by hand, and files to score with it."""

import json
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from keepfit import features
from keepfit.config import load
from keepfit.score import Scorer
from keepfit.score.batch import Asked, Version, score_batch

VISITS = """
name: visits
description: Will a visitor come back?
owner: front-desk
risk: low
task: binary
data:
  sources:
    visits: {kind: files, path: "data/visits/*.csv"}
  key: [id]
  event_time: at
  label: {column: back, known_after: 1d}
contract:
  columns:
    minutes: {type: float, min: 0, max: 100, nullable: true}
    door: {type: category, values: [north, south], unseen_at_most: 5%}
    back: {type: bool}
  quarantine_at_most: 25%
features: {minutes: number, door: category}
split: {by: time, holdout: 20d}
train: {candidates: [logistic_regression], seed: 7}
gates: [{metric: roc_auc, at_least: 0.6}, {metric: log_loss, better_than: naive}]
release: {strategy: direct}
"""


class Sums:
    """An estimator whose answer follows from its row: more minutes, more likely."""

    def __init__(self, classes=2):
        self.classes = classes

    def predict_proba(self, matrix):
        raw = np.abs(np.nan_to_num(matrix)).sum(axis=1, keepdims=True) * np.arange(1, self.classes + 1)
        return np.exp(raw - raw.max(axis=1, keepdims=True)) / np.exp(raw - raw.max(axis=1, keepdims=True)).sum(
            axis=1, keepdims=True
        )


def use_case(tmp_path, text=VISITS):
    path = tmp_path / "visits.yaml"
    path.write_text(text)
    return load(path, os.environ).use_case


def version(classes=("false", "true"), number=3):
    wanted = {"minutes": ("number",), "door": ("category",)}
    learnt = features.from_records(
        [{"minutes": float(n), "door": ("north", "south")[n % 2]} for n in range(50)], features.kinds_of(wanted)
    )
    encoding = features.fit("dense", wanted, learnt, "UTC")
    return Version(number, "d" * 64, classes, Scorer(encoding, Sums(len(classes))))


def visit(number, **other):
    given = {
        "id": f"v{number:04d}",
        "at": f"2020-03-{1 + number % 28:02d}T12:00:00Z",
        "minutes": number * 7 % 100,
        "door": ("north", "south")[number % 2],
    }
    return {**given, **other}


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        names = list(rows[0])
        lines = [",".join("" if row.get(name) is None else str(row[name]) for name in names) for row in rows]
        path.write_text("\n".join([",".join(names), *lines]) + "\n")
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def scored(tmp_path, rows, name="in.csv", output="out.parquet", text=VISITS, given=None, **asked):
    """What becomes of rows in one file: the batch, and the answers in the file."""
    file = write(tmp_path / name, rows)
    batch = score_batch(use_case(tmp_path, text), given or version(), Asked((file,), tmp_path / output, **asked))
    path = tmp_path / output
    return batch, pq.read_table(path).to_pylist() if path.suffix == ".parquet" and path.exists() else None
