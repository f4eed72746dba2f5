"""What validations took out, as they wrote it down: newest first, and every row with where it came from."""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from keepfit.data import get_table
from keepfit.data.refused import HIDDEN
from keepfit.data.replay import Place, Texts, as_text, raw_texts
from keepfit.errors import ConfigError, Problem
from keepfit.records import Extracted, Quarantined, parse
from keepfit.store import get
from keepfit.validate import archive

if TYPE_CHECKING:
    import pyarrow as pa

    from keepfit.store import Store

_BATCH = 4096  # rows that are Python objects at a time


class Row(NamedTuple):
    """A quarantined row.

    ``values`` are texts: of the file's own columns where a reader refused it, of the declared ones otherwise. ``raw``
    is what a reader saw, or None; of a row that has not the shape of one that is all there is.
    """

    source: str
    file: str
    digest: str
    row: int
    reasons: tuple[str, ...]
    values: Texts
    raw: str | None

    @property
    def place(self) -> Place:
        """Digest of the file and number of the row."""
        return self.digest, self.row

    @property
    def shapeless(self) -> bool:
        """Whether nobody could say which value belongs to which column."""
        return self.raw is not None and not self.values


class Taken(NamedTuple):
    """What one validation took out, and what it had been given."""

    record: Quarantined
    extracted: Extracted


def taken(store: "Store", use_case: str, number: int | None = None) -> Taken:
    """What one validation took out; the newest unless a number is given.

    Raises
    ------
    ConfigError
        No validation of the use case took anything out, or none has this number.
    """
    newest = archive.newest(store, use_case)
    if newest is None:
        do = "see that the name and --store are right; every run that validates writes what it took out"
        raise ConfigError(Problem(f"nothing was ever taken out of {use_case}", store.address, do=do))
    if number is not None and not 1 <= number <= newest.number:
        do = f"`keepfit quarantine list {use_case}` names them"
        raise ConfigError(
            Problem("there is no such quarantine", "--number", f"1 to {newest.number}", str(number), do=do)
        )
    key = archive.quarantine_key(use_case, number or newest.number)
    where = f"{store.address}/{key}"
    record = newest if number is None else parse(store.read(key), Quarantined, where)
    return Taken(record, parse(get(store, record.extracted), Extracted, where))


def rows(store: "Store", it: Taken) -> Iterator[Row]:
    """The quarantined rows, in the order in which they were written down."""
    origins = origins_of(it.extracted)
    for digest in it.record.quarantine:
        table = get_table(store, digest)
        for batch in table.to_batches(max_chunksize=_BATCH):
            yield from (_row(each, origins) for each in batch.to_pylist())


def origins_of(extracted: Extracted) -> dict[str, tuple[str, str]]:
    """Source and digest of every file by its path; of a path in two sources, the one whose reader refused rows."""
    files = sorted(extracted.sources, key=lambda file: file.refused > 0)
    return {file.path: (file.source, file.digest) for file in files}


def absent(store: "Store", it: Taken) -> "Iterator[pa.Table]":
    """The dropped rows, part by part: ``_file``, ``_row`` and ``rule``."""
    return (get_table(store, digest, ["_file", "_row", "rule"]) for digest in it.record.absent)


class Subject(NamedTuple):
    """What a reason is about: a column as the contract calls it, and its name in the row; None for the whole row."""

    column: str | None
    name: str | None
    text: str


def subject(reason: str, names: Collection[str], declared: Collection[str] = ()) -> Subject:
    """What a reason is about.

    Parameters
    ----------
    names
        The columns of the row, as its file calls them.
    declared
        The columns that the contract knows; the file may call them otherwise.

    >>> subject("size: at most 100", ["size"]), subject("size: 'x' is not a number (column Größe)", ["Größe"]).name
    (Subject(column='size', name='size', text='at most 100'), 'Größe')
    >>> subject("at: fits no period (…)", ["departure"], ["at"])[:2], subject("too short: 4 fields", ["size"]).column
    (('at', None), None)
    """
    column, found, text = reason.partition(": ")
    alias = text.rpartition(" (column ")[2].removesuffix(")")
    name = next((each for each in (alias, column) if each in names), None)
    known = found and (name is not None or column in declared)
    return Subject(column, name, text) if known else Subject(None, None, reason)


def _row(row: Mapping[str, Any], origins: Mapping[str, tuple[str, str]]) -> Row:
    source, digest = origins.get(row["_file"], ("", ""))
    raw = row["_raw"]
    values = raw_texts(raw) or {} if raw is not None else {}
    if raw is None:
        values = {name: as_text(value) for name, value in row.items() if name not in HIDDEN}
    return Row(source, row["_file"], digest, row["_row"], tuple(row["_reasons"]), values, raw)
