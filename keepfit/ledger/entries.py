"""Entries as files, newest first: keys count down, so the newest is the first of a list.

Going back from the newest needs no list: entries are numbered without gaps, so each key is known.
"""

from collections.abc import Iterator
from functools import partial
from itertools import islice

from msgspec.structs import replace

from keepfit.errors import IntegrityError, Missing, Problem
from keepfit.records import Entry, canonical, digest_of, parse
from keepfit.store import Store, ahead

_TOP = 10**12
_ONE_BY_ONE = 8  # who looks for an entry mostly finds it among the newest


def entry_key(use_case: str, seq: int) -> str:
    """Where entry ``seq`` lies.

    >>> entry_key("flight_delay", 1)
    'flight_delay/ledger/999999999999.json'
    """
    return f"{use_case}/ledger/{_TOP - seq:012d}.json"


def folder(use_case: str) -> str:
    """The prefix of all entries of a use case."""
    return f"{use_case}/ledger/"


def head(store: Store, use_case: str) -> Entry | None:
    """The newest entry, or None while there is no history: one list, one read.

    Raises
    ------
    IntegrityError
        The newest entry was altered.
    """
    newest = store.list(folder(use_case), 1)
    return read_entry(store, newest[0]) if newest else None


def entries(store: Store, use_case: str, limit: int | None = None) -> list[Entry]:
    """The newest entries, newest first; each fits its own checksum (``replay`` checks that they fit each other).

    Raises
    ------
    IntegrityError
        One of them was altered or is gone.
    """
    return list(islice(back_from(store, head(store, use_case)), limit))


def back_from(store: Store, newest: Entry | None) -> Iterator[Entry]:
    """``newest`` and the entries before it, newest first: the next ones are read when they are asked for, then ahead.

    Raises
    ------
    IntegrityError
        One of them was altered or is gone.
    """
    if newest is None:
        return
    yield newest
    read, seqs = partial(entry_at, store, newest.use_case), range(newest.seq - 1, 0, -1)
    yield from map(read, seqs[:_ONE_BY_ONE])
    yield from ahead(read, seqs[_ONE_BY_ONE:])


def entry_at(store: Store, use_case: str, seq: int) -> Entry:
    """Entry ``seq``, of a history that is at least as long.

    Raises
    ------
    IntegrityError
        It was altered or is gone.
    """
    key = entry_key(use_case, seq)
    try:
        return read_entry(store, key)
    except Missing as error:
        raise IntegrityError(
            Problem(
                f"entry {seq} is missing from the ledger",
                where=f"{store.address}/{key}",
                expected=f"entry {seq}",
                found="nothing",
                did="changed nothing",
                do="restore this file from a backup; `keepfit verify` names everything that does not fit",
            )
        ) from error


def read_entry(store: Store, key: str) -> Entry:
    """The entry of one file.

    Raises
    ------
    IntegrityError
        It is not an entry, not the one that its name says, or not the one that was written.
    """
    where = f"{store.address}/{key}"
    data = store.read(key)
    entry = parse(data, Entry, where)
    use_case = key.partition("/")[0]
    if (entry.use_case, entry_key(use_case, entry.seq)) != (use_case, key):
        raise _altered(where, f"an entry of {key}", f"entry {entry.seq} of {entry.use_case}")
    if checksum(entry) != entry.checksum:
        raise _altered(where, f"sha256 {entry.checksum}", f"sha256 {checksum(entry)}")
    if canonical(entry) != data:
        raise _altered(where, "the bytes that Keepfit writes", "other bytes with the same meaning")
    return entry


def checksum(entry: Entry) -> str:
    """What an entry's own checksum must be."""
    return digest_of(replace(entry, checksum=""))


def _altered(where: str, expected: str, found: str) -> IntegrityError:
    return IntegrityError(
        Problem(
            "an entry of the ledger was altered",
            where=where,
            expected=expected,
            found=found,
            did="changed nothing",
            do="restore this file from a backup; `keepfit verify` names everything that does not fit",
        )
    )
