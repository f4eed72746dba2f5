"""Requests as MLflow's and SageMaker's clients write them, as records.

dataframe_split, dataframe_records, instances, inputs, and CSV with a header.
"""

import csv
import io
from functools import partial
from typing import Any

from keepfit.records import SignedColumn
from keepfit.serving.closer_look import MOST_ROWS, Row
from keepfit.serving.problems import Fault, HttpProblem, moved, pointer, unprocessable
from keepfit.serving.version import Live

_FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_FLAGS = {"true": True, "false": False}


def records(live: Live, tree: Any) -> list[Row]:
    """The records of a JSON body, held to the signature.

    Raises
    ------
    HttpProblem
        413, 422.
    """
    named = [name for name in _FORMS if isinstance(tree, dict) and name in tree]
    if len(named) != 1:
        raise unprocessable([Fault("", "form", f"expected an object with one of {', '.join(_FORMS)}")])
    (form,) = named
    given = tree[form]
    if form == "dataframe_split":
        rows, place = _split(given), partial(_split_place, given)
    elif isinstance(given, dict):
        rows, place = _by_column(given, form), partial(_column_place, given, form)
    else:
        return live.rows.checked(given, (form,))
    try:
        return live.rows.checked(rows, ("rows",))
    except HttpProblem as problem:
        raise moved(problem, place) from None


Steps = list[str | int]


def _split_place(given: dict[str, Any], steps: list[str]) -> Steps:
    """Where ``/rows/ROW/NAME`` stands in a request by `dataframe_split`."""
    row, *name = steps[1:] or ["0"]
    known = name and name[0] in given["columns"]
    return ["dataframe_split", *(["data", int(row), given["columns"].index(name[0])] if known else ["columns"])]


def _column_place(given: dict[str, Any], form: str, steps: list[str]) -> Steps:
    """Where it stands in lists by column, or in one record."""
    row, *name = steps[1:] or ["0"]
    if not name or name[0] not in given:
        return [form]
    return [form, name[0], *([int(row)] if isinstance(given[name[0]], list) else [])]


def _split(given: Any) -> list[Any]:
    if not isinstance(given, dict) or not all(isinstance(given.get(name), list) for name in ("columns", "data")):
        raise _wrong("expected columns and data", "dataframe_split")
    columns, data = given["columns"], given["data"]
    if not all(isinstance(name, str) for name in columns) or len(set(columns)) != len(columns):
        raise _wrong("expected names, each once", "dataframe_split", "columns")
    for place, row in enumerate(data[: MOST_ROWS + 1]):
        if not isinstance(row, list) or len(row) != len(columns):
            raise _wrong("expected a value for each column", "dataframe_split", "data", place)
    return [dict(zip(columns, row, strict=True)) for row in data[: MOST_ROWS + 1]]


def _by_column(given: dict[str, Any], form: str) -> list[Any]:
    """Lists of values by column, all of one length; or one record."""
    lists = [isinstance(values, list) for values in given.values()]
    if not any(lists):
        return [given]
    if not all(lists) or len({len(values) for values in given.values()}) != 1:
        raise _wrong("expected equally many values for each column", form)
    return [dict(zip(given, row, strict=True)) for row in zip(*given.values(), strict=True)]


def records_of_csv(live: Live, body: bytes) -> list[Row]:
    """The records of a CSV body with a header; an empty cell is a missing value.

    Raises
    ------
    HttpProblem
        400: not UTF-8, or not CSV; 413, 422.
    """
    try:
        lines = list(csv.reader(io.StringIO(body.decode(), newline=""), strict=True))
    except UnicodeDecodeError:
        raise HttpProblem(400, "not_utf8", "the body is not UTF-8") from None
    except csv.Error:
        raise HttpProblem(400, "not_csv", "the body is not CSV") from None
    header, rows = (lines[0], [line for line in lines[1:] if line]) if lines else ([], [])
    if not header or len(set(header)) != len(header):
        raise _wrong("expected a header with names, each once")
    for place, row in enumerate(rows):
        if len(row) != len(header):
            raise _wrong("expected a value for each column of the header", place)
    known = live.rows.columns
    made = [{name: _cell(known.get(name), text) for name, text in zip(header, row, strict=True)} for row in rows]
    return live.rows.checked(made, ("rows",))


def _cell(column: SignedColumn | None, text: str) -> Any:
    """A cell as the value that it spells, or as the text that it is: then it is refused where a number is meant."""
    if not text:
        return None
    kind = column.type if column else "text"
    if kind == "bool":
        return _FLAGS.get(text.lower(), text)
    if kind not in {"int", "float"}:
        return text
    try:
        return int(text) if kind == "int" and len(text) < 20 else float(text)
    except ValueError:
        return text


def _wrong(detail: str, *steps: str | int) -> HttpProblem:
    return unprocessable([Fault(pointer(*steps), "form", detail)])


def response(predictions: Any) -> dict[str, Any]:
    """What MLflow's clients expect: one answer a record, under ``predictions``."""
    return {"predictions": predictions}
