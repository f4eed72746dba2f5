"""Rows put back: judged again, kept as one object with all that were put back before, told to the ledger."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Literal

from keepfit.config.model import UseCase
from keepfit.config.suggest import closest
from keepfit.data import get_table
from keepfit.data.paths import in_path
from keepfit.data.replay import NONE, Place, PutBack, Texts, raw_digest, read_replays, replays, write_replays
from keepfit.errors import DataError, Problem
from keepfit.ledger import append, fold_of, who_and_why
from keepfit.quarantine.files import Line
from keepfit.quarantine.judge import Candidate, judge
from keepfit.quarantine.reading import Row, Taken, rows
from keepfit.records import Draft, Entry, Record

if TYPE_CHECKING:
    from keepfit.store import Store

_SHOWN = 1000  # rows that are told one by one
_DID = "put nothing back"


class Change(Record, frozen=True, kw_only=True):
    """A value that a person corrected."""

    file: str
    row: int
    column: str
    before: str | None
    after: str | None


class Stays(Record, frozen=True, kw_only=True):
    """A row that was not put back, and all that is still wrong with it."""

    file: str
    row: int
    reasons: tuple[str, ...]


class PutBackRows(Record, frozen=True, kw_only=True):
    """What ``keepfit quarantine replay --json`` answers.

    ``asked == put_back + already + stay``; ``entry`` is the number of the ledger's entry, ``object`` what it names:
    both None where nothing was written. ``changes`` and ``staying`` name the first thousand; ``judged_by_query`` says
    that only the next run can hold what the rows become part of to the contract.
    """

    use_case: str
    number: int
    dry_run: bool
    asked: int
    put_back: int
    already: int
    stay: int
    changes: tuple[Change, ...]
    staying: tuple[Stays, ...]
    judged_by_query: bool
    entry: int | None = None
    object: str | None = None


def replay(
    store: "Store",
    use_case: UseCase,
    it: Taken,
    corrected: Iterable[Line] | None = None,
    *,
    actor: str,
    reason: str,
    at: datetime,
    dry_run: bool = False,
) -> PutBackRows:
    """Put quarantined rows back, as they are or as they were corrected, if today's YAML takes them.

    Parameters
    ----------
    corrected
        Rows of an exported file; without it, all rows of the quarantine that nobody has put back yet.

    Raises
    ------
    ConfigError
        No actor or no reason.
    DataError
        The file has a row that this quarantine has not, one twice, or a column that nobody knows.
    """
    who_and_why(actor, reason)
    quarantined = list(rows(store, it))
    before = {row.identity: row for row in replays(store, use_case.name).rows}
    asked = list(_candidates(store, use_case, it, quarantined, corrected))
    # What a person corrected must not be undone by putting back the others as they are.
    wanted = asked if corrected is not None else [each for each in asked if each.identity not in before]
    found = judge(store, use_case, it, wanted, at)
    once = Counter((row.digest, row.raw) for row in quarantined)
    passed = [_put_back(wanted[place], texts, it, once) for place, texts in found.passed.items()]
    new = [row for row in passed if not _same(row, before.get(row.identity))]
    staying = [(wanted[place].row, why) for place, why in sorted(found.why.items())]
    entry = None if dry_run or not new else _append(store, use_case.name, it, new, len(staying), actor, reason, at)
    return PutBackRows(
        use_case=use_case.name,
        number=it.record.number,
        dry_run=dry_run,
        asked=len(asked),
        put_back=len(new),
        already=len(asked) - len(new) - len(staying),
        stay=len(staying),
        changes=tuple(islice(_changes(wanted), _SHOWN)),
        staying=tuple(Stays(file=row.file, row=row.row, reasons=tuple(why)) for row, why in staying[:_SHOWN]),
        judged_by_query=use_case.data.query is not None and any(row.level == "source" for row in new),
        entry=entry.seq if entry else None,
        object=entry.objects["rows"] if entry else None,
    )


def _candidates(
    store: "Store", use_case: UseCase, it: Taken, quarantined: list[Row], corrected: Iterable[Line] | None
) -> Iterator[Candidate]:
    levels = _Levels(store, use_case, it)
    if corrected is None:
        yield from (Candidate(row, levels.of(row), {}) for row in quarantined)
        return
    by_place = _by_place(quarantined)
    known = {*(name for row in quarantined for name in row.values), *(column.name for column in it.extracted.columns)}
    nulls = {name: set(source.nulls) for name, source in use_case.data.sources.items()}
    seen: dict[tuple[str, Place], str] = {}
    for line in corrected:
        row = by_place.get((line.source, line.place))
        _see(line, row, seen, known, it)
        if row is not None:
            level, row = levels.of(row), _with_path(use_case, row) if any(line.values.values()) else row
            none = nulls.get(row.source, set()) if level == "source" else set()
            yield Candidate(row, level, _changed(row, line, none))


def _with_path(use_case: UseCase, row: Row) -> Row:
    """Of a row without a shape that somebody gives one, the columns that stand in the path of its file."""
    source = use_case.data.sources.get(row.source)
    return row._replace(values={**in_path(source.path, row.file)}) if row.shapeless and source else row


def _by_place(quarantined: Iterable[Row]) -> dict[tuple[str, Place], Row]:
    return {(row.source, row.place): row for row in quarantined}


def _see(line: Line, row: Row | None, seen: dict[tuple[str, Place], str], known: Collection[str], it: Taken) -> None:
    """See that a line of a corrected file is one row of this quarantine, and the first one of it."""
    where = line.where
    if row is None:
        do = "of an earlier export say its --number; leave _source, _digest and _row as they were exported"
        found = f"row {line.place[1]} of {line.source or 'no source'}, file digest {line.place[0][:12]}…"
        raise DataError(Problem(f"not a row of quarantine {it.record.number}", where, found=found, did=_DID, do=do))
    first = seen.setdefault((line.source, line.place), where)
    if first != where:
        raise DataError(Problem("a row stands twice in the file", where, "every row once", f"also {first}", did=_DID))
    unknown = [name for name, value in line.values.items() if name not in known and value not in {None, ""}]
    if unknown:
        close = closest(unknown[0], known)
        do = f"did you mean {close}?" if close else "correct the columns that were exported"
        raise DataError(
            Problem("a column that no row has", where, ", ".join(sorted(known))[:300], unknown[0], _DID, do)
        )


def _changed(row: Row, line: Line, nulls: Collection[str]) -> Texts:
    """The values that differ from what was exported; an empty one and none are the same."""
    new = {name: value for name, value in line.values.items() if (value or "") != (row.values.get(name) or "")}
    return {name: None if value in {"", *nulls} else value for name, value in new.items()}


class _Levels:
    """Who refused a row: the reader of its source, or the contract."""

    def __init__(self, store: "Store", use_case: UseCase, it: Taken) -> None:
        self._store, self._query = store, use_case.data.query
        self._parts = {file.path: file.parts for file in it.extracted.sources}
        self._read: dict[str, set[int]] = {}

    def of(self, row: Row) -> Literal["source", "example"]:
        if row.raw is None or (self._query is not None and not row.shapeless and row.row in self._taken(row.file)):
            return "example"
        return "source"

    def _taken(self, file: str) -> set[int]:
        """The rows of a file that its reader took: what was refused of them is an example."""
        if file not in self._read:
            tables = (get_table(self._store, part, ["_row"]) for part in self._parts.get(file, ()))
            self._read[file] = {row for table in tables for row in table.column("_row").to_pylist()}
        return self._read[file]


def _put_back(each: Candidate, values: Texts, it: Taken, once: Mapping[tuple[str, str | None], int]) -> PutBack:
    row = each.row
    alone = each.level == "source" and row.raw is not None and once[row.digest, row.raw] == 1
    return PutBack(
        level=each.level,
        source=row.source,
        file=row.file,
        digest=row.digest,
        row=row.row,
        number=it.record.number,
        values=values,
        changed=tuple(each.changed),
        raw=raw_digest(row.raw) if alone and row.raw is not None else "",
    )


def _same(row: PutBack, before: PutBack | None) -> bool:
    return before is not None and before.values == row.values


def _changes(wanted: Iterable[Candidate]) -> Iterator[Change]:
    for each in wanted:
        for column, after in each.changed.items():
            before = each.row.values.get(column)
            yield Change(file=each.row.file, row=each.row.row, column=column, before=before, after=after)


def _append(
    store: "Store", use_case: str, it: Taken, new: list[PutBack], stay: int, actor: str, reason: str, at: datetime
) -> Entry | None:
    """Add the rows to those that were put back before, whoever else does so at the same time."""

    def draft(newest: Entry | None) -> Draft | None:
        digest = fold_of(newest).replays
        before = read_replays(store, digest) if digest else NONE
        known = {row.identity: row for row in before.rows}
        fresh = [row for row in new if not _same(row, known.get(row.identity))]
        if not fresh:
            return None
        counts = {"put_back": len(fresh), "stay": stay, "in_all": len({*known, *(row.identity for row in fresh)})}
        return Draft(
            action="replayed",
            actor=actor,
            reason=reason,
            at=at,
            objects={"rows": write_replays(store, before, fresh)},
            details={"quarantine": str(it.record.number), **{name: str(count) for name, count in counts.items()}},
        )

    return append(store, use_case, draft)
