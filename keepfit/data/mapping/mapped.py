"""A part of a file as the readers give it → rows of the contract's columns, and rows that do not fit."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from keepfit.config.values import ColumnType
from keepfit.data.convert import arrow_type
from keepfit.data.mapping.arrays import Spread, spread
from keepfit.data.mapping.cells import cells, value
from keepfit.data.mapping.options import Options, Period, Reading
from keepfit.data.mapping.periods import assigned
from keepfit.data.refused import Reasons, refused_schema, split

if TYPE_CHECKING:
    import pyarrow as pa


class Parsed(NamedTuple):
    """Rows that fit, with ``_row`` (1 is the first below the header), and rows that do not."""

    table: "pa.Table"
    refused: "pa.Table"


def typed(raw: "pa.Table", options: Options) -> Parsed:
    """Convert the declared columns, whatever the mapping says; rows with a cell that does not fit are split off."""
    return _read(raw, readings(options, None), options, frozenset())


def mapped(raw: "pa.Table", options: Options) -> Parsed:
    """Every row as its period reads it: arrays spread, found, stripped, translated, typed, converted, filled in.

    Parameters
    ----------
    raw
        Columns as the file names them, texts or typed already, and ``_row``.

    Returns
    -------
    Parsed
        The declared columns that the file has (or that have a default) in the types of ``convert.arrow_type``; columns
        that nobody declares as they stand, but for those whose name the mapping uses for another. Refused rows have
        their raw values and all reasons.
    """
    elements = by_element(raw, options)
    found = _mapped(elements.table, options)
    return found if not elements.reasons.wrong.any() else _without_arrays(found, raw, elements.reasons, options)


def by_element(raw: "pa.Table", options: Options) -> Spread:
    """The rows with a column for each element of an array whose elements are declared."""
    aliases = (how.name for period in options.periods for how in period.columns.values())
    return spread(raw, {*options.types, *aliases})


def _without_arrays(found: Parsed, raw: "pa.Table", wrong: Reasons, options: Options) -> Parsed:
    """What was found without the rows that have no array where one is declared."""
    import pyarrow as pa

    places = np.searchsorted(raw.column("_row").to_numpy(), found.table.column("_row").to_numpy())
    good, refused = split(found.table, raw.take(pa.array(places)), wrong.at(places), options.event_time)
    return Parsed(good, pa.concat_tables([found.refused, refused]).sort_by("_row").cast(refused_schema()))


def _mapped(raw: "pa.Table", options: Options) -> Parsed:
    if not options.periods:
        return typed(raw, options)
    named = frozenset(
        word for period in options.periods for target, how in period.columns.items() for word in (target, how.name)
    )
    of = assigned(raw, options)
    parts = [
        _read(rows, readings(options, period), options, named)
        for number, period in enumerate(options.periods)
        if (rows := _rows(raw, of.period == number)).num_rows
    ]
    if len(parts) == 1 and not of.reasons:
        return parts[0]
    return _together(raw, [*parts, _without_period(raw, of.reasons, options)], options)


def readings(options: Options, period: Period | None) -> dict[str, Reading]:
    """How every declared column is read, by the name that the contract knows."""
    plain = {name: Reading(name=name, kind=kind, zone=options.zone) for name, kind in options.types.items()}
    return plain | (period.columns if period is not None else {})


def direct(options: Options, header: Sequence[str]) -> dict[str, ColumnType]:
    """The columns of a file that a reader may hand over typed, because no mapping looks at their text.

    A time without an offset must stay without one: its zone is the mapping's business.
    """
    every = [readings(options, period) for period in options.periods or (None,)]
    found: dict[str, ColumnType] = {}
    for name in header:
        ways = [how for period in every for how in period.values() if how.name == name]
        kinds: set[ColumnType | None] = {"float" if how.unit is not None else how.kind for how in ways}
        kind = kinds.pop() if len(kinds) == 1 else None
        if kind is not None and not any(how.touches_text for how in ways):
            found[name] = kind
    return found


def by_period(raw: "pa.Table", options: Options) -> "Iterator[tuple[Period | None, pa.Table]]":
    """The rows that each period reads; all of them, and no period, where there is no mapping."""
    if not options.periods:
        yield None, raw
        return
    of = assigned(raw, options).period
    for number, period in enumerate(options.periods):
        if (rows := _rows(raw, of == number)).num_rows:
            yield period, rows


def _rows(raw: "pa.Table", mask: "np.ndarray[Any, Any]") -> "pa.Table":
    import pyarrow as pa

    return raw if mask.all() else raw.filter(pa.array(mask))


def _read(raw: "pa.Table", how: Mapping[str, Reading], options: Options, named: frozenset[str]) -> Parsed:
    """All rows in one way of reading."""
    import pyarrow as pa

    targets = {reading.name: target for target, reading in how.items()}
    reasons = Reasons(raw.num_rows)
    columns: dict[str, Any] = {}
    for name in raw.column_names:
        target = targets.get(name)
        if target is not None:
            found = cells(raw.column(name), how[target])
            reasons.add(target, found.reasons if target == name else _of(name, found.reasons))
            columns[target] = found.values
        elif name not in named:
            columns[name] = raw.column(name)
    columns |= {
        target: _constant(reading, raw.num_rows)
        for target, reading in how.items()
        if target not in columns and reading.default is not None
    }
    return Parsed(*split(pa.table(columns), raw, reasons, options.event_time))


def _of(name: str, reasons: "pa.Array | None") -> "pa.Array | None":
    """The reasons of a column that the file calls otherwise."""
    import pyarrow.compute as pc

    return None if reasons is None else pc.binary_join_element_wise(reasons, f"(column {name})", " ")


def _constant(reading: Reading, rows: int) -> "pa.Array":
    import pyarrow as pa

    kind = reading.kind or "text"
    if reading.default is None:
        return pa.nulls(rows, arrow_type(kind))
    return pa.repeat(value(reading.default, kind, reading.zone), rows)


def _without_period(raw: "pa.Table", why: Mapping[int, str], options: Options) -> Parsed:
    import pyarrow as pa

    rows = raw.take(pa.array(sorted(why), pa.int64()))
    reasons = Reasons(rows.num_rows)
    reasons.add(options.event_time or "", pa.array([why[row] for row in sorted(why)], pa.string()))
    return Parsed(raw.slice(0, 0).select([]), split(rows, rows, reasons, None)[1])


def _together(raw: "pa.Table", parts: Sequence[Parsed], options: Options) -> Parsed:
    """The rows of all periods, in the order of the file."""
    import pyarrow as pa

    tables = [part.table for part in parts if part.table.num_columns]
    if not tables:
        tables = [_read(raw.slice(0, 0), readings(options, None), options, frozenset()).table]
    table = pa.concat_tables(tables, promote_options="permissive").sort_by("_row")
    refused = pa.concat_tables([part.refused for part in parts]).sort_by("_row")
    return Parsed(table, refused.cast(refused_schema()))
