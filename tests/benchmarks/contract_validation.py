"""Speed of the contract beside Pandera's own, and memory of ten million rows; prints Markdown.

    python -m tests.benchmarks.contract_validation [TURNS] [MILLIONS]

A million rows of 15 columns, one in a hundred broken. Keepfit checks every rule, sees that the key is unique, and
writes the broken rows with their reasons to quarantine; Pandera validates the same rows in one data frame
(``schema.validate(lazy=True)``). Both begin with rows in memory, then both with the Parquet objects of the store. They
take turns in one process.
Then ten million rows in a process of its own, the whole of `validate`, snapshot and profile included; also a table of
which every row is broken, and one of which every file was delivered twice.
"""

import os
import sys
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from keepfit.config.model import UseCase
from keepfit.data.tables import PART, get_table, put_table
from keepfit.errors import DataError
from keepfit.records import Column, Extracted, Moment, canonical, parse
from keepfit.store import Directory, Store
from keepfit.validate import validate
from keepfit.validate.book import empty_book
from keepfit.validate.fates import Fate
from keepfit.validate.faults import NOT_UNIQUE
from keepfit.validate.quarantine import TakenOut
from keepfit.validate.sift import enter, look, sift
from keepfit.validate.terms import terms_of
from keepfit.validate.turns import in_turn
from keepfit.validate.unique import shared
from keepfit.validate.validate import take_out
from tests.benchmarks.child_process import measured

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import pandera.pandas as pandera
    import pyarrow as pa

Row = tuple[str, str, str, str, str]
CARRIERS = [f"c{number:02d}" for number in range(16)]
START = datetime(2013, 1, 1, tzinfo=UTC)
MOMENT = Moment(as_of=datetime(2033, 1, 1, tzinfo=UTC), started=datetime(2033, 1, 1, tzinfo=UTC))
NUMBERS = [f"x{number}" for number in range(6)]
WHOLE = ["day", "seats", "stops"]
WORDS = ["carrier", "origin", "plane"]


def use_case() -> UseCase:
    """15 columns: a key, a time, six numbers, three whole numbers, three categories, a label."""
    columns: dict[str, Any] = {"id": {"type": "text", "min_length": 3}, "at": {"type": "time"}}
    columns |= {name: {"type": "float", "min": -100, "max": 100, "nullable": name == "x5"} for name in NUMBERS}
    columns |= {name: {"type": "int", "min": 0, "max": 1000} for name in WHOLE}
    columns |= {name: {"type": "category", "values": CARRIERS} for name in WORDS}
    columns |= {"late": {"type": "bool"}}
    return UseCase.model_validate(
        {
            "name": "many",
            "description": "many rows",
            "owner": "us",
            "task": "binary",
            "data": {
                "sources": {"rows": {"kind": "files", "path": "rows/*.parquet"}},
                "key": ["id"],
                "event_time": "at",
                "label": {"column": "late"},
            },
            "contract": {"columns": columns, "quarantine_at_most": "2%"},
            "features": {"x0": ["number"]},
            "split": {"by": "time", "holdout": "28d"},
            "train": {"candidates": ["logistic_regression"]},
            "gates": [{"metric": "roc_auc", "at_least": 0.6}],
        }
    )


def part(first: int, rows: int, how: str = "sound") -> "pa.Table":
    """Rows ``first`` and following; one in a hundred breaks one rule, whichever, or every row breaks two of them."""
    import pyarrow as pa

    random = np.random.default_rng(first)
    number = np.arange(first, first + rows)
    columns: dict[str, Any] = {
        "id": pa.array([f"r{each:09d}" for each in number.tolist()]),
        "at": pa.array(number * 60_000_000 + int(START.timestamp()) * 1_000_000, pa.timestamp("us", tz="UTC")),
    }
    broken = random.permutation(rows)[: rows // 100]
    rules = np.array_split(broken, len(NUMBERS) + len(WHOLE) + len(WORDS))
    if how == "broken":
        rules = [number - first] * len(rules)
    for name, rows_of_rule in zip(NUMBERS, rules, strict=False):
        values = random.normal(0, 10, rows).clip(-99, 99)
        values[rows_of_rule] = 1e6
        columns[name] = pa.array(values, mask=random.random(rows) < 0.1 if name == "x5" else None)
    for name, rows_of_rule in zip(WHOLE, rules[len(NUMBERS) :], strict=False):
        whole = random.integers(0, 1000, rows)
        whole[rows_of_rule] = -1
        columns[name] = pa.array(whole)
    for name, rows_of_rule in zip(WORDS, rules[len(NUMBERS) + len(WHOLE) :], strict=True):
        word = random.integers(0, len(CARRIERS), rows)
        word[rows_of_rule] = len(CARRIERS)
        columns[name] = pa.array([*CARRIERS, "??"]).take(pa.array(word))
    columns["late"] = pa.array(random.random(rows) < 0.3)
    columns["_file"] = pa.array(["rows/a.parquet"] * rows).dictionary_encode()
    columns["_row"] = pa.array(number + 1)
    return pa.table(columns)


def twice(rows: "pa.Table") -> "pa.Table":
    """Every row, and beside it the same of another file."""
    import pyarrow as pa

    names = pa.array(["rows/a.parquet", "rows/b.parquet"] * rows.num_rows).dictionary_encode()
    doubled = rows.take(pa.array(np.repeat(np.arange(rows.num_rows), 2)))
    return doubled.set_column(doubled.column_names.index("_file"), "_file", names)


def extracted(store: Store, rows: int, how: str = "sound") -> Extracted:
    """The rows as `extract` hands them over."""
    case = use_case()
    size = PART // 2 if how == "twice" else PART
    made = (part(first, size, how) for first in range(0, rows // (PART // size), size))
    parts = tuple(put_table(store, twice(each) if how == "twice" else each) for each in made)
    rows = sum(get_table(store, digest, ["_row"]).num_rows for digest in parts)
    return Extracted(
        parts=parts,
        rows=rows,
        refused=(),
        refused_rows=0,
        not_yet=0,
        outside_history=0,
        labels_pending=0,
        future=0,
        newest=None,
        sources=(),
        columns=tuple(Column(name=name, type=rule.type) for name, rule in case.contract.columns.items()),
        warnings=(),
    )


def ours_in_memory(store: Store, it: Extracted, tables: "Sequence[pa.Table]") -> int:
    """The same on parts that are in memory already."""
    case, out = use_case(), TakenOut(store)
    terms = terms_of(store, case, it)
    book = empty_book(it.rows, [NOT_UNIQUE])
    for seen in in_turn(lambda table: look(table, case, MOMENT, terms), tables):
        enter(seen, book, out)
    assert not len(shared([book.hashes[NOT_UNIQUE][book.fates == Fate.KEPT]]))
    out.close()
    return out.rows


def ours(store: Store, it: Extracted) -> int:
    """Contract, uniqueness and quarantine, from the parts in the store; how many rows are broken."""
    out, gone = TakenOut(store), TakenOut(store)
    terms = terms_of(store, use_case(), it)
    book = sift(store, use_case(), it, MOMENT, terms, out)
    take_out(store, use_case(), it, book, terms, out, gone)
    out.close()
    return out.rows


def pandera_schema() -> "pandera.DataFrameSchema":
    """The same rules as anybody would write them down for Pandera."""
    import pandas as pd
    import pandera.pandas as pandera

    text = pd.StringDtype("pyarrow", na_value=float("nan"))
    between = [pandera.Check.ge(-100), pandera.Check.le(100)]
    columns = {"id": pandera.Column(text, pandera.Check.str_length(min_value=3))}
    columns |= {"at": pandera.Column(pd.DatetimeTZDtype("us", "UTC"))}
    columns |= {name: pandera.Column("float64", between, nullable=name == "x5") for name in NUMBERS}
    columns |= {name: pandera.Column("int64", [pandera.Check.ge(0), pandera.Check.le(1000)]) for name in WHOLE}
    columns |= {name: pandera.Column(text, pandera.Check.isin(CARRIERS)) for name in WORDS}
    columns |= {"late": pandera.Column("bool")}
    return pandera.DataFrameSchema(columns, strict=True)


def data_frame(store: Store, it: Extracted) -> "pd.DataFrame":
    """All rows in one data frame."""
    import pyarrow as pa

    whole = pa.concat_tables([get_table(store, digest) for digest in it.parts])
    result: pd.DataFrame = whole.drop_columns(["_file", "_row"]).to_pandas()
    return result


def panderas(schema: "pandera.DataFrameSchema", frame: "pd.DataFrame") -> int:
    """How many rows Pandera finds broken."""
    from pandera.errors import SchemaErrors

    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as error:
        return int(error.failure_cases["index"].nunique())
    return 0


def speed(folder: Path, turns: int) -> list[Row]:
    """Both in turns on a million rows; the first turn, which warms up, is not counted."""
    store, rows = Directory(folder / "store"), 1_000_000
    it = extracted(store, rows)
    tables = [get_table(store, digest) for digest in it.parts]
    schema, frame = pandera_schema(), data_frame(store, it)
    times: list[list[float]] = []
    for _ in range(turns + 1):
        moments = [perf_counter()]
        found = []
        for job in (
            lambda: ours_in_memory(store, it, tables),
            lambda: ours(store, it),
            lambda: panderas(schema, frame),
            lambda: panderas(schema, data_frame(store, it)),
        ):
            found.append(job())
            moments.append(perf_counter())
        assert len(set(found)) == 1, found
        times.append(np.diff(moments).tolist())
    in_memory, stored, panderas_in_memory, panderas_stored = (list(each) for each in zip(*times[1:], strict=True))
    return [
        _beside(
            "contract, uniqueness, quarantine; 1 million rows × 15", "Pandera", in_memory, panderas_in_memory, "0.5"
        ),
        _beside("… from the store", "Pandera, from the same Parquet", stored, panderas_stored, "0.5"),
        _beside("… from the store", "Pandera, rows in memory", stored, panderas_in_memory, ""),
    ]


def _beside(what: str, other: str, mine: list[float], theirs: list[float], wanted: str) -> Row:
    """Medians of seconds for a million rows, and the median of the ratios of turns."""
    ratios = sorted(their / my for my, their in zip(mine, theirs, strict=True))
    return (
        what,
        f"{1 / median(mine):.2f} million rows/s",
        f"{other} {1 / median(theirs):.2f} million rows/s",
        f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) of its speed",
        wanted,
    )


def memory(folder: Path, millions: float) -> list[Row]:
    """The whole of `validate`; everything in processes of its own, so that the peak is that of nothing else."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    module = [sys.executable, "-m", "tests.benchmarks.contract_validation"]
    imports = measured([*module, "import"], folder, environ)
    rows = []
    for how in ("sound", "broken", "twice"):
        measured([*module, "make", str(folder), str(millions), how], folder, environ)
        run = measured([*module, "validate", str(folder), how], folder, environ)
        name = {"sound": "1 in 100 broken", "broken": "every row broken", "twice": "every row there twice"}[how]
        rows.append(
            (
                f"validate, {millions:g} million rows × 15, {name}",
                f"{run.peak:.0f} MB at the peak, {run.wall:.0f} s",
                f"imports {imports.peak:.0f} MB",
                f"{(run.peak - imports.peak) / millions:.0f} bytes a row above imports",
                "1,000 MB" if how == "sound" else "",
            )
        )
    return rows


def make(folder: Path, millions: float, how: str) -> None:
    """Write the rows to the store in the folder."""
    store = Directory(folder / "large")
    it = extracted(store, int(millions * 1e6), how)
    (folder / f"{how}.json").write_bytes(canonical(it))


def validate_them(folder: Path, how: str) -> None:
    """Validate what lies in the folder; a table whose every row is broken ends in the error that says so."""
    it = parse((folder / f"{how}.json").read_bytes(), Extracted)
    with suppress(DataError):
        validate(Directory(folder / "large"), use_case(), it, MOMENT)


def main(turns: int, millions: float) -> None:
    with tempfile.TemporaryDirectory(prefix="keepfit-bench-") as name:
        large = memory(Path(name), millions) if millions else []  # first: a child's peak is at least its parent's
        rows = [*speed(Path(name), turns), *large]
    head: Row = ("what", "Keepfit", "beside", "ratio or difference", "wanted")
    print("\n".join(f"| {' | '.join(cells)} |" for cells in (head, ("---",) * 5, *rows)))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["import"]:
            import pandera.pandas
        case ["make", where, millions, how]:
            make(Path(where), float(millions), how)
        case ["validate", where, how]:
            validate_them(Path(where), how)
        case words:
            main(int(words[0]) if words else 5, float(words[1]) if len(words) > 1 else 10)
