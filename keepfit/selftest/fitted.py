"""Faults made of real rows: a model that knows a few by heart, a table that holds the answer, one that holds copies."""

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from keepfit import features
from keepfit.config.contract import ColumnRule
from keepfit.config.features import inputs_of
from keepfit.config.model import UseCase
from keepfit.config.values import ColumnType
from keepfit.data import read_snapshot, snapshot, write_snapshot
from keepfit.evaluate.score import Ints
from keepfit.records import Split
from keepfit.score import one_thread
from keepfit.score.scorer import answers, numbers
from keepfit.selftest.bench import Bench, Floats
from keepfit.split import HOLDOUT, sides_of, split
from keepfit.train.examples import read

if TYPE_CHECKING:
    import pyarrow as pa

LEARNT = 500
LEAK = "planted_answer"


def by_heart(bench: Bench) -> Floats:
    """What a tree of any depth answers to the holdout that has learnt some hundred rows by heart."""
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    use_case, examples = bench.use_case, read(bench.store, bench.use_case, bench.split)
    few = _spread(len(examples.labels), min(LEARNT, len(examples.labels) // 2))
    columns = features.from_table(examples.take(few), features.kinds_of(use_case.features))
    target = examples.target(bench.seed, few)
    encoding = features.fit("codes", use_case.features, columns, use_case.data.timezone, target)
    kind = DecisionTreeRegressor if use_case.task == "regression" else DecisionTreeClassifier
    with one_thread():
        tree = kind(random_state=bench.seed).fit(numbers(encoding, columns), examples.labels[few])
        said = answers(tree, numbers(encoding, features.from_table(bench.rows.table, encoding.kinds)))
    if said.ndim == 1:
        return said
    spread = np.zeros((len(said), len(examples.classes)))  # of few rows, some classes may be missing
    spread[:, tree.classes_] = said
    return spread


def _spread(rows: int, few: int) -> Ints:
    return np.linspace(0, rows - 1, few).astype(np.int64)


def with_answer(bench: Bench) -> Split:
    """The split, and what the leakage report says, where a feature is the label under another name."""
    data = bench.use_case.data
    table = read_snapshot(bench.store, bench.use_case.name, bench.split.snapshot)
    kinds: dict[str, ColumnType] = dict(_kinds(bench))
    kind: ColumnType = "float" if bench.use_case.task == "regression" else "category"
    answer = table.column(data.label.column).cast("double" if kind == "float" else "string")
    spoilt = _with_feature(bench.use_case, LEAK, kind)
    return _split_again(bench, spoilt, table.append_column(LEAK, answer), kinds | {LEAK: kind})


def with_copies(bench: Bench) -> Split:
    """The split where every row of the holdout was delivered twice, the second time with a key of its own.

    Where rows have a time, the copies stand as far back as the training side: another moment, all else the same.
    """
    use_case, kinds = bench.use_case, _kinds(bench)
    table = read_snapshot(bench.store, use_case.name, bench.split.snapshot).select(list(kinds))
    copies = table.filter(sides_of(bench.store, bench.split) == HOLDOUT)
    time = use_case.data.event_time
    if time is not None:
        copies = _set(copies, time, _earlier(copies.column(time), _back(bench)))
    for name in _to_rename(use_case):
        copies = _set(copies, name, _renamed(copies.column(name)))
    return _split_again(bench, use_case, _joined(table, copies), kinds)


def _to_rename(use_case: UseCase) -> list[str]:
    """The columns of the key that tell copies apart: none where their moment does, else one that is no feature."""
    key = use_case.data.key
    if use_case.data.event_time in key:
        return []
    seen = inputs_of(use_case.features)
    return [name for name in key if name not in seen][:1] or list(key[:1])


def _kinds(bench: Bench) -> dict[str, ColumnType]:
    kept = snapshot(bench.store, bench.use_case.name, bench.split.snapshot)
    known: dict[str, ColumnType] = {column.name: column.type for column in kept.columns}  # type: ignore[misc]
    return known


def _split_again(bench: Bench, use_case: UseCase, table: "pa.Table", kinds: dict[str, ColumnType]) -> Split:
    time, key = use_case.data.event_time, use_case.data.key
    ordered = table.sort_by([(name, "ascending") for name in dict.fromkeys([*([time] if time else []), *key])])
    kept = write_snapshot(bench.store, use_case.name, ordered, kinds, key, time)
    return split(bench.store, use_case, kept.digest)


def _with_feature(use_case: UseCase, name: str, kind: ColumnType) -> UseCase:
    contract = use_case.contract
    columns = {**contract.columns, name: ColumnRule(type=kind)}
    form = ("number",) if kind == "float" else ("category",)
    return use_case.model_copy(
        update={
            "contract": contract.model_copy(update={"columns": columns}),
            "features": {**use_case.features, name: form},
        }
    )


def _back(bench: Bench) -> timedelta:
    """How far back the copies stand: as long as the holdout, the wait before it and a week; odd, to meet no row."""
    rule, label = bench.use_case.split, bench.use_case.data.label
    length = rule.holdout if isinstance(rule.holdout, timedelta) else timedelta(0)
    return length + rule.gap + label.known_after + timedelta(days=7, seconds=7)


def _earlier(column: "pa.ChunkedArray", by: timedelta) -> "pa.ChunkedArray":
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.subtract(column, pa.scalar(by, pa.duration("us"))).cast(column.type)


def _renamed(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_integer(column.type):
        return pc.add(column, pa.scalar(1 + pc.max(column).as_py(), column.type))
    return pc.binary_join_element_wise(column, "copy", "-") if pa.types.is_string(column.type) else column


def _set(table: "pa.Table", name: str, column: "pa.ChunkedArray") -> "pa.Table":
    return table.set_column(table.column_names.index(name), name, column)


def _joined(one: "pa.Table", other: "pa.Table") -> "pa.Table":
    import pyarrow as pa

    return pa.concat_tables([one, other.cast(one.schema)])
