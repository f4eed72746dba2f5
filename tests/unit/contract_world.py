"""Tables handed to validate as extract would, in whatever parts; nothing is read from files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from keepfit.config.model import UseCase
from keepfit.data.convert import arrow_type
from keepfit.data.declared import declared
from keepfit.data.refused import refused_schema
from keepfit.data.tables import get_table, put_table
from keepfit.records import Column, Extracted, Moment, Quarantined, Validated
from keepfit.store import Directory
from keepfit.validate import archive, validate

DAY = datetime(2020, 1, 1, tzinfo=UTC)
MOMENT = Moment(as_of=DAY + timedelta(days=31), started=DAY + timedelta(days=60))
Row = dict[str, Any]


def use_case(columns: Mapping[str, Any], rules: Sequence[Any] = (), **data: Any) -> UseCase:
    """Binary, with a key `id`, a time `at` and a label `late`, beside what is given."""
    own = {"id": {"type": "text"}, "at": {"type": "time"}, "late": {"type": "bool"}}
    most = data.pop("quarantine_at_most", "100%")
    label = {"column": "late", "known_after": "1d", "missing_at_most": "100%"}
    return UseCase.model_validate(
        {
            "name": "small",
            "description": "a small table",
            "owner": "us",
            "task": "binary",
            "data": {
                "sources": {"rows": {"kind": "files", "path": "rows/*"}},
                "key": ["id"],
                "event_time": "at",
                "label": label,
                **data,
            },
            "contract": {"columns": {**own, **columns}, "rules": list(rules), "quarantine_at_most": most},
            "features": {"late": ["category"]},
            "split": {"by": "time", "holdout": "7d"},
            "train": {"candidates": ["logistic_regression"]},
            "gates": [{"metric": "roc_auc", "at_least": 0.6}],
        }
    )


def row(number: int, **values: Any) -> Row:
    """A sound row on its own hour; every other one is late."""
    late = bool(number % 2)
    return {"id": f"r{number:04d}", "at": DAY + timedelta(hours=number), "late": late, **values}


def placed(rows: Iterable[Row], file: str = "a.csv") -> list[Row]:
    """Rows with their file and their row in it, unless they say so themselves."""
    return [{"_file": file, "_row": place, **each} for place, each in enumerate(rows, start=1)]


@dataclass
class Judged:
    """What one validation left behind, looked up by file and row."""

    store: Directory
    record: Quarantined
    validated: Validated | None = None
    error: Exception | None = None

    def reasons(self) -> dict[tuple[str, int], set[str]]:
        """Of every quarantined row."""
        return {(each["_file"], each["_row"]): set(each["_reasons"]) for each in self.quarantine()}

    def quarantine(self) -> list[Row]:
        return [each for digest in self.record.quarantine for each in get_table(self.store, digest).to_pylist()]

    def absent(self) -> dict[tuple[str, int], str]:
        """The rule that dropped every row that was dropped."""
        rows = [each for digest in self.record.absent for each in get_table(self.store, digest).to_pylist()]
        return {(each["_file"], each["_row"]): each["rule"] for each in rows}


@dataclass
class Table:
    """A store, and tables in it."""

    root: Path

    @property
    def store(self) -> Directory:
        return Directory(self.root / "store")

    def extracted(
        self, case: UseCase, rows: Sequence[Row], cuts: Sequence[int] = (), refused: Sequence[Row] = ()
    ) -> Extracted:
        """Rows in the order of time, key, file and row; a new part begins at every cut."""
        rules = declared(case)
        names = [*rules, "_file", "_row"]
        nothing = DAY - timedelta(days=99)
        ordered = sorted(rows, key=lambda r: (r["at"] or nothing, r["id"] or "", r["_file"], r["_row"]))
        columns = {name: pa.array([r.get(name) for r in ordered], arrow_type(rules[name].type)) for name in rules}
        columns["_file"] = pa.array([r["_file"] for r in ordered], pa.string()).dictionary_encode()
        columns["_row"] = pa.array([r["_row"] for r in ordered], pa.int64())
        table = pa.table(columns).select(names)
        bounds = sorted({0, len(rows), *(cut % (len(rows) + 1) for cut in cuts)})
        parts = [table.slice(start, end - start) for start, end in pairwise(bounds)]
        bad = pa.Table.from_pylist(list(refused), pa.schema([*refused_schema(), ("_file", pa.string())]))
        return Extracted(
            parts=tuple(put_table(self.store, part) for part in parts),
            rows=len(rows),
            refused=(put_table(self.store, bad),) if refused else (),
            refused_rows=len(refused),
            not_yet=0,
            outside_history=0,
            labels_pending=0,
            future=0,
            newest=None,
            sources=(),
            columns=tuple(Column(name=name, type=rule.type) for name, rule in rules.items()),
            warnings=(),
        )

    def judged(self, case: UseCase, rows: Sequence[Row], cuts: Sequence[int] = (), **more: Any) -> Judged:
        """What a validation makes of the rows, also when it fails."""
        extracted = self.extracted(case, rows, cuts, **more)
        validated, caught = None, None
        try:
            validated = validate(self.store, case, extracted, MOMENT, config="of the yaml")
        except Exception as error:  # noqa: BLE001 - looked at by the test
            caught = error
        record = archive.newest(self.store, case.name)
        if record is None:
            raise caught or AssertionError("nothing was recorded")
        return Judged(self.store, record, validated, caught)
