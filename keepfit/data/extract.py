"""The table of examples as of a moment: what was there then, and the labels that were known then."""

import difflib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from keepfit.config.model import UseCase
from keepfit.config.values import format_duration
from keepfit.data import query
from keepfit.data.declared import declared, visible
from keepfit.data.files import Loaded, load
from keepfit.data.readers import Options, typed
from keepfit.data.tables import put_table
from keepfit.errors import DataError, Problem
from keepfit.records import Column, Extracted, Moment

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Directory


class Cut(NamedTuple):
    """Rows that count, and how many were not there yet or lie before the history."""

    table: "pa.Table"
    not_yet: int
    outside: int


def extract(store: "Directory", use_case: UseCase, moment: Moment, root: Path) -> Extracted:
    """Read the sources, run the query, cut to the moment, mask labels.

    Parameters
    ----------
    root
        The folder that the sources' paths are relative to.

    Raises
    ------
    DataError
        A file cannot be read, a declared column is missing, no row is left, or the newest is too old.
    ConfigError
        The query cannot be run.
    """
    loaded = {name: load(store, use_case, name, root) for name in use_case.data.sources}
    early = {name: _as_of(use_case, source.table, moment) for name, source in loaded.items()}
    result = _examples(use_case, {name: cut.table for name, cut in early.items()})
    rows, refused_here, warnings = _conform(use_case, result)
    cut = _window(use_case, rows, moment)
    refused = _refused(use_case, loaded, refused_here, moment)
    table, pending = _mask(use_case, cut.table, moment)
    newest = _newest(use_case, table, moment)
    _see_rows(use_case, table, newest, moment)
    return Extracted(
        table=put_table(store, _sorted(use_case, table)),
        rows=table.num_rows,
        refused=put_table(store, refused) if refused.num_rows else None,
        refused_rows=refused.num_rows,
        not_yet=cut.not_yet + _not_yet(use_case, early),
        outside_history=cut.outside,
        labels_pending=pending,
        future=_future(use_case, table, moment),
        newest=newest,
        sources=tuple(file for source in loaded.values() for file in source.files),
        columns=tuple(Column(name=name, type=rule.type) for name, rule in declared(use_case, rows.schema).items()),
        warnings=(*(warning for source in loaded.values() for warning in source.warnings), *warnings),
    )


def _examples(use_case: UseCase, tables: dict[str, "pa.Table"]) -> "pa.Table":
    """One row per example, with ``_file`` and ``_row`` (of the query's result where the query does not pass them on)."""
    import pyarrow as pa

    if use_case.data.query is None:
        (table,) = tables.values()
        return table
    result = query.run(use_case.data.query, tables)
    if not {"_file", "_row"} <= set(result.column_names):
        kept = result.select([name for name in result.column_names if name not in {"_file", "_row"}])
        numbers = pa.array(range(1, result.num_rows + 1), pa.int64())
        result = kept.append_column("_file", pa.array(["query"] * result.num_rows)).append_column("_row", numbers)
    return result


def _conform(use_case: UseCase, result: "pa.Table") -> "tuple[pa.Table, pa.Table, tuple[str, ...]]":
    """Exactly the declared columns in their types; rows that do not fit; what was dropped."""
    rules = declared(use_case, result.schema)
    missing = [name for name in rules if name not in result.column_names]
    if missing:
        raise DataError(*(_missing(name, visible(result.column_names)) for name in missing))
    extra = [name for name in visible(result.column_names) if name not in rules]
    warnings = (f"columns that the contract does not declare were dropped: {', '.join(extra)}",) if extra else ()
    options = Options(
        types={name: rule.type for name, rule in rules.items()},
        nulls=(),
        zone=use_case.data.timezone,
        event_time=use_case.data.event_time,
    )
    named = result.select([*rules, "_file", "_row"])
    parsed = typed(named, options)
    refused = parsed.refused.append_column("_file", _files_of(named, parsed.refused))
    return parsed.table, refused, warnings


def _files_of(table: "pa.Table", refused: "pa.Table") -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    at = pc.index_in(refused.column("_row"), table.column("_row"))
    return pc.take(table.column("_file"), at).cast(pa.string())


def _missing(name: str, found: list[str]) -> Problem:
    close = difflib.get_close_matches(name, found, n=3)
    do = f"did you mean {' or '.join(close)}?" if close else "add it to the query or take it out of the contract"
    return Problem(f"a declared column is missing: {name}", "contract.columns", name, ", ".join(found)[:300], do=do)


def _as_of(use_case: UseCase, table: "pa.Table", moment: Moment) -> Cut:
    """A source as it was: rows from ``as_of`` to the run's real start are not there yet.

    This is done before the query runs, so that no average in SQL can look ahead. Rows later than the real start stay:
    nothing can be that late, so validate puts them into quarantine.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    time = use_case.data.event_time
    if time not in table.column_names or not pa.types.is_timestamp(table.schema.field(time).type):
        return Cut(table, 0, 0)
    at = table.column(time)
    hidden = pc.and_(pc.greater_equal(at, _utc(moment.as_of)), pc.less_equal(at, _utc(moment.started)))
    kept = table.filter(pc.invert(pc.fill_null(hidden, fill_value=False)))
    return Cut(kept, table.num_rows - kept.num_rows, 0)


def _window(use_case: UseCase, table: "pa.Table", moment: Moment) -> Cut:
    """Rows of the history before ``as_of`` (and those of the future, for quarantine)."""
    import pyarrow.compute as pc

    cut = _as_of(use_case, table, moment)
    time, history = use_case.data.event_time, use_case.data.history
    if time is None or history is None:
        return cut
    old = pc.fill_null(pc.less(cut.table.column(time), _utc(moment.as_of - history)), fill_value=False)
    kept = cut.table.filter(pc.invert(old))
    return Cut(kept, cut.not_yet, cut.table.num_rows - kept.num_rows)


def _not_yet(use_case: UseCase, early: dict[str, Cut]) -> int:
    """Examples that were cut off in the sources: counted where the key stands, not in tables that are joined to them."""
    key = set(use_case.data.key)
    with_key = [cut for cut in early.values() if key <= set(cut.table.column_names)]
    return sum(cut.not_yet for cut in with_key or early.values())


def _mask(use_case: UseCase, table: "pa.Table", moment: Moment) -> "tuple[pa.Table, int]":
    """Labels that became known at ``as_of`` or later are null; how many rows that concerns."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if use_case.data.event_time is None:
        return table, 0
    label = use_case.data.label
    known_from = _utc(moment.as_of - label.known_after)
    pending = pc.fill_null(pc.greater_equal(table.column(use_case.data.event_time), known_from), fill_value=False)
    index = table.column_names.index(label.column)
    values = table.column(label.column)
    masked = pc.if_else(pending, pa.scalar(None, values.type), values)
    return table.set_column(index, label.column, masked), int(pc.sum(pending).as_py() or 0)


def _newest(use_case: UseCase, table: "pa.Table", moment: Moment) -> datetime | None:
    import pyarrow.compute as pc

    if use_case.data.event_time is None:
        return None
    at = table.column(use_case.data.event_time)
    newest: datetime | None = pc.max(at.filter(pc.less(at, _utc(moment.as_of)))).as_py()
    return newest.astimezone(UTC) if newest is not None else None


def _future(use_case: UseCase, table: "pa.Table", moment: Moment) -> int:
    import pyarrow.compute as pc

    if use_case.data.event_time is None:
        return 0
    return int(pc.sum(pc.greater(table.column(use_case.data.event_time), _utc(moment.started))).as_py() or 0)


def _see_rows(use_case: UseCase, table: "pa.Table", newest: datetime | None, moment: Moment) -> None:
    """Refuse an empty table and one whose newest event is too old."""
    data = use_case.data
    if table.num_rows == 0:
        since = f" and not before {(moment.as_of - data.history).isoformat()}" if data.history else ""
        raise DataError(
            Problem("0 rows to learn from", "data", f"rows before {moment.as_of.isoformat()}{since}", "none")
        )
    if data.freshness is None or newest is None or moment.as_of - newest <= data.freshness:
        return
    age = moment.as_of - newest
    raise DataError(
        Problem(
            "the data are too old to train on",
            "data.freshness",
            f"newest event at most {format_duration(data.freshness)} before {moment.as_of.isoformat()}",
            f"newest event {newest.isoformat()}, {age.total_seconds() / 86400:.1f} days before",
            did="trained nothing; the champion stays",
            do="see why the upstream system delivers nothing new",
        )
    )


def _refused(use_case: UseCase, loaded: dict[str, Loaded], here: "pa.Table", moment: Moment) -> "pa.Table":
    """Rows that a reader or the contract's types refused, as far as they fall into the history (or have no time)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = [part for part in (*(source.refused for source in loaded.values()), here) if part.num_rows]
    if not parts:
        return here
    table = pa.concat_tables(
        [
            part.set_column(part.column_names.index("_file"), "_file", part.column("_file").cast(pa.string()))
            for part in parts
        ]
    )
    at = table.column("_time")
    outside = pc.and_(pc.greater_equal(at, _utc(moment.as_of)), pc.less_equal(at, _utc(moment.started)))
    if use_case.data.history is not None:
        outside = pc.or_(outside, pc.less(at, _utc(moment.as_of - use_case.data.history)))
    return table.filter(pc.invert(pc.fill_null(outside, fill_value=False)))


def _sorted(use_case: UseCase, table: "pa.Table") -> "pa.Table":
    """By event time and key; rows that are equal in these keep the order of their files."""
    from keepfit.data.order import order

    time = [use_case.data.event_time] if use_case.data.event_time else []
    return table.take(order(table, [*time, *use_case.data.key, "_file", "_row"]))


def _utc(moment: datetime) -> "pa.Scalar":
    import pyarrow as pa

    return pa.scalar(moment.astimezone(UTC), pa.timestamp("us", tz="UTC"))
