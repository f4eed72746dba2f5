"""JSON Lines: one object a line. Values become their text, so that types come from the contract alone, as in CSV."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from keepfit.data.readers.unpack import as_text
from keepfit.errors import DataError, Problem

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, str | None]


def read_jsonl(data: bytes, name: str) -> "pa.Table":
    """All values as text; null and absent are null.

    Raises
    ------
    DataError
        A line is not one JSON object with every name once; names file and row.
    """
    import pyarrow as pa

    as_text(data, name)
    rows = list(_rows(data, name))
    names = list(dict.fromkeys(key for row in rows for key in row))
    return pa.table({key: pa.array([row.get(key) for row in rows], pa.string()) for key in names})


def _rows(data: bytes, name: str) -> Iterator[Row]:
    number = 0
    for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        if not line.strip():
            continue
        number += 1
        try:
            row = json.loads(line, object_pairs_hook=_once)
        except ValueError as error:
            last = data.endswith(line)
            what = "the last line is not whole: a truncated file?" if last else "a line is not JSON"
            raise DataError(Problem(what, f"{name}, row {number}", "one JSON object", str(error))) from error
        if not isinstance(row, dict):
            raise DataError(Problem("a line is not a JSON object", f"{name}, row {number}", found=type(row).__name__))
        yield {key: _text(value) for key, value in row.items()}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        names = [key for key, _ in pairs]
        raise ValueError(f"the name {next(key for key in names if names.count(key) > 1)} stands twice")
    return row


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
