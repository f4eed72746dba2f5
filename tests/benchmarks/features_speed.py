"""What making the matrix costs beside scikit-learn's ColumnTransformer; prints Markdown.

    python -m tests.benchmarks.features_speed [TURNS]

100,000 rows of 20 columns: 10 numbers with missing values, 8 categories (of 3 to 200 levels), 2 of 20,000 levels, the
latter encoded by labels. Both begin with an Arrow table and end with the same kind of matrix, in turns, in processor
time: `codes` for trees, `dense` for all others (of 8 times 200 columns at most). And one record as a request brings it,
in wall time: 11 columns as flights have them.
"""

import sys
from statistics import median
from time import perf_counter, process_time

import numpy as np
import pyarrow as pa
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, RobustScaler, TargetEncoder

from keepfit import features
from keepfit.score import one_thread

ROWS = 100_000
NUMBERS = [f"n{place}" for place in range(10)]
CATEGORIES = {f"c{place}": levels for place, levels in enumerate((3, 5, 10, 16, 25, 50, 105, 200))}
MANY = {"m0": 20_000, "m1": 20_000}
WANTED = (
    dict.fromkeys(NUMBERS, ("number",))
    | dict.fromkeys(CATEGORIES, ("category",))
    | dict.fromkeys(MANY, ("target_encoding",))
)


def table():
    """Rows without an order, a twentieth of the numbers missing."""
    rng = np.random.default_rng(1)
    columns = {}
    for name in NUMBERS:
        columns[name] = pa.array(rng.normal(size=ROWS), mask=rng.random(ROWS) < 0.05)
    for name, levels in (CATEGORIES | MANY).items():
        columns[name] = pa.array([f"level {level:05}" for level in rng.integers(0, levels, ROWS)])
    return pa.table(columns), (rng.random(ROWS) < 0.3).astype(np.int64)


def theirs(form):
    if form == "codes":
        one = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
        numbers = "passthrough"
    else:
        one = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), RobustScaler())
    parts = [("n", numbers, NUMBERS), ("c", one, list(CATEGORIES)), ("m", TargetEncoder(), list(MANY))]
    return ColumnTransformer(parts)


def record_time(turns):
    """Milliseconds of one record of 11 columns, the median."""
    wanted = dict.fromkeys(("distance", "temp", "wind", "gust", "precip", "visib", "pressure"), ("number",))
    wanted |= {"carrier": ("category",), "origin": ("category",), "dest": ("category",)}
    wanted |= {"time_hour": ("hour", "day_of_week")}
    rng = np.random.default_rng(2)
    kinds = features.kinds_of(wanted)
    record = {name: 1.5 if kind == "number" else f"L{3:03}" for name, kind in kinds.items()}
    record["time_hour"] = "2013-07-01T12:00:00+00:00"
    learnt = {name: rng.normal(size=500) if kind == "number" else None for name, kind in kinds.items()}
    levels = features.Levels(rng.integers(0, 105, 500).astype(np.int32), tuple(f"L{n:03}" for n in range(105)))
    learnt |= {name: levels for name, kind in kinds.items() if kind == "category"}
    learnt["time_hour"] = np.full(500, np.datetime64("2013-01-01", "us"))
    times = {}
    for form in ("codes", "dense"):
        plan = features.plan_of(features.fit(form, wanted, learnt, "America/New_York"))
        taken = []
        for _ in range(200 * turns):
            start = perf_counter()
            plan.of_records([record])
            taken.append((perf_counter() - start) * 1e3)
        times[form] = median(taken)
    return times


def timed(work):
    start = process_time()
    made = work()
    return process_time() - start, made


def main(turns: int) -> None:
    raw, labels = table()
    kinds = features.kinds_of(WANTED)
    target = features.Target(labels, 2, 1)
    print("| matrix | step | ours | ColumnTransformer | ratio |\n|---|---|---|---|---|")
    with one_thread():
        for form in ("codes", "dense"):
            ours, other = {"fit": [], "transform": []}, {"fit": [], "transform": []}
            for _ in range(turns):
                taken, encoding = timed(
                    lambda: features.fit(form, WANTED, features.from_table(raw, kinds), "UTC", target)  # noqa: B023
                )
                ours["fit"].append(taken)
                taken, matrix = timed(lambda: features.transform(encoding, features.from_table(raw, kinds)))  # noqa: B023
                ours["transform"].append(taken)
                del matrix
                taken, fitted = timed(lambda: theirs(form).fit(raw.to_pandas(), labels))  # noqa: B023
                other["fit"].append(taken)
                taken, matrix = timed(lambda: fitted.transform(raw.to_pandas()))  # noqa: B023
                other["transform"].append(taken)
                del matrix
            for step in ("fit", "transform"):
                mine, its = median(ours[step]), median(other[step])
                print(f"| {form} | {step} | {mine:.2f} s | {its:.2f} s | {mine / its:.2f} |", flush=True)
        for form, taken in record_time(turns).items():
            print(f"\nOne record of 11 columns, {form}: {taken:.3f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
