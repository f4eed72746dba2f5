"""Rows that people have put back from quarantine, and how a row stays in the data exactly once.

A row is known by the bytes of its file (their digest) and its number there, whatever the file is called today:

* its file is there: what was put back takes the place of the file's own row;
* its file is gone, but a reader refuses the very same row in other bytes (a file that grew): there too;
* neither: it is put in once. A row that upstream delivered since with the same key, good or bad, wins over it: it is
  *superseded*. In a source without the key a file that was written anew under the same path supersedes all of its rows;
* of one row put back twice the newer counts.
"""

import json
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

import msgspec
import numpy as np

from keepfit.data.refused import HIDDEN
from keepfit.data.tables import Parts, get_tables
from keepfit.ledger import fold_of, head
from keepfit.records import ReplayedRows, canonical, parse, sha256
from keepfit.store import get, put

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store

Texts = dict[str, str | None]
Key = tuple[str | None, ...]
T = TypeVar("T")
_WRITTEN = 4096  # rows that are Python objects beside those of the whole
Place = tuple[str, int]
Identity = tuple[str, str, str, int]
Pair = tuple["pa.Table", "pa.Table"]


class PutBack(msgspec.Struct, frozen=True, kw_only=True):
    """A row that a person has put back.

    ``level`` says who had refused it: ``source`` a reader (``values`` are those of the file, before the query),
    ``example`` the contract (``values`` are those of the declared columns). Values are texts; ``changed`` names those
    that the person corrected, ``number`` is the quarantine they stood in, ``raw`` the digest of what a reader had read
    ("" where several rows of one file read alike).
    """

    level: Literal["source", "example"]
    source: str
    file: str
    digest: str
    row: int
    number: int
    values: Texts
    changed: tuple[str, ...] = ()
    raw: str = ""

    @property
    def place(self) -> Place:
        """Digest of the file and number of the row."""
        return self.digest, self.row

    @property
    def identity(self) -> Identity:
        """By what the row is known; an example is one of its file, whichever source read that."""
        return self.level, self.source if self.level == "source" else "", self.digest, self.row

    @property
    def away(self) -> str:
        """What the file is called in reasons and reports when it is no longer among the sources."""
        mark = f" (put back, {self.digest[:12]})"
        return f"{self.file.removesuffix(mark)}{mark}"


class Replays(NamedTuple):
    """All rows that were put back, oldest first, and the parts that hold them.

    ``digest`` is that of the object that names the parts, "" while there are none.
    """

    digest: str
    rows: tuple[PutBack, ...]
    parts: tuple[str, ...] = ()

    def at_source(
        self, source: str, digest: str, files: Mapping[str, str], refused: "pa.Table | None" = None
    ) -> "tuple[frozenset[int], pa.Table]":
        """Rows of a file to leave out, parsed or refused, and what to put in their place: texts as read, and ``_row``.

        Parameters
        ----------
        digest
            That of the file's bytes.
        files
            Path to digest of all files of the source.
        refused
            The rows that the file's reader refuses (``_row``, ``_raw``): one may be that of a file that is gone.
        """
        mine, there = self._of(source), set(files.values())
        here = {row.row: row.values for row in mine if row.digest == digest}
        known = {row.raw: row.values for row in mine if row.raw and row.digest not in there}
        first = {raw: row for row, raw in reversed(list(_raws(refused)))} if known and refused is not None else {}
        again = {row: known[raw] for raw, row in first.items() if raw in known}
        place = dict(sorted((again | here).items()))
        return frozenset(place), texts_table([values | {"_row": str(row)} for row, values in place.items()])

    def of_gone_files(
        self, source: str, files: Mapping[str, str], refused: "Iterable[pa.Table]" = (), *, keyed: bool = True
    ) -> "pa.Table":
        """Rows of a source that none of its files holds any more: texts as read, ``_file`` and ``_row``.

        Those of them that `without_superseded` leaves are put in once, after mapping.

        Parameters
        ----------
        files
            Path to digest of all files of the source.
        refused
            The rows that its readers refuse; what stands there is put back there, by `at_source`.
        keyed
            Whether the source has all columns of the key.
        """
        there = set(files.values())
        gone = [row for row in self._of(source) if row.digest not in there and (keyed or row.file not in files)]
        again = {raw for table in refused for _, raw in _raws(table)} if gone else set()
        newest = {row.raw or str(row.place): row for row in gone if row.raw not in again}
        return texts_table([row.values | {"_file": row.away, "_row": str(row.row)} for row in newest.values()])

    def gone(self, source: str, files: Mapping[str, str]) -> dict[str, str]:
        """The names that `of_gone_files` gives to files, with the digests of their bytes."""
        there = set(files.values())
        return {row.away: row.digest for row in self._of(source) if row.digest not in there}

    def over_examples(
        self,
        examples: "Iterable[Pair]",
        names: Mapping[str, str],
        there: Collection[str],
        key: Sequence[str],
        conform: "Callable[[pa.Table], Pair]",
        unread: "Iterable[pa.Table]" = (),
    ) -> "Iterator[Pair]":
        """The examples, part by part, what had been put back in place of what was refused; its own part comes last.

        Corrected values are laid over the example of today, so that a label that became known since is not lost. Labels
        must not be masked yet, nor rows cut to the moment.

        Parameters
        ----------
        examples
            Pairs of rows in the types of the contract and of refused ones (``_raw``), with ``_file`` and ``_row``.
        names
            From what ``_file`` says to the digest of that file.
        there
            The digests of all files that are there.
        conform
            From a table of texts such a pair.
        unread
            The keys, typed, of rows that readers refuse.
        """
        mine = {row.place: row for row in self.rows if row.level == "example"}
        if not mine:
            yield from examples
            return
        waiting = {_key(row.values, key): row for row in mine.values() if row.digest not in there}
        fresh: list[Texts] = []
        for table in unread if waiting else ():
            waiting = _less(waiting, _standing(table, key, set(waiting)))
        for table, refused in examples:
            kept, left = _split(table, names, mine), _split(refused, names, mine)
            fresh += [
                _texts(row) | {name: mine[place].values[name] for name in mine[place].changed}
                for part in (kept, left)
                for place, row in part.taken
            ]
            delivered = _standing(table, key, set(waiting)) | _standing_refused(refused, key, set(waiting))
            waiting = _less(waiting, delivered)
            yield kept.table, left.table
        fresh += [row.values | {"_file": row.away, "_row": str(row.row)} for row in waiting.values()]
        if fresh:
            yield conform(texts_table(fresh))

    @property
    def away(self) -> set[str]:
        """What files are called of which examples were put back, when they are no longer there."""
        return {row.away for row in self.rows if row.level == "example"}

    def _of(self, source: str) -> list[PutBack]:
        return [row for row in self.rows if row.level == "source" and row.source == source]


NONE = Replays("", ())


class _Split(NamedTuple):
    table: "pa.Table"
    taken: list[tuple[Place, dict[str, Any]]]


def replays(store: "Store", use_case: str) -> Replays:
    """What people have put back so far, as the ledger's newest entry says."""
    digest = fold_of(head(store, use_case)).replays
    return read_replays(store, digest) if digest else NONE


def read_replays(store: "Store", digest: str) -> Replays:
    """The rows in the parts that an object names; of equal identity the newest, where it was put back."""
    parts = parse(get(store, digest), ReplayedRows, digest).parts
    newest: dict[Identity, PutBack] = {}
    for row in _rows_of(get_tables(store, parts)):
        newest.pop(row.identity, None)
        newest[row.identity] = row
    return Replays(digest, tuple(newest.values()), parts)


def write_replays(store: "Store", before: Replays, new: Iterable[PutBack]) -> str:
    """Keep new rows behind the earlier ones, which stay in their parts; the digest of the object that names all."""
    rows = Parts(store)
    for table in get_tables(store, before.parts[-1:]):  # the last part may have room
        rows.add(table)
    every = iter(new)
    while some := list(islice(every, _WRITTEN)):
        rows.add(_table_of(some))
    return put(store, canonical(ReplayedRows(parts=(*before.parts[:-1], *rows.close()))))


def _rows_of(tables: "Iterable[pa.Table]") -> Iterator[PutBack]:
    for table in tables:
        for batch in table.to_batches(max_chunksize=_WRITTEN):
            for row in batch.to_pylist():
                often = {name: sys.intern(row[name]) for name in ("level", "source", "file", "digest")}
                yield msgspec.convert({**row, **often, "values": msgspec.json.decode(row["values"])}, PutBack)


def _table_of(rows: Iterable[PutBack]) -> "pa.Table":
    import pyarrow as pa

    told = [msgspec.structs.asdict(row) | {"values": json.dumps(row.values, ensure_ascii=False)} for row in rows]
    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("level", "source", "file", "digest", "values", "raw")),
            *((name, pa.int64()) for name in ("row", "number")),
            ("changed", pa.list_(pa.string())),
        ]
    )
    return pa.Table.from_pylist(told, schema=schema)


def without_superseded(table: "pa.Table", key: Sequence[str], others: "Iterable[pa.Table]") -> "pa.Table":
    """Rows of gone files, less those whose key stands elsewhere in their source, and of equal keys the newest.

    Parameters
    ----------
    table
        Typed rows, the oldest first.
    others
        What the files of the source hold, part by part, and what of the keys of refused rows can be read: at least the
        columns of the key, in the same types.
    """
    import pyarrow as pa

    waiting = {_key(_texts(row), key): place for place, row in enumerate(table.select(list(key)).to_pylist())}
    for other in others if waiting else ():
        waiting = _less(waiting, _standing(other, key, set(waiting)))
    return table.take(pa.array(sorted(waiting.values()), pa.int64()))


def _less(waiting: dict[Key, T], found: set[Key]) -> dict[Key, T]:
    return {each: value for each, value in waiting.items() if each not in found}


def raw_digest(raw: str) -> str:
    """By what a refused row is known when it comes again in other bytes."""
    return sha256(raw.encode())


def as_text(value: Any) -> str | None:
    """A value as a text that the readers understand: parsing it gives the value again.

    >>> as_text(1.0), as_text(True), as_text("x"), as_text(None)
    ('1.0', 'true', 'x', None)
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):  # and datetime, which is one
        return value.isoformat()
    if isinstance(value, float | int):
        return repr(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def raw_texts(raw: str) -> Texts | None:
    """The values of a row that a reader refused; None where it has not the shape of a row.

    >>> raw_texts('{"id": "r1", "size": 1.50}'), raw_texts("r1;1,5")
    ({'id': 'r1', 'size': '1.50'}, None)
    """
    try:
        row = json.loads(raw, parse_float=str, parse_int=str, parse_constant=str)
    except ValueError:
        return None
    return {name: as_text(value) for name, value in row.items()} if isinstance(row, dict) else None


def _texts(row: Mapping[str, Any]) -> Texts:
    """A row of a table as texts; of one that was refused, what was read."""
    values = raw_texts(row["_raw"]) if row.get("_raw") is not None else None
    origin = {name: as_text(row[name]) for name in ("_file", "_row") if name in row}
    return (values or {name: as_text(value) for name, value in row.items() if name not in HIDDEN}) | origin


def texts_table(rows: Sequence[Texts]) -> "pa.Table":
    """A table of texts; ``_row`` is a number. Columns are those of all rows, in the order of their first."""
    import pyarrow as pa

    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in (*names, "_row")}
    columns["_row"] = columns["_row"].cast(pa.int64())
    return pa.table(columns)


def _raws(refused: "pa.Table") -> Iterator[tuple[int, str]]:
    for row in refused.select(["_row", "_raw"]).to_pylist():
        if row["_raw"] is not None:
            yield row["_row"], raw_digest(row["_raw"])


def _split(table: "pa.Table", digests: Mapping[str, str], mine: Mapping[Place, PutBack]) -> _Split:
    """The rows that nobody put back, and the others by their place."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = {digest for digest, _ in mine}
    names = pa.array([name for name, digest in digests.items() if digest in wanted], pa.string())
    may = pc.and_(
        pc.is_in(table.column("_file").cast(pa.string()), names),
        pc.is_in(table.column("_row"), pa.array({row for _, row in mine}, pa.int64())),
    )
    at = pc.indices_nonzero(may).to_pylist()
    rows = [((digests[row["_file"]], row["_row"]), row) for row in table.take(at).to_pylist()] if at else []
    hits = {place: found for place, found in zip(at, rows, strict=True) if found[0] in mine}
    if not hits:
        return _Split(table, [])
    rest = pc.invert(pc.is_in(pa.array(range(table.num_rows)), pa.array(hits, pa.int64())))
    return _Split(table.filter(rest), list(hits.values()))


def _key(row: Mapping[str, str | None], key: Sequence[str]) -> Key:
    return tuple(row.get(name) for name in key)


def with_keys(table: "pa.Table", key: Sequence[str], wanted: "set[Key]") -> "Iterator[tuple[Key, dict[str, Any]]]":
    """The rows of a table that have one of some keys (as texts), each with its key."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not wanted or not table.num_rows:
        return
    may: Any = pa.array(np.ones(table.num_rows, dtype=bool))
    for place, name in enumerate(key):
        kind = table.schema.field(name).type
        plain = kind.value_type if pa.types.is_dictionary(kind) else kind
        values = pa.array([each[place] for each in wanted], pa.string()).cast(plain)
        may = pc.and_(may, pc.is_in(table.column(name).cast(plain), values))
    for row in table.filter(may).to_pylist():
        found = _key(_texts(row), key)
        if found in wanted:
            yield found, row


def _standing(table: "pa.Table", key: Sequence[str], wanted: set[Key]) -> set[Key]:
    return {found for found, _ in with_keys(table.select(list(key)), key, wanted)}


def _standing_refused(refused: "pa.Table", key: Sequence[str], wanted: set[Key]) -> set[Key]:
    """The same among refused rows, as far as their key stands there under its own name and as it is kept."""
    if not wanted or not refused.num_rows:
        return set()
    raws = (raw_texts(raw) for raw in refused.column("_raw").to_pylist() if raw is not None)
    return {_key(row, key) for row in raws if row is not None} & wanted
