"""What becomes of every column of some rows, period by period."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keepfit.data.convert import Cells
from keepfit.data.mapping import Options, Reading, by_period, called, readings
from keepfit.data.mapping.cells import cells
from keepfit.data.mapping.periods import assigned
from keepfit.data.preview.records import Became, Mapped, Refusal
from keepfit.data.times import quoted

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN = 3
_LOOKED = 1000  # cells among which an example is looked for
_NO_PERIOD = "no period"


def periods(raw: "pa.Table", options: Options) -> list[Mapped]:
    """The rows of every period, and those that fit none."""
    if not options.periods:
        return []
    of = assigned(raw, options).period
    found = [Mapped(period=called(p, options), rows=int((of == n).sum())) for n, p in enumerate(options.periods)]
    none = int((of < 0).sum())
    return [*found, Mapped(period=_NO_PERIOD, rows=none)] if none else found


def without_period(raw: "pa.Table", options: Options) -> list[Refusal]:
    """Rows that no period takes (or that two would take), with what each period read."""
    if not options.periods:
        return []
    time = options.event_time or ""
    why = assigned(raw, options).reasons
    return [_refusal(raw, row, "", f"{time}: {reason}") for row, reason in sorted(why.items())[:SHOWN]]


def became(raw: "pa.Table", options: Options) -> Iterator[Became]:
    """Every declared column that the rows have, in the order of the files; then those that a default makes."""
    for period, rows in by_period(raw, options):
        name = called(period, options) if period is not None and len(options.periods) > 1 else ""
        how = readings(options, period)
        order = {column: place for place, column in enumerate(raw.column_names)}
        there = sorted((each.name, target) for target, each in how.items() if each.name in order)
        for found, target in sorted(there, key=lambda pair: order[pair[0]]):
            yield _became(rows, found, target, how[target], name)
        for target, each in how.items():
            if each.name not in order and each.default is not None:
                yield _made(rows, target, each, name)


def _became(rows: "pa.Table", found: str, target: str, how: Reading, period: str) -> Became:
    result = cells(rows.column(found), how)
    wrong = _wrong(result)
    return Became(
        found=found,
        column=target,
        type=how.kind or "text",
        period=period,
        rows=rows.num_rows,
        null=result.values.null_count - len(wrong),
        refused=len(wrong),
        example=_example(rows.column(found), result, how),
        refusals=tuple(
            _refusal(rows, row, rows.column(found)[row].as_py(), result.reasons[row].as_py())
            for row in wrong[:SHOWN]
            if result.reasons is not None
        ),
    )


def _made(rows: "pa.Table", target: str, how: Reading, period: str) -> Became:
    return Became(
        found="",
        column=target,
        type=how.kind or "text",
        period=period,
        rows=rows.num_rows,
        null=0,
        refused=0,
        example=f"default {how.default}",
        refusals=(),
    )


def _wrong(result: Cells) -> list[int]:
    if result.reasons is None:
        return []
    return [int(row) for row in np.flatnonzero(result.reasons.is_valid().to_numpy(zero_copy_only=False))]


def _example(column: "pa.ChunkedArray", result: Cells, how: Reading) -> str:
    """One cell before and after; a cell that changes tells more than one that does not."""
    fine = np.flatnonzero(result.values.is_valid().to_numpy(zero_copy_only=False))[:_LOOKED]
    pairs = [(column[int(row)].as_py(), result.values[int(row)].as_py()) for row in fine]
    if not pairs:
        return ""
    before, after = next((pair for pair in pairs if str(pair[0]) != shown(pair[1])), pairs[0])
    left = f"{before} {how.unit}" if how.unit and before is not None else before
    as_it_stands = how.kind != "time" and not how.touches_text and not how.unit
    if as_it_stands or str(left) == shown(after):
        return _short(left)
    right = f"{shown(after)} {how.to}" if how.to else shown(after).replace(":00Z", "Z")
    return f"{_short(left)} → {_short(right)}"


def shown(value: Any) -> str:
    """A value of the contract as a person reads it.

    >>> shown(7.767139902966675), shown(True), shown(None)
    ('7.767', 'true', 'null')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.4g}" if 1e-4 <= abs(value) < 1e4 else f"{value:.6g}"
    if hasattr(value, "strftime"):
        return str(value.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return str(value)


def _short(value: Any) -> str:
    text = "null" if value is None else str(value)
    return f"{text[:23]}…" if len(text) > 24 else text


def _refusal(rows: "pa.Table", row: int, value: Any, reason: str) -> Refusal:
    file = rows.column("_file")[row].as_py() if "_file" in rows.column_names else ""
    return Refusal(file=file, row=rows.column("_row")[row].as_py(), value=quoted(value), reason=reason)


def together(parts: Sequence[Became]) -> tuple[Became, ...]:
    """What became of the same column in several files, as one."""
    merged: dict[tuple[str, str, str], Became] = {}
    for part in parts:
        key = (part.period, part.column, part.found)
        before = merged.get(key)
        merged[key] = part if before is None else _added(before, part)
    return tuple(merged.values())


def _added(one: Became, other: Became) -> Became:
    return Became(
        found=one.found,
        column=one.column,
        type=one.type,
        period=one.period,
        rows=one.rows + other.rows,
        null=one.null + other.null,
        refused=one.refused + other.refused,
        example=one.example or other.example,
        refusals=(*one.refusals, *other.refusals)[:SHOWN],
    )
