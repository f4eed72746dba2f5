"""The flights of a year by hand, as a careful engineer would write it for one model, with the libraries of Keepfit.

    python -m tests.benchmarks.plain_flights USE_CASE.yaml AS_OF OUT

The YAML gives the query, the rules, the expectations and the settings, so that both do the same work; reading it is
the only line that is Keepfit's, and the intervals are those of ``keepfit.evaluate``. No store, no history, no report.
"""

import json
import os
import sys
from pathlib import Path

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import duckdb
import great_expectations as gx
import great_expectations.expectations as gxe
import numpy as np
import pandas as pd
import pandera.pandas as pa
import pyarrow as arrow
import skops.io
from pyarrow import csv
from sklearn.ensemble import HistGradientBoostingClassifier

from keepfit.config import load
from keepfit.config.contract import ColumnRule
from keepfit.config.model import UseCase
from keepfit.evaluate import evaluate

DTYPES = {"int": "int64", "float": "float64", "bool": "boolean", "category": "str", "time": "datetime64[us, UTC]"}
TRUSTED = ["sklearn._loss.link.LogitLink", "sklearn._loss.loss.HalfBinomialLoss"]


def read(pattern: str) -> arrow.Table:
    options = csv.ConvertOptions(null_values=["NA"], strings_can_be_null=True)
    tables = [csv.read_csv(path, convert_options=options) for path in sorted(Path().glob(pattern))]
    return arrow.concat_tables(tables, promote_options="permissive")


def join(use_case: UseCase, as_of: pd.Timestamp) -> pd.DataFrame:
    """The same query over the same files, cut to the history."""
    tables = {name: read(source.path) for name, source in use_case.data.sources.items()}
    with duckdb.connect(config={"threads": "2"}) as connection:
        connection.execute("set timezone = 'UTC'")
        for name, table in tables.items():
            place = table.column_names.index("time_hour")
            zoned = table.column("time_hour").cast(arrow.timestamp("us", tz="UTC"))
            numbered = table.set_column(place, "time_hour", zoned)
            numbered = numbered.append_column("_file", arrow.nulls(table.num_rows, arrow.string()))
            connection.register(name, numbered.append_column("_row", arrow.array(np.arange(table.num_rows))))
        rows = connection.sql(use_case.data.query).df()
    rows = rows.drop(columns=["_file", "_row"]).astype(
        {name: DTYPES[rule.type] for name, rule in use_case.contract.columns.items()}
    )
    since = as_of - use_case.data.history
    rows = rows[(rows["time_hour"] < as_of) & (rows["time_hour"] >= since)]
    return rows.sort_values(["time_hour", *use_case.data.key], ignore_index=True)


def column(rule: ColumnRule) -> pa.Column:
    checks = []
    if rule.min is not None:
        checks.append(pa.Check.ge(rule.min))
    if rule.max is not None:
        checks.append(pa.Check.le(rule.max))
    if rule.values is not None:
        checks.append(pa.Check.isin(list(rule.values)))
    return pa.Column(DTYPES[rule.type], checks, nullable=rule.nullable)


def hold(use_case: UseCase, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows that satisfy the contract, each once, with a label; stops when too many do not."""
    schema = pa.DataFrameSchema({name: column(rule) for name, rule in use_case.contract.columns.items()}, strict=True)
    try:
        schema.validate(rows, lazy=True)
    except pa.errors.SchemaErrors as error:
        broken = error.failure_cases["index"].dropna().unique()
        if len(broken) > use_case.contract.quarantine_at_most * len(rows):
            raise
        rows = rows.drop(index=broken)
    rows = rows.drop_duplicates()
    if rows.duplicated(use_case.data.key).any():
        raise SystemExit("a key stands on rows that differ")
    return rows.dropna(subset=[use_case.data.label.column]).reset_index(drop=True)


def expect(use_case: UseCase, rows: pd.DataFrame) -> None:
    asked = [
        getattr(gxe, "".join(part.capitalize() for part in name.split("_")))(**arguments)
        for rule in use_case.expectations
        for name, arguments in rule.items()
    ]
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("pandas").add_dataframe_asset("rows")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": rows})
    result = batch.validate(gx.ExpectationSuite("rows", expectations=asked))
    if not result.success:
        raise SystemExit(str(result))


def encode(use_case: UseCase, rows: pd.DataFrame, levels: dict[str, list[str]]) -> pd.DataFrame:
    columns = {}
    for name, kinds in use_case.features.items():
        for kind in kinds:
            if kind == "category":
                columns[name] = pd.Series(pd.Categorical(rows[name], categories=levels[name]))
            elif kind == "number":
                columns[name] = rows[name].astype("float64")
            else:
                local = rows[name].dt.tz_convert(use_case.data.timezone)
                columns[f"{name}_{kind}"] = getattr(local.dt, kind).astype("float64")
    return pd.DataFrame(columns)


def main(path: Path, as_of: pd.Timestamp, out: Path) -> None:
    use_case = load(path, os.environ).use_case
    data, label = use_case.data, use_case.data.label
    rows = hold(use_case, join(use_case, as_of.tz_convert("UTC")))
    expect(use_case, rows)

    known = as_of - label.known_after
    start = known - use_case.split.holdout
    times = rows["time_hour"]
    train = rows[times < start - label.known_after].reset_index(drop=True)
    holdout = rows[(times >= start) & (times < known)].reset_index(drop=True)
    levels = {name: sorted(train[name].unique()) for name, kinds in use_case.features.items() if kinds == ("category",)}
    settings = use_case.train.candidates[0].space
    model = HistGradientBoostingClassifier(
        **settings, categorical_features="from_dtype", early_stopping=False, random_state=use_case.train.seed
    )
    late = train[label.column].astype(int).to_numpy()
    model.fit(encode(use_case, train, levels), late)

    matrix = encode(use_case, holdout, levels)
    predicted = model.predict_proba(matrix)
    share = late.mean()
    evaluated = evaluate(
        task="binary",
        y=holdout[label.column].astype(int).to_numpy(),
        candidate=predicted,
        naive=np.tile([1 - share, share], (len(holdout), 1)),
        champion=None,
        days=holdout["time_hour"].dt.tz_convert(data.timezone).dt.strftime("%Y%m%d").astype(int).to_numpy(),
        confidence=use_case.confidence,
        predictions="",
    )

    out.mkdir(parents=True, exist_ok=True)
    skops.io.dump(model, out / "model.skops")
    (out / "levels.json").write_text(json.dumps(levels))
    trusted = skops.io.get_untrusted_types(file=out / "model.skops")
    again = skops.io.load(out / "model.skops", trusted=trusted)
    parity = float(np.abs(again.predict_proba(matrix[:200]) - predicted[:200]).max())
    figures = {name: (each.low, each.value, each.high) for name, each in evaluated.candidate.items()}
    told = {"rows": [len(rows), len(train), len(holdout)], "metrics": figures, "parity": parity}
    (out / "metrics.json").write_text(json.dumps(told))
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), pd.Timestamp(sys.argv[2], tz="America/New_York"), Path(sys.argv[3]))
