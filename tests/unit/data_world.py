"""A small use case in a folder of its own: files in, records out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from keepfit.config.model import UseCase
from keepfit.data import extract, get_table
from keepfit.records import Extracted, Moment, Validated
from keepfit.store import Directory, open_store
from keepfit.validate import validate

HEAD = "id,when_at,colour,size,late"
MOMENT = Moment(as_of=datetime(2020, 2, 1, tzinfo=UTC), started=datetime(2020, 6, 1, tzinfo=UTC))


def use_case(**changes: Any) -> UseCase:
    """Binary, with times; ``data__history="30d"`` changes ``data.history``."""
    tree: dict[str, Any] = {
        "name": "small",
        "description": "a small table",
        "owner": "us",
        "task": "binary",
        "data": {
            "timezone": "America/New_York",
            "sources": {"items": {"kind": "files", "path": "data/*"}},
            "key": ["id"],
            "event_time": "when_at",
            "label": {"column": "late", "known_after": "1d", "missing_at_most": "50%"},
        },
        "contract": {
            "columns": {
                "colour": {"type": "category", "values": ["red", "blue"]},
                "size": {"type": "float", "min": 0, "max": 100, "nullable": True},
                "late": {"type": "bool"},
            },
            "quarantine_at_most": "50%",
        },
        "features": {"size": ["number"], "colour": ["category"]},
        "split": {"by": "time", "holdout": "7d"},
        "train": {"candidates": ["logistic_regression"]},
        "gates": [{"metric": "roc_auc", "at_least": 0.6}],
    }
    for path, value in changes.items():
        *parents, last = path.split("__")
        branch = tree
        for parent in parents:
            branch = branch[parent]
        branch[last] = value
    return UseCase.model_validate(tree)


def row(number: int, *, at: str = "", colour: str = "red", size: str = "1.5", late: str = "") -> str:
    """One line of CSV, on its own hour of January."""
    at = at or f"2020-01-{1 + number // 24:02d}T{number % 24:02d}:00:00Z"
    return f"r{number:03d},{at},{colour},{size},{late or ('true' if number % 3 else 'false')}"


def rows(count: int, first: int = 0) -> list[str]:
    return [row(number) for number in range(first, first + count)]


@dataclass
class World:
    """A working directory with a store."""

    root: Path

    @property
    def store(self) -> Directory:
        return open_store(str(self.root / "store"))

    def write(self, name: str, content: bytes | str | Iterable[str], head: str = HEAD) -> None:
        path = self.root / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(content, bytes | str):
            content = "\n".join([head, *content]) + "\n"
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def extract(self, case: UseCase | None = None, moment: Moment = MOMENT) -> Extracted:
        return extract(self.store, case or use_case(), moment, self.root)

    def table(self, case: UseCase | None = None, moment: Moment = MOMENT) -> pa.Table:
        return pa.concat_tables([get_table(self.store, part) for part in self.extract(case, moment).parts])

    def validate(self, case: UseCase | None = None, moment: Moment = MOMENT) -> Validated:
        case = case or use_case()
        return validate(self.store, case, self.extract(case, moment), moment)

    def quarantine(self, validated: Validated) -> list[dict[str, Any]]:
        return [row for part in validated.quarantine for row in get_table(self.store, part).to_pylist()]
