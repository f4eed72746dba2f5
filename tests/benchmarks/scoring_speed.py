"""What a prediction costs in process, compiled beside scikit-learn; prints Markdown.

    python -m tests.benchmarks.scoring_speed [TURNS]

20,000 flights-like rows of 11 columns; three models of the default size; in processor time. One record: from a raw
record, as a request brings it, to probabilities; beside it the pipeline that one would write by hand, a
ColumnTransformer and the same estimator, asked with a frame of one row. 1,000 records: rows per second of the whole
path, and of the engine alone beside scikit-learn's own, both called directly on the matrix. And a process that loads a
version and scores one record: seconds to its first answer, and memory at the peak.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from keepfit import features, score
from keepfit.export import CompiledFile, compiled_of, dump, load_compiled
from keepfit.records import canonical
from keepfit.score import Output, Scorer
from keepfit.store import open_store, put
from keepfit.train.estimators import Lesson, build, fit, form_of, layout_of
from keepfit.train.matrix import matrix_for

ROWS = 20_000
NUMBERS = ("distance", "temp", "wind", "gust", "precip", "visib", "pressure")
CATEGORIES = {"origin": 3, "dest": 105, "carrier": 16}
WANTED = (
    dict.fromkeys(NUMBERS, ("number",)) | dict.fromkeys(CATEGORIES, ("category",)) | {"at": ("hour", "day_of_week")}
)
SIZES = (1, 10, 100, 1_000, 10_000)
CANDIDATES = ("logistic_regression", "hist_gradient_boosting", "random_forest")


def records() -> list[dict[str, Any]]:
    """Rows as requests bring them."""
    draw = np.random.default_rng(1)
    table = pd.DataFrame({name: draw.normal(size=ROWS) for name in NUMBERS}).astype(object)
    table = table.mask(draw.random(table.shape) < 0.05, None)
    for name, levels in CATEGORIES.items():
        table[name] = [f"{name} {level}" for level in draw.integers(0, levels, ROWS)]
    start = np.datetime64("2013-01-01T00:00:00")
    table["at"] = [f"{start + np.timedelta64(int(m), 'm')}+00:00" for m in draw.integers(0, 260_000, ROWS)]
    return table.to_dict("records")


def by_hand(candidate: str, estimator: Any, rows: list[dict[str, Any]], labels: Any) -> tuple[Any, pd.DataFrame]:
    """A pipeline on a frame, its calendar parts made beforehand, and that frame."""
    frame = pd.DataFrame(rows)
    at = pd.to_datetime(frame.pop("at"))
    frame = frame.astype(dict.fromkeys(NUMBERS, float)).assign(hour=at.dt.hour, day_of_week=at.dt.day_of_week)
    trees = form_of(candidate) == "codes"
    encoder = (
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
        if trees
        else OneHotEncoder(handle_unknown="ignore")
    )
    numbers = [*NUMBERS, "hour", "day_of_week"]
    frame = frame if trees else frame.fillna(0.0)
    if hasattr(estimator, "categorical_features"):
        estimator.set_params(categorical_features=[0, 1, 2])
    return make_pipeline(
        ColumnTransformer([("c", encoder, list(CATEGORIES)), ("n", "passthrough", numbers)]), estimator
    ).fit(frame, labels), frame


def timed(call: Callable[[], Any], turns: int) -> float:
    """Seconds of the processor for a call, the median: others on the machine take their turns between."""
    call()
    times = []
    for _ in range(turns):
        start = process_time()
        call()
        times.append(process_time() - start)
    return median(times)


def fresh(files: dict[str, str], address: str, record: dict[str, Any]) -> str:
    """A process that loads a version and scores one record: its own time, and memory at its peak."""
    program = (
        "from time import perf_counter\n"
        "start = perf_counter()\n"
        "from keepfit import score\n"
        "from keepfit.store import open_store\n"
        f"score.load(open_store({address!r}), {files!r}).predict_records([{record!r}])\n"
        "took = perf_counter() - start\n"
        "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "print(f'{took:.2f} s, {int(peak.split()[1]) / 1024:.0f} MB')\n"
    )
    words = [sys.executable, "-c", program]
    return subprocess.run(words, check=True, capture_output=True, text=True, env=dict(os.environ)).stdout.strip()


def rates(seconds: list[float]) -> str:
    """Thousands of rows a second, by batch size."""
    return ", ".join(f"{size / each / 1e3:,.0f}" for size, each in zip(SIZES, seconds, strict=True))


def one(candidate: str, rows: list[dict[str, Any]], turns: int) -> None:
    """A row of each table."""
    columns = features.from_records(rows, features.kinds_of(WANTED))
    draw = np.random.default_rng(2)
    labels = (np.nan_to_num(columns["wind"]) + draw.normal(size=ROWS) > 0.5).astype(np.int64)
    encoding = features.fit(form_of(candidate), WANTED, columns, "America/New_York")
    matrix = matrix_for(layout_of(candidate), encoding, columns)
    lesson = Lesson("binary", ROWS, tuple(encoding.categorical), 1)
    estimator, _ = fit(candidate, {}, lesson, matrix, labels)
    dense, data = score.numbers(encoding, columns), canonical(CompiledFile(form=compiled_of(estimator)))
    serving = Scorer(encoding, load_compiled(data))
    pipeline, frame = by_hand(candidate, build(candidate, {}, lesson), rows, labels)
    alone = timed(lambda: serving.predict_records(rows[:1]), turns * 100)
    plan = features.plan_of(encoding)
    transform = timed(lambda: plan.of_records(rows[:1]), turns * 100)
    beside = timed(lambda: pipeline.predict_proba(frame[:1]), turns * 5)
    print(f"| {candidate}, one record | {alone * 1e6:.0f} µs, features {transform * 1e6:.0f} µs of it ", end="")
    print(f"| {beside * 1e3:.1f} ms | {beside / alone:.0f} times |")
    ours = [timed(lambda n=n: serving.estimator.answers(dense[:n]), turns) for n in SIZES]
    theirs = [timed(lambda n=n: estimator.predict_proba(dense[:n]), turns) for n in SIZES]
    whole = timed(lambda: serving.predict_records(rows[:1000]), turns)
    print(f"| … engine alone, {' '.join(map(str, SIZES))} rows, thousands a second | {rates(ours)} ", end="")
    print(f"| {rates(theirs)} | {theirs[3] / ours[3]:.2f} at 1,000 |")
    print(f"| … 1,000 raw records, thousands a second | {1 / whole:.0f} | | |")
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(folder)
        files = {"features": canonical(encoding), "output": canonical(Output()), "model": dump(estimator)}
        named = {role: put(store, content) for role, content in files.items()}
        compiled = named | {"compiled": put(store, data)}
        print(f"| … a process to its first answer, memory | {fresh(compiled, store.address, rows[0])} ", end="")
        print(f"| skops {fresh(named, store.address, rows[0])} | |")
        sizes = (Path(folder).joinpath("objects"), len(data), len(files["model"]))
        print(f"| … size of the file | {sizes[1] / 1e6:.2f} MB | skops {sizes[2] / 1e6:.2f} MB | |")


def main() -> None:
    """All of it, on one thread."""
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    rows = records()
    print("| what | Keepfit, compiled | scikit-learn | ratio |\n| --- | --- | --- | --- |")
    with score.one_thread():
        for candidate in CANDIDATES:
            one(candidate, rows, turns)


if __name__ == "__main__":
    main()
