"""A body read slowly and strictly: to say all that is wrong with it, or that nothing is.

What the quick way (`keepfit.serving.rows`) takes, this takes with the same result; what that refuses, this decides.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from keepfit.records import SignedColumn
from keepfit.serving.problems import MOST_ERRORS, Fault, HttpProblem, pointer, unprocessable
from keepfit.serving.values import NOT_FINITE, Wrong, found, taken

MOST_ROWS = 10_000
_LONGEST_NAME = 60
_DIGITS = 400  # more than any number of 64 bits has

Row = dict[str, Any]


class _Twice(ValueError):
    """An object names something twice."""


def tree_of(body: bytes) -> Any:
    """The JSON of a body; NaN and what overflows is `NOT_FINITE`.

    Raises
    ------
    HttpProblem
        400: not UTF-8, not JSON, a name stands twice in an object, or lists are nested too deeply.
    """
    try:
        return json.loads(
            body.decode(), object_pairs_hook=_once, parse_constant=_constant, parse_float=_real, parse_int=_whole
        )
    except UnicodeDecodeError:
        raise HttpProblem(400, "not_utf8", "the body is not UTF-8") from None
    except _Twice as twice:
        raise HttpProblem(400, "duplicate_key", f"an object names {_short(str(twice))} twice") from None
    except RecursionError:
        raise HttpProblem(400, "nested_too_deeply", "the body is nested too deeply") from None
    except json.JSONDecodeError as error:
        at = f"line {error.lineno}, column {error.colno}"
        raise HttpProblem(400, "not_json", f"the body is not JSON: {at}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Twice(Counter(name for name, _ in pairs).most_common(1)[0][0])
    return made


def _constant(_word: str) -> Any:
    return NOT_FINITE


def _real(word: str) -> Any:
    number = float(word)
    return NOT_FINITE if number in {float("inf"), float("-inf")} else number


def _whole(word: str) -> Any:
    return int(word) if len(word) <= _DIGITS else NOT_FINITE


def _short(name: str) -> str:
    """A name that the caller has written, so that it can be found; quoted, printable, cut."""
    return ascii(name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "…")


def rows_of(columns: Mapping[str, SignedColumn], zone: ZoneInfo, body: bytes) -> list[Row]:
    """The records of a body: those under `records`, or the one that it is.

    Raises
    ------
    HttpProblem
        400: not JSON; 413: too many records; 422: a record is not what the version takes.
    """
    tree = tree_of(body)
    if not isinstance(tree, dict):
        _refuse(f"expected an object, found {found(tree)}")
    if not isinstance(tree.get("records"), list) and ("records" not in tree or "records" in columns):
        return checked(columns, zone, [tree], ())
    faults = [Fault(pointer(name), "unknown_field", "unknown beside records") for name in tree if name != "records"]
    if faults:
        raise unprocessable(faults)
    return checked(columns, zone, tree["records"], ("records",))


def _refuse(detail: str, at: tuple[str | int, ...] = ()) -> NoReturn:
    raise unprocessable([Fault(pointer(*at), "type", detail)])


def checked(columns: Mapping[str, SignedColumn], zone: ZoneInfo, rows: Any, above: tuple[str | int, ...]) -> list[Row]:
    """Rows as the scorer takes them; ``above`` is where they stand in the request.

    Raises
    ------
    HttpProblem
        413: too many; 422: with the first faults by row.
    """
    if not isinstance(rows, list):
        _refuse(f"expected a list of records, found {found(rows)}", above)
    if not rows:
        _refuse("expected at least one record", above)
    if len(rows) > MOST_ROWS:
        raise HttpProblem(413, "too_many_records", f"expected at most {MOST_ROWS} records in a request")
    faults: list[Fault] = []
    good: list[Row] = []
    for index, row in enumerate(rows):
        good.append(_row(columns, zone, row, (*above, index) if above else (), faults))
        if len(faults) > MOST_ERRORS:
            break  # nobody reads more, and each may cost a search for what was meant
    if faults:
        raise unprocessable(faults)
    return good


def _row(
    columns: Mapping[str, SignedColumn], zone: ZoneInfo, row: Any, at: tuple[str | int, ...], faults: list[Fault]
) -> Row:
    if not isinstance(row, dict):
        faults.append(Fault(pointer(*at), "type", f"expected an object, found {found(row)}"))
        return {}
    good: Row = {}
    for name, value in row.items():
        if len(faults) > MOST_ERRORS:
            return {}
        column = columns.get(name)
        read = _unknown(name, columns) if column is None else taken(column, value, zone)
        if isinstance(read, Wrong):
            faults.append(Fault(pointer(*at, name), read.code, read.detail))
        good[name] = read
    faults.extend(
        Fault(pointer(*at, name), "missing", "a value is required")
        for name, column in columns.items()
        if not column.nullable and name not in row
    )
    return good


def _unknown(name: str, known: Sequence[str] | Mapping[str, Any]) -> Wrong:
    from keepfit.config.suggest import did_you_mean

    meant = did_you_mean(name[:_LONGEST_NAME], known)
    return Wrong("unknown_field", f"the version does not know this name{'; ' if meant else ''}{meant}")
