"""What every validation took out, newest first: also of those that failed."""

from collections.abc import Iterator

from msgspec.structs import replace

from keepfit.errors import Exists, IntegrityError, Problem
from keepfit.records import Quarantined, canonical, parse
from keepfit.store import Store

_TOP = 10**12


def quarantine_key(use_case: str, number: int) -> str:
    """Where the n-th record lies: keys count down, so the newest is the first of a list.

    >>> quarantine_key("flight_delay", 1)
    'flight_delay/quarantine/999999999999.json'
    """
    return f"{use_case}/quarantine/{_TOP - number:012d}.json"


def newest(store: Store, use_case: str) -> Quarantined | None:
    """The newest record, or None before the first validation: one list, one read.

    Raises
    ------
    IntegrityError
        It is not the record that its name says.
    """
    return next(newest_first(store, use_case, limit=1), None)


def newest_first(store: Store, use_case: str, limit: int | None = None) -> Iterator[Quarantined]:
    """The records, newest first, each read when it is asked for.

    Raises
    ------
    IntegrityError
        One of them is not the record that its name says.
    """
    return (_read(store, use_case, key) for key in store.list(f"{use_case}/quarantine/", limit))


def write(store: Store, use_case: str, record: Quarantined) -> Quarantined:
    """Keep a record under the next number, unless the newest one says the same; ``number`` is set here.

    Raises
    ------
    IntegrityError
        The newest record is not what its name says.
    """
    while True:
        before = newest(store, use_case)
        if before is not None and replace(record, number=before.number, started=before.started) == before:
            return before
        numbered = replace(record, number=before.number + 1 if before else 1)
        try:
            store.create(quarantine_key(use_case, numbered.number), canonical(numbered))
        except Exists:  # another run was faster: look at what it said, and take the number after it
            continue
        return numbered


def _read(store: Store, use_case: str, key: str) -> Quarantined:
    where = f"{store.address}/{key}"
    record = parse(store.read(key), Quarantined, where)
    if quarantine_key(use_case, record.number) != key:
        what = "a record of a quarantine is that of another validation"
        raise IntegrityError(Problem(what, where, key, quarantine_key(use_case, record.number)))
    return record
