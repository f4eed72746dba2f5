"""The files of a version, and the entry that made it one."""

from bisect import bisect_left
from typing import TypeVar

from keepfit.errors import IntegrityError, Problem
from keepfit.ledger import entry_at, fold_of, head
from keepfit.records import Entry, Manifest, Record, Seat, Verdict, parse, sha256
from keepfit.store import Store, get, uncached

R = TypeVar("R", bound=Record)


def manifest_key(use_case: str, digest: str) -> str:
    """Where a manifest lies."""
    return f"{use_case}/versions/{digest}.json"


def verdict_key(use_case: str, digest: str) -> str:
    """Where a verdict lies."""
    return f"{use_case}/verdicts/{digest}.json"


def snapshot_key(use_case: str, digest: str) -> str:
    """Where a snapshot's record lies; its digest is that of the values in its partitions, not of this file."""
    return f"{use_case}/snapshots/{digest}.json"


def manifest(store: Store, use_case: str, digest: str) -> Manifest:
    """What the version with this digest is made of.

    Raises
    ------
    Missing
        There is no such version.
    IntegrityError
        The manifest was altered.
    """
    return _checked(store, manifest_key(use_case, digest), digest, Manifest)


def verdict(store: Store, use_case: str, digest: str) -> Verdict:
    """The verdict with this digest.

    Raises
    ------
    Missing
        There is no such verdict.
    IntegrityError
        The verdict was altered.
    """
    return _checked(store, verdict_key(use_case, digest), digest, Verdict)


def see_that_whole(store: Store, use_case: str, seat: Seat) -> None:
    """Re-hash the manifest and every file of a version, before it is asked to serve.

    Raises
    ------
    Missing
        A file is gone.
    IntegrityError
        A file was altered.
    """
    for digest in manifest(store, use_case, seat.digest).files.values():
        get(uncached(store), digest)


def registration(store: Store, use_case: str, number: int) -> Entry | None:
    """The entry that gave this number, or None: found by halving, because every entry counts the versions so far.

    Raises
    ------
    IntegrityError
        An entry was altered or is gone.
    """
    newest = head(store, use_case)
    if newest is None or not 1 <= number <= newest.fold.versions:
        return None

    def versions(seq: int) -> int:
        return fold_of(entry_at(store, use_case, seq)).versions

    return entry_at(store, use_case, 1 + bisect_left(range(1, newest.seq), number, key=versions))


def _checked(store: Store, key: str, digest: str, kind: type[R]) -> R:
    data = store.read(key)
    where = f"{store.address}/{key}"
    if sha256(data) != digest:
        raise IntegrityError(
            Problem(
                f"a {kind.__name__.lower()} in the store was altered",
                where=where,
                expected=f"sha256 {digest}",
                found=f"sha256 {sha256(data)}",
                did="did not use it",
                do="restore this file from a backup; `keepfit verify` names everything that does not fit",
            )
        )
    return parse(data, kind, where)
