"""The bad data that are planted: each is what a query makes of the rows of the use case's own query.

So whatever the sources are, the rows that arrive are spoilt, and everything behind them is the code of a run.
"""

from collections.abc import Iterator
from typing import NamedTuple

from keepfit.config.contract import ColumnRule
from keepfit.config.model import UseCase
from keepfit.records import ColumnSummary
from keepfit.selftest.bench import Bench

ONE_IN = 5
"""Rows of which one is spoilt; a hash of the key chooses."""
TIMES = 100
TENTH = 10


class DataFault(NamedTuple):
    """Bad data: ``sql`` is what is selected of the rows that ``arrived``; None where there is nothing to spoil.

    ``guarded`` says whether the YAML promises to notice, ``advice`` what to write into it if it does not.
    """

    name: str
    planted: str
    expected: str
    sql: str | None
    guarded: bool = True
    advice: str = ""


def data_faults(bench: Bench) -> Iterator[DataFault]:
    """Every fault that is made by a query."""
    part, label = f"{_hash(bench.use_case)} % {ONE_IN} = 0", _quoted(bench.use_case.data.label.column)
    some = f"one row in {ONE_IN}"
    number, rule = _number(bench)
    yield from _of_a_column(bench, number, rule, part, some)
    yield DataFault(
        "delivered_twice",
        f"{some} comes a second time",
        "duplicate rows are dropped",
        f"* from arrived union all select * from arrived where {part}",  # noqa: S608 - quoted
    )
    yield DataFault(
        "a_tenth_of_the_rows",
        "nine of ten rows do not come",
        "expect_rows_like_usual",
        f"* from arrived where {_hash(bench.use_case)} % {TENTH} = 0",
    )
    yield DataFault(
        "one_class_only" if bench.use_case.task != "regression" else "one_value_only",
        f"{bench.use_case.data.label.column} is the same in every row",
        "two classes or more" if bench.use_case.task != "regression" else "a label that changes",
        f"* replace ((select min({label}) from arrived) as {label}) from arrived",  # noqa: S608 - quoted
    )
    yield DataFault(
        "label_missing",
        f"{bench.use_case.data.label.column} is missing in {some}",
        "label.missing_at_most",
        f"* replace (case when {part} then null else {label} end as {label}) from arrived",
    )


def _of_a_column(bench: Bench, name: str | None, rule: ColumnRule | None, part: str, some: str) -> Iterator[DataFault]:
    """What may happen to a number that the model sees; nothing of it where it sees none."""
    column, mentioned = _quoted(name or ""), name is not None and _mentioned(bench.use_case, name)
    bounded = rule is not None and (rule.max is not None or rule.min is not None)
    needed = rule is not None and not rule.nullable

    def of(sql: str) -> str | None:
        return sql if name is not None else None

    def spoilt(value: str, plain: str = column) -> str | None:
        return of(f"* replace (case when {part} then {value} else {plain} end as {column}) from arrived")

    yield DataFault(
        "column_missing", f"{name} does not come", "contract.columns", of(f"* exclude ({column}) from arrived")
    )
    new = _quoted(f"{name}_new")
    yield DataFault(
        "column_renamed",
        f"{name} is called {name}_new",
        "contract.columns",
        of(f"* rename ({column} as {new}) from arrived"),
    )
    yield DataFault(
        "unit_times_100",
        f"{name} is {TIMES} times as large in {some}",
        f"min and max of {name}",
        spoilt(f"{column} * {TIMES}"),
        bounded or mentioned,
        f"give {name} a `max` in the contract, or an expectation",
    )
    yield DataFault(
        "flood_of_nulls",
        f"{name} is missing in {some}",
        f"nullable of {name}",
        spoilt("null"),
        needed or mentioned,
        f"take `nullable` from {name}, or add expect_column_values_to_not_be_null",
    )
    yield DataFault(
        "text_in_numbers",
        f"{name} is the text n/a in {some}",
        f"type of {name}",
        spoilt("'n/a'", f"cast({column} as varchar)"),
    )


def spoiling(use_case: UseCase, sql: str) -> UseCase:
    """The use case whose query is spoilt; ``sql`` is what stands behind ``select``."""
    rows = use_case.data.query or f"select * from {_quoted(next(iter(use_case.data.sources)))}"  # noqa: S608 - quoted
    query = f"with arrived as ({rows.strip().rstrip(';')}\n) select {sql}"
    return use_case.model_copy(update={"data": use_case.data.model_copy(update={"query": query})})


def _number(bench: Bench) -> tuple[str | None, ColumnRule | None]:
    """A number that the model sees, is not 0 in the middle, and is always there if there is one that is."""
    columns, rules = {each.name: each for each in bench.validated.columns}, bench.use_case.contract.columns
    numbers = [
        name
        for name, form in bench.use_case.features.items()
        if form == ("number",) and name in rules and _changes(columns.get(name))
    ]
    chosen = sorted(numbers, key=lambda name: rules[name].nullable)
    return (chosen[0], rules[chosen[0]]) if chosen else (None, None)


def _changes(column: ColumnSummary | None) -> bool:
    return column is not None and column.type in {"int", "float"} and bool(column.median)


def _mentioned(use_case: UseCase, name: str) -> bool:
    """Whether an expectation that is more than a warning looks at a column."""
    return any(
        arguments.get("column") == name and arguments.get("severity") != "warn"
        for rule in use_case.expectations
        for arguments in rule.values()
    )


def _hash(use_case: UseCase) -> str:
    return f"hash({', '.join(map(_quoted, use_case.data.key))})"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
