"""What the leakage report costs beside one fit; prints Markdown.

    python -m tests.benchmarks.leakage_speed [TURNS]

300,000 rows by 40 columns (25 floats, a tenth of five of them missing; 7 whole numbers; 7 categories of 3 to 3,000
levels; a moment), split by time and by key; beside it one boosting fit of 100 iterations on the same columns, on one
thread as Keepfit fits. In turns, in processor time. The goal is under 20 % of a fit.
"""

import sys
from statistics import median
from time import process_time

import numpy as np

from keepfit.config import UseCase
from keepfit.score import one_thread
from keepfit.split.leakage import leaks_in
from keepfit.split.leakage.row_order import row_order
from keepfit.split.rules import ruled

ROWS = 300_000
START = np.datetime64("2013-01-01T00:00:00", "us")
LEVELS = (3, 7, 16, 50, 105, 400, 3_000)


def table(rng, task):
    """Rows whose label follows a few of the columns."""
    import pyarrow as pa

    floats = rng.normal(size=(25, ROWS))
    odds = floats[0] + 0.5 * floats[1] ** 2 + np.sin(floats[2]) - 1
    late = rng.random(ROWS) < 1 / (1 + np.exp(-odds))
    columns = {f"f{place}": pa.array(each, mask=rng.random(ROWS) < 0.1) for place, each in enumerate(floats[:5])}
    columns |= {f"f{place + 5}": pa.array(each) for place, each in enumerate(floats[5:])}
    columns |= {f"i{place}": pa.array(rng.integers(0, 10 ** (place + 1), ROWS)) for place in range(7)}
    for levels in LEVELS:
        columns[f"c{levels}"] = pa.array([f"level {level}" for level in range(levels)]).take(
            pa.array(rng.integers(0, levels, ROWS))
        )
    moments = START + np.sort(rng.integers(0, 180 * 86_400, ROWS)) * np.timedelta64(1_000_000, "us")
    answer = pa.array(late) if task == "binary" else pa.array(odds + rng.normal(size=ROWS))
    ids = pa.array([f"r{number:06}" for number in range(ROWS)])
    files = pa.array([f"data/{month}.csv" for month in range(6)]).take(pa.array(np.arange(ROWS) * 6 // ROWS))
    where = {"_file": files, "_row": pa.array(rng.permutation(ROWS))}
    return pa.table({**where, "id": ids, "at": pa.array(moments, pa.timestamp("us", tz="UTC")), **columns, "y": answer})


def use_case(rows, by, task):
    names = [name for name in rows.column_names if name not in {"id", "at", "y", "_file", "_row"}]
    kinds = {name: "category" if name.startswith("c") else "number" for name in names} | {"at": ["hour"]}
    rule = {"by": "time", "holdout": "28d"} if by == "time" else {"by": "key", "holdout": "20%"}
    return UseCase.model_validate(
        {
            "name": "speed",
            "description": "How fast the leakage report is",
            "owner": "benchmarks",
            "task": task,
            "data": {
                "sources": {"rows": {"kind": "files", "path": "rows.csv"}},
                "key": ["id"],
                "event_time": "at",
                "label": {"column": "y"},
            },
            "contract": {"columns": {name: {"type": "float"} for name in names}},
            "features": kinds,
            "split": rule,
            "train": {"candidates": ["hist_gradient_boosting"]},
            "gates": [{"metric": "log_loss" if task == "binary" else "rmse", "better_than": "naive"}],
        }
    )


def fit(rows, sides, case):
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    from keepfit import features

    train = rows.filter(sides == 0)
    read = features.from_table(train, features.kinds_of(case.features))
    encoding = features.fit("codes", case.features, read, "UTC")
    matrix = features.transform(encoding, read)
    kind = HistGradientBoostingRegressor if case.task == "regression" else HistGradientBoostingClassifier
    with one_thread():
        start = process_time()
        kind(categorical_features=encoding.categorical, early_stopping=False).fit(matrix, train.column("y").to_numpy())
        return process_time() - start


def report(rows, sides, case):
    with one_thread():
        start = process_time()
        found = leaks_in(case, rows, sides)
        written = row_order([rows], "y", regression=case.task == "regression", event_time="at")
        return process_time() - start, [*found, *([written] if written else [])]


def main(turns: int) -> None:
    print("| task | split by | leakage report s | one fit s | share of a fit | found |\n|---|---|---|---|---|---|")
    for task, by in (("binary", "time"), ("binary", "key"), ("regression", "time")):
        rows = table(np.random.default_rng(7), task)
        case = use_case(rows, by, task)
        sides = ruled(rows, case).sides
        turn = [(report(rows, sides, case), fit(rows, sides, case)) for _ in range(turns)]
        share = median(spent / fitted for (spent, _), fitted in turn)
        spent, fitted = median(each[0][0] for each in turn), median(each[1] for each in turn)
        found = len(turn[0][0][1])
        print(f"| {task} | {by} | {spent:.2f} | {fitted:.2f} | {share:.1%} | {found} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
