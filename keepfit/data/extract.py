"""The table of examples as of a moment: what was there then, and the labels that were known then."""

import difflib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from keepfit.config.model import UseCase
from keepfit.config.values import format_duration
from keepfit.data import query
from keepfit.data.declared import declared, visible
from keepfit.data.files import Loaded, load
from keepfit.data.moment import later_than, masked, newest, recent, there
from keepfit.data.order import order
from keepfit.data.readers import Options, typed
from keepfit.data.tables import put_table
from keepfit.errors import DataError, Problem
from keepfit.records import Column, Extracted, Moment

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store


class Examples(NamedTuple):
    """Rows of exactly the declared columns, with ``_file`` and ``_row``; those of another type; what was dropped."""

    table: "pa.Table"
    refused: "pa.Table"
    warnings: tuple[str, ...]


def extract(store: "Store", use_case: UseCase, moment: Moment, root: Path) -> Extracted:
    """Read the sources, run the query, cut to the moment, mask labels.

    Rows from ``as_of`` on are cut off in every source that has the column of event times before the query runs, so no
    average in SQL can look ahead.

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
    data = use_case.data
    wanted = query.columns(data.query) if data.query is not None else set(declared(use_case))
    loaded = {name: load(store, use_case, name, root, moment, wanted) for name in data.sources}
    files = tuple(file for source in loaded.values() for file in source.files)
    early = _not_yet(use_case, loaded.values())
    warned = tuple(warning for source in loaded.values() for warning in source.warnings)
    unread = [source.refused for source in loaded.values()]
    names = sorted({name for source in loaded.values() for name in source.names})

    examples = _conform(use_case, _rows(use_case, loaded), names)
    cut = there(examples.table, data.event_time, moment)
    history = recent(cut.table, data.event_time, data.history, moment)
    known = masked(history.table, data.label.column, data.event_time, data.label.known_after, moment)
    refused = _refused(use_case, [*unread, examples.refused], moment)
    latest = newest(known.table, data.event_time, moment)
    _see(use_case, known.table.num_rows + refused.num_rows, latest, moment)
    return Extracted(
        parts=(put_table(store, _sorted(use_case, known.table)),),
        rows=known.table.num_rows,
        refused=(put_table(store, refused),) if refused.num_rows else (),
        refused_rows=refused.num_rows,
        not_yet=cut.away + early,
        outside_history=history.away,
        labels_pending=known.away,
        future=later_than(known.table, data.event_time, moment.started),
        newest=latest,
        sources=files,
        columns=tuple(
            Column(name=name, type=rule.type) for name, rule in declared(use_case, known.table.schema).items()
        ),
        warnings=(*warned, *examples.warnings),
    )


def _rows(use_case: UseCase, loaded: dict[str, Loaded]) -> "pa.Table":
    """One row per example, with ``_file`` and ``_row`` (of the query's result where the query does not pass them on).

    ``loaded`` is emptied, so that the sources are gone from memory when the result is worked on.
    """
    import numpy as np
    import pyarrow as pa

    tables = {name: source.table for name, source in loaded.items()}
    loaded.clear()
    if use_case.data.query is None:
        return tables.popitem()[1]
    result = query.run(use_case.data.query, tables)
    if {"_file", "_row"} <= set(result.column_names):
        at = result.column_names.index("_file")
        return result.set_column(at, "_file", result.column("_file").dictionary_encode())
    own = result.select([name for name in result.column_names if name not in {"_file", "_row"}])
    file = pa.array(["query"] * result.num_rows, pa.string()).dictionary_encode()
    return own.append_column("_file", file).append_column("_row", pa.array(np.arange(1, result.num_rows + 1)))


def _conform(use_case: UseCase, rows: "pa.Table", names: list[str]) -> Examples:
    """Exactly the declared columns in their types.

    Parameters
    ----------
    names
        The columns of all sources, read or not.
    """
    rules = declared(use_case, rows.schema)
    found = visible(rows.column_names) if use_case.data.query is not None else visible(names)
    missing = [name for name in rules if name not in rows.column_names]
    if missing:
        raise DataError(*(_missing(name, found) for name in missing))
    extra = [name for name in found if name not in rules]
    options = Options(
        types={name: rule.type for name, rule in rules.items()},
        nulls=(),
        zone=use_case.data.timezone,
        event_time=use_case.data.event_time,
    )
    named = rows.select([*rules, "_file", "_row"])
    parsed = typed(named, options)
    refused = parsed.refused.append_column("_file", _files_of(named, parsed.refused))
    warning = f"columns that the contract does not declare were dropped: {', '.join(extra)}"
    return Examples(parsed.table, refused, (warning,) if extra else ())


def _files_of(table: "pa.Table", refused: "pa.Table") -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    at = pc.index_in(refused.column("_row"), table.column("_row").combine_chunks())
    return table.column("_file").cast(pa.string()).take(at)


def _missing(name: str, found: list[str]) -> Problem:
    close = difflib.get_close_matches(name, found, n=3)
    do = f"did you mean {' or '.join(close)}?" if close else "add it to the query or take it out of the contract"
    return Problem(f"a declared column is missing: {name}", "contract.columns", name, ", ".join(found)[:300], do=do)


def _not_yet(use_case: UseCase, sources: Iterable[Loaded]) -> int:
    """Examples that are not there yet: counted where the key stands, not in tables that are joined to them."""
    key, all_of_them = set(use_case.data.key), list(sources)
    with_key = [source for source in all_of_them if key <= set(source.names)]
    return sum(source.not_yet for source in with_key or all_of_them)


def _see(use_case: UseCase, rows: int, latest: datetime | None, moment: Moment) -> None:
    """Refuse an empty table and one whose newest event is too old."""
    data = use_case.data
    if rows == 0:
        since = f" and not before {(moment.as_of - data.history).isoformat()}" if data.history else ""
        found = "no row; see `as_of` and what the files hold"
        raise DataError(
            Problem("0 rows to learn from", "data", f"rows before {moment.as_of.isoformat()}{since}", found)
        )
    if data.freshness is None or latest is None or moment.as_of - latest <= data.freshness:
        return
    age = moment.as_of - latest
    raise DataError(
        Problem(
            "the data are too old to train on",
            "data.freshness",
            f"newest event at most {format_duration(data.freshness)} before {moment.as_of.isoformat()}",
            f"newest event {latest.isoformat()}, {age.total_seconds() / 86400:.1f} days before",
            did="trained nothing; the champion stays",
            do="see why the upstream system delivers nothing new",
        )
    )


def _refused(use_case: UseCase, parts: "list[pa.Table]", moment: Moment) -> "pa.Table":
    """Rows that a reader or the contract's types refused, as far as they fall into the history (or have no time)."""
    import pyarrow as pa

    plain = [
        part.drop_columns(["_file"]).append_column("_file", part.column("_file").cast(pa.string())) for part in parts
    ]
    table = pa.concat_tables(plain)
    cut = recent(there(table, "_time", moment).table, "_time", use_case.data.history, moment)
    return cut.table


def _sorted(use_case: UseCase, table: "pa.Table") -> "pa.Table":
    """By event time and key; rows that are equal in these keep the order of their files."""
    time = [use_case.data.event_time] if use_case.data.event_time else []
    return table.take(order(table, [*time, *use_case.data.key, "_file", "_row"]))
