"""Small use cases and snapshots for the tests of split, train, export and evaluate."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from keepfit.config import UseCase
from keepfit.data import write_snapshot


def use_case(**changes):
    """A binary use case on rows with a time; ``changes`` replace whole sections."""
    tree = {
        "name": "sample",
        "description": "A sample",
        "owner": "tests",
        "task": "binary",
        "data": {
            "sources": {"rows": {"kind": "files", "path": "rows.csv"}},
            "key": ["id"],
            "event_time": "at",
            "label": {"column": "late", "known_after": "1d"},
            "history": "90d",
        },
        "contract": {
            "columns": {
                "x": {"type": "float", "nullable": True},
                "group": {"type": "category", "nullable": True},
                "late": {"type": "bool"},
            }
        },
        "features": {"x": "number", "group": "category", "at": ["hour"]},
        "split": {"by": "time", "holdout": "10d"},
        "train": {"candidates": ["logistic_regression"], "seed": 3},
        "gates": [{"metric": "roc_auc", "at_least": 0.6}],
    }
    return UseCase.model_validate(tree | changes)


UNDATED = {
    "data": {
        "sources": {"rows": {"kind": "files", "path": "rows.csv"}},
        "key": ["id"],
        "label": {"column": "late"},
    },
    "features": {"x": "number", "group": "category"},
    "split": {"by": "key", "holdout": "25%"},
}


def rows(count=1200, seed=1, dated=True):
    """Rows whose label follows ``x``, a few values missing, spread over 60 days."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=count)
    late = draw.random(count) < 1 / (1 + np.exp(-2 * x))
    table = {
        "id": pa.array([f"r{number:05}" for number in range(count)]),
        "x": pa.array([None if number % 97 == 0 else float(value) for number, value in enumerate(x)]),
        "group": pa.array([None if number % 89 == 0 else "abc"[number % 3] for number in range(count)]),
        "late": pa.array(late.tolist()),
    }
    if dated:
        start = datetime(2013, 1, 1, tzinfo=UTC)
        times = [start + timedelta(minutes=72 * number) for number in range(count)]
        table["at"] = pa.array(times, pa.timestamp("us", tz="UTC"))
    return pa.table(table)


KINDS = {"id": "text", "x": "float", "group": "category", "late": "bool", "at": "time"}


def snapshot_of(store, case, table):
    """Keep rows as a snapshot; returns its digest."""
    kinds = {name: KINDS[name] for name in table.column_names}
    return write_snapshot(store, case.name, table, kinds, case.data.key, case.data.event_time).digest
