"""A store with a few predictions and as many labels as are asked for, read back: the peak of that in MB.

python labels_held.py FOLDER LABELS
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from keepfit.serving.log import Prediction, labelled
from keepfit.serving.log.table import labels_schema, parquet, predictions_table
from keepfit.store import Directory

NAME, NOON, DAY = "parcels", datetime(2026, 3, 1, 12, tzinfo=UTC), timedelta(days=1)
PREDICTIONS, FILE = 1_000, 100_000
MB = 1024


def labels(first, count):
    """By id; a label of a prediction that is there is its number."""
    numbers = np.arange(first, first + count)
    at = pa.array(np.full(count, np.datetime64("2026-03-01T18:00:00", "us")), pa.timestamp("us", tz="UTC"))
    columns = [pa.array(numbers.astype(str)), pa.nulls(count, pa.string()), pa.array(numbers.astype(str)), at, at]
    return pa.table(columns, schema=labels_schema())


def write(store, count):
    given = [
        Prediction(str(n), NOON, NAME, 1, "d", "champion", {"parcel": n}, (0.5,), None, (), 1.0)
        for n in range(PREDICTIONS)
    ]
    store.create(f"{NAME}/predictions/2026-03-01/w-0.parquet", parquet(predictions_table(given), "0"))
    for first in range(0, count, FILE):
        store.create(f"{NAME}/labels/2026-03-01/w-{first}.parquet", parquet(labels(first, FILE), "0"))


def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / MB for line in lines if line.startswith("VmHWM"))


def main(folder, count):
    store = Directory(Path(folder))
    write(store, int(count))
    list(labelled(store, NAME, NOON, NOON + timedelta(minutes=1), as_of=NOON))  # what is loaded at first
    pa.default_memory_pool().release_unused()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = peak()
    rows = [row for part in labelled(store, NAME, NOON, NOON + DAY, as_of=NOON + DAY) for row in part.to_pylist()]
    assert [row["label"] for row in rows] == [row["id"] for row in rows] == [str(n) for n in range(PREDICTIONS)]
    print(peak() - before)


if __name__ == "__main__":
    main(*sys.argv[1:])
