"""The table of examples as of a moment: what was there then, and the labels that were known then."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from keepfit.config.contract import ColumnRule
from keepfit.config.model import UseCase
from keepfit.config.values import format_duration
from keepfit.data import query
from keepfit.data.declared import declared, visible
from keepfit.data.files import Source, load
from keepfit.data.left_out import NOT_YET, OUTSIDE, LeftOut
from keepfit.data.look import Looked, look
from keepfit.data.moment import Cut, later_than, masked, newest, recent, there
from keepfit.data.refused import refused_schema
from keepfit.data.rejudge import as_examples, keys_of_refused
from keepfit.data.replay import Replays, replays
from keepfit.data.rows import Rows, ordered, running
from keepfit.data.stream import Stream
from keepfit.data.tables import Parts, get_table, get_tables, give_back, put_table
from keepfit.errors import DataError, Problem
from keepfit.records import Column, Extracted, Moment, SourceFile

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store

_NAMED = 10  # files in warnings
_DID = "trained nothing; the champion stays"
_QUERY = "query"  # where a row comes from if the query does not pass on its file and row


def extract(
    store: "Store", use_case: UseCase, moment: Moment, root: Path, looked: Mapping[str, Looked] | None = None
) -> Extracted:
    """Read the sources, run the query, cut to the moment, mask labels.

    Rows from ``as_of`` on are cut off in every source that has the column of event times before the query runs, so no
    average in SQL can look ahead.

    Parameters
    ----------
    root
        The folder that the sources' paths are relative to.
    looked
        What `look` saw when the run began; looked at now if it is not given.

    Raises
    ------
    DataError
        A file cannot be read, a declared column is missing, no row is left, or the newest is too old.
    ConfigError
        The query cannot be run.
    """
    data = use_case.data
    named = query.columns(data.query) if data.query is not None else query.Named(frozenset(), others=False)
    needed = {*declared(use_case), *named.columns}
    seen = look(store, use_case, root) if looked is None else looked
    back = replays(store, use_case.name)
    sources = [load(store, use_case, name, seen[name], moment, needed, back) for name in data.sources]
    files = sorted({file.path for source in sources for file in source.files} | back.away)
    give_back()  # what parsing left
    with _rows(store, use_case, sources, None if named.others else needed) as rows:
        examples = _Examples(store, use_case, moment, rows, sources, back)
        parts = Parts(store)
        with ordered(Stream(examples.schema(files), lambda: examples.tables(files)), _order(use_case)) as result:
            give_back()  # what reading left: all rows are with DuckDB now
            for table in result.batches:
                parts.add(_with_files(table, files))
    examples.refuse(_refused(store, sources))
    away = examples.away
    _at_source(away, [each for each in sources if set(data.key) <= set(each.layout.schema.names)] or sources)
    extracted = Extracted(
        parts=parts.close(),
        rows=parts.rows,
        refused=examples.refused.close(),
        refused_rows=examples.refused.rows,
        unread=tuple(file for source in sources for file in source.unread),
        not_yet=away.rows[NOT_YET],
        outside_history=away.rows[OUTSIDE],
        left_out=(put_table(store, away.table()),) if away.rows else (),
        labels_pending=examples.labels_pending,
        future=examples.future,
        newest=examples.newest,
        sources=(*(file for source in sources for file in source.source_files()), *_away(back, sources)),
        columns=tuple(Column(name=name, type=rule.type) for name, rule in examples.rules.items()),
        warnings=(*(warning for each in sources for warning in _warnings(each)), *examples.warnings),
    )
    _see(store, use_case, extracted, moment)
    return extracted


def _warnings(source: Source) -> Iterator[str]:
    for file in source.unread[:_NAMED]:
        yield f"{file.path} was set aside, nothing of it was read: {file.why.splitlines()[0]}"
    if len(source.unread) > _NAMED:
        yield f"{len(source.unread) - _NAMED} more files of `{source.name}` were set aside"
    yield from source.layout.warnings


@contextmanager
def _rows(store: "Store", use_case: UseCase, sources: Iterable[Source], wanted: Iterable[str] | None) -> Iterator[Rows]:
    """One row per example, with ``_file`` and ``_row`` where they are known."""
    streams = {source.name: source.stream(store, wanted) for source in sources}
    if use_case.data.query is None:
        (stream,) = streams.values()
        yield Rows(stream.schema, stream.tables())
        return
    with running(use_case.data.query, streams) as rows:
        yield rows


def _at_source(away: LeftOut, sources: Iterable[Source]) -> None:
    """Take note of the rows that no query saw."""
    for source in sources:
        for path, (late, early) in source.away.items():
            away.know(NOT_YET, path, late)
            away.know(OUTSIDE, path, early)


class _Examples:
    """Rows as examples: exactly the declared columns, as of the moment; notes what was left out on the way."""

    def __init__(
        self, store: "Store", use_case: UseCase, moment: Moment, rows: Rows, sources: Sequence[Source], back: Replays
    ) -> None:
        self._use_case, self._moment, self._rows = use_case, moment, rows
        self.rules = declared(use_case, rows.schema)
        self.warnings = _only_declared(use_case, rows.schema, self.rules, sources)
        self._back, self._sources, self._store = back, sources, store
        self.refused = Parts(store)
        self.away = LeftOut()
        self.labels_pending = self.future = self._seen = 0
        self.newest: datetime | None = None

    def schema(self, files: list[str]) -> "pa.Schema":
        """The columns of `tables`; ``_file`` is the place of the name in ``files``, which sorts as the name does."""
        empty, _ = self._typed(self._rows.schema.empty_table())
        return self._cut(empty, files).schema

    def tables(self, files: list[str]) -> "Iterator[pa.Table]":
        """The examples, in any order, with what people have put back in the place of what was refused."""
        names = {file.path: file.digest for source in self._sources for file in source.files}
        pairs = self._back.over_examples(
            (self._typed(rows) for rows in self._rows.batches),
            names=names | {row.away: row.digest for row in self._back.rows},
            there={digest for source in self._sources for digest in source.there},
            key=self._use_case.data.key,
            conform=lambda texts: as_examples(self.rules, self._use_case, texts),
            unread=self._unread(),
        )
        for table, refused in pairs:
            self.refuse([refused] if refused.num_rows else [])
            yield self._cut(table, files)

    def refuse(self, tables: "Iterable[pa.Table]") -> None:
        """Rows that could not be taken, as far as they fall into the history (or have no time)."""
        import pyarrow as pa

        plain = pa.schema([*refused_schema(), ("_file", pa.string())])
        for each in tables:
            self.refused.add(self._within(each.select(plain.names).cast(plain), "_time"))

    def _typed(self, rows: "pa.Table") -> "tuple[pa.Table, pa.Table]":
        placed = _with_origin(rows, self._seen)
        self._seen += rows.num_rows
        return as_examples(self.rules, self._use_case, placed)

    def _unread(self) -> "Iterator[pa.Table]":
        """The keys of what readers refuse."""
        for source in self._sources:
            tables = (table for file in source.files for table in get_tables(self._store, file.parsed.refused))
            keys = keys_of_refused(self._use_case, source.name, tables)
            yield from [keys] if keys is not None else []

    def _cut(self, table: "pa.Table", files: list[str]) -> "pa.Table":
        """To the moment, labels masked."""
        data, moment = self._use_case.data, self._moment
        within = _with_places(self._within(table, data.event_time), files)
        known = masked(within, data.label.column, data.event_time, data.label.known_after, moment)
        self.labels_pending += known.away
        self.future += later_than(known.table, data.event_time, moment.started)
        latest = newest(known.table, data.event_time, moment)
        self.newest = max((each for each in (self.newest, latest) if each is not None), default=None)
        return known.table

    def _within(self, table: "pa.Table", time: str | None) -> "pa.Table":
        """The rows that are there and not before the history."""
        now = there(table, time, self._moment)
        self._note(NOT_YET, table, now)
        history = recent(now.table, time, self._use_case.data.history, self._moment)
        self._note(OUTSIDE, now.table, history)
        return history.table

    def _note(self, rule: str, table: "pa.Table", cut: Cut) -> None:
        if cut.which is not None:
            self.away.see(rule, *(table.column(name).filter(cut.which) for name in ("_file", "_row")))


def _away(back: Replays, sources: Sequence[Source]) -> Iterator[SourceFile]:
    """Files that are gone and of which examples were put back: by these names a row of them is found again."""
    there = {digest for source in sources for digest in source.there}
    named = {file.path for source in sources for file in source.files}
    rows = {row.away: row for row in back.rows if row.level == "example" and row.digest not in there}
    for name, row in rows.items():
        if name not in named:
            yield SourceFile(source=row.source, path=name, digest=row.digest, size=0, parts=(), rows=0, refused=0)


def _order(use_case: UseCase) -> list[str]:
    """By event time and key; rows that are equal in these keep the order of their files."""
    time = [use_case.data.event_time] if use_case.data.event_time else []
    return [*time, *use_case.data.key, "_file", "_row"]


def _with_origin(rows: "pa.Table", before: int) -> "pa.Table":
    """``_file`` and ``_row``; where the query does not pass them on, rows are counted."""
    import numpy as np
    import pyarrow as pa

    if {"_file", "_row"} <= set(rows.column_names):
        return rows
    own = rows.select([name for name in rows.column_names if name not in {"_file", "_row"}])
    numbers = pa.array(np.arange(before + 1, before + rows.num_rows + 1))
    return own.append_column("_file", pa.repeat(_QUERY, rows.num_rows)).append_column("_row", numbers)


def _with_places(table: "pa.Table", files: list[str]) -> "pa.Table":
    """``_file`` as a place in ``files``; null where the query does not pass it on."""
    import pyarrow as pa
    import pyarrow.compute as pc

    places = pc.index_in(table.column("_file").cast(pa.string()), pa.array(files, pa.string()))
    return table.set_column(table.column_names.index("_file"), "_file", places)


def _with_files(table: "pa.Table", files: list[str]) -> "pa.Table":
    """``_file`` as a name again."""
    import pyarrow as pa
    import pyarrow.compute as pc

    places = pc.fill_null(table.column("_file").cast(pa.int32()), len(files)).combine_chunks()
    names = pa.DictionaryArray.from_arrays(places, pa.array([*files, _QUERY]))
    return table.set_column(table.column_names.index("_file"), "_file", names)


def _refused(store: "Store", sources: Iterable[Source]) -> "Iterator[pa.Table]":
    """What the readers could not take."""
    import pyarrow as pa

    for source in sources:
        for file in source.files:
            for table in get_tables(store, file.parsed.refused):
                yield table.append_column("_file", pa.array([file.path] * table.num_rows, pa.string()))


def _only_declared(
    use_case: UseCase, schema: "pa.Schema", rules: Mapping[str, ColumnRule], sources: Iterable[Source]
) -> tuple[str, ...]:
    """What should be said of columns that nobody declared.

    Raises
    ------
    DataError
        A declared column is missing.
    """
    in_files = list(dict.fromkeys(name for source in sources for name in source.layout.schema.names))
    found = visible(schema.names if use_case.data.query is not None else in_files)
    missing = [name for name in rules if name not in schema.names]
    if missing:
        raise DataError(*(_missing(name, found) for name in missing))
    extra = [name for name in found if name not in rules]
    return (f"columns that the contract does not declare were dropped: {', '.join(extra)}",) if extra else ()


def _missing(name: str, found: list[str]) -> Problem:
    close = difflib.get_close_matches(name, found, n=3)
    do = f"did you mean {' or '.join(close)}?" if close else "add it to the query or take it out of the contract"
    what = f"a declared column is missing: {name}"
    return Problem(what, "contract.columns", name, ", ".join(found)[:300], did=_DID, do=do)


def _see(store: "Store", use_case: UseCase, extracted: Extracted, moment: Moment) -> None:
    """Refuse an empty table and one whose newest event is too old.

    Where so many rows are broken that the contract will stop the run, the rows are what must be told: that the others
    are old follows from it.
    """
    data = use_case.data
    if extracted.rows + extracted.refused_rows == 0:
        since = f" and not before {(moment.as_of - data.history).isoformat()}" if data.history else ""
        found = f"no row ({extracted.not_yet:,} not before it, {extracted.outside_history:,} outside the history)"
        expected = f"rows before {moment.as_of.isoformat()}{since}"
        do = "see whether `--as-of` is what you mean, and whether the files are"
        raise DataError(Problem("0 rows to learn from", "data", expected, found, did=_DID, do=do))
    if data.freshness is None or extracted.newest is None or moment.as_of - extracted.newest <= data.freshness:
        return
    broken, judged = extracted.refused_rows + extracted.future, extracted.rows + extracted.refused_rows
    if broken > use_case.contract.quarantine_at_most * judged:
        return
    age = moment.as_of - extracted.newest
    raise DataError(
        Problem(
            "the data are too old to train on",
            "data.freshness",
            f"newest event at most {format_duration(data.freshness)} before {moment.as_of.isoformat()}",
            f"newest event {extracted.newest.isoformat()}, {age.total_seconds() / 86400:.1f} days before"
            + _not_taken(store, extracted),
            did=_DID,
            do="see why the upstream system delivers nothing new" + (", or only such rows" if broken else ""),
        )
    )


def _not_taken(store: "Store", extracted: Extracted) -> str:
    """What came, but does not count: it may be all that is new."""
    future = f"; {extracted.future:,} rows are later than the run's start" if extracted.future else ""
    if not extracted.refused_rows:
        return future
    table = get_table(store, extracted.refused[-1])
    (last,) = table.slice(table.num_rows - 1).to_pylist()
    such = f"{last['_reasons'][0]} ({last['_file']}, row {last['_row']})"
    return f"{future}; {extracted.refused_rows:,} rows could not be read, such as {such}"
