"""Everything that history refers to, hashed again.

What this finds: any changed byte in, and any loss of, an entry, a manifest, a verdict, a snapshot's record or an object
that one of them, or a quarantine, names; an entry that was taken out, put in, swapped, or rewritten together with the
fold or the chain behind it; a number that was given twice; a move of the champion that the rules forbid.

What it cannot find without a witness outside the store: that the newest entries were cut off, or that all of history
from some entry on was written anew with correct digests. Runs are witnesses inside: each has recorded which entry was
the newest when it first looked, so what is cut off or rewritten behind such a position is found.
"""

import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from msgspec.structs import replace

from keepfit.errors import IntegrityError, Missing
from keepfit.ledger import Replayed, misfits_of, replay
from keepfit.memo import unwrap
from keepfit.records import (
    Checked,
    Entry,
    Manifest,
    Misfit,
    Position,
    Quarantined,
    ReplayedRows,
    Snapshot,
    Verdict,
    Verified,
    digest_of,
    parse,
    sha256,
)
from keepfit.registry.positions import STAGE
from keepfit.registry.register import SNAPSHOT_FILE
from keepfit.registry.versions import manifest_key, snapshot_key, verdict_key
from keepfit.store import Store, ahead, get, uncached

R = TypeVar("R")

_SHORT = 12  # digits of a digest that a person reads
_DIGEST = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


@dataclass(frozen=True, slots=True)
class _Seen:
    """A use case as it lies in the store: its replayed ledger, its other small files, and the version entries."""

    store: Store
    use_case: str
    history: Replayed
    files: Mapping[str, bytes]
    versions: tuple[Entry, ...]

    @property
    def looks(self) -> tuple[Entry, ...]:
        """The entries that judged a version again."""
        return tuple(entry for entry in self.history.entries if entry.action == "judged")

    def where(self, key: str) -> str:
        return f"{self.store.address}/{key}"

    def of(self, part: str) -> dict[str, bytes]:
        """The files of one kind."""
        return {key: data for key, data in self.files.items() if key.startswith(f"{self.use_case}/{part}/")}


def verify(store: Store, use_case: str | None = None) -> Verified:
    """Read and hash again what one use case, or all of them and all objects, consist of; changes nothing.

    What is wrong is in the answer and not raised. The first problems are those of the ledger, in the order of entries.

    Raises
    ------
    InfrastructureError
        The store cannot be read.
    """
    store = uncached(store)  # what counts is what others would read
    seen = [_look(store, name) for name in ([use_case] if use_case else _use_cases(store))]
    needed = {digest: by for one in seen for digest, by in _needed(one)}
    there = {key.rpartition("/")[2] for key in store.list("objects/")}
    objects = sorted({*needed, *(there & _mentioned(seen) if use_case else there)})
    problems = [misfit for one in seen for misfit in _misfits(one)]
    problems += [misfit for found in ahead(partial(_object, store, needed), objects) for misfit in found]
    checked = Checked(
        entries=sum(len(one.history.entries) for one in seen),
        versions=sum(len(one.versions) for one in seen),
        objects=len(objects),
    )
    return Verified(ok=not problems, checked=checked, problems=tuple(problems))


def _use_cases(store: Store) -> list[str]:
    return sorted({key.partition("/")[0] for key in store.list("")} - {"objects"})


def _look(store: Store, use_case: str) -> _Seen:
    history = replay(store, use_case)
    parts = ("versions", "verdicts", "snapshots", "runs", "reports", "quarantine")
    keys = [key for part in parts for key in store.list(f"{use_case}/{part}/")]
    files = dict(zip(keys, ahead(store.read, keys), strict=True))
    versions = tuple(entry for entry in history.entries if entry.action == "registered")
    return _Seen(store, use_case, history, files, versions)


def _misfits(seen: _Seen) -> Iterator[Misfit]:
    yield from seen.history.misfits
    for entry in seen.versions:
        yield from _version(seen, entry)
    for entry in seen.looks:
        yield from _verdict(seen, entry, f"version {entry.version and entry.version.number}")
    yield from _unnamed(seen)
    yield from _memos(seen)
    yield from _quarantines(seen)


def _version(seen: _Seen, entry: Entry) -> Iterator[Misfit]:
    """The files that one `registered` entry names, and whether they say what the entry says."""
    if entry.version is None or entry.verdict is None:
        yield Misfit(what=f"entry {entry.seq} registers a version without a verdict", where=seen.use_case)
        return
    label, digest = f"version {entry.version.number}", entry.version.digest
    manifest = yield from _record(seen, manifest_key(seen.use_case, digest), digest, Manifest, label)
    if manifest:
        key = snapshot_key(seen.use_case, manifest.snapshot)
        yield from _record(seen, key, entry.details.get(SNAPSHOT_FILE), Snapshot, label)
    yield from _verdict(seen, entry, label)


def _verdict(seen: _Seen, entry: Entry, label: str) -> Iterator[Misfit]:
    """The verdict that an entry names, and whether it says what the entry says."""
    digest = entry.version.digest if entry.version else ""
    key = verdict_key(seen.use_case, str(entry.verdict))
    verdict = yield from _record(seen, key, entry.verdict, Verdict, label)
    if verdict and (verdict.version, verdict.outcome) != (digest, entry.outcome):
        yield Misfit(
            what=f"the verdict of {label} is not the one that entry {entry.seq} speaks of",
            where=seen.where(key),
            expected=f"{entry.outcome} for {digest}",
            found=f"{verdict.outcome} for {verdict.version}",
        )


def _record(seen: _Seen, key: str, digest: str | None, kind: type[R], label: str) -> Generator[Misfit, None, R | None]:
    """The record in a file that must be there with this digest (None: any); what is wrong with it is yielded."""
    word, data = kind.__name__.lower(), seen.files.get(key)
    if data is None:
        yield Misfit(what=f"the {word} of {label} is missing", where=seen.where(key), expected=word, found="nothing")
        return None
    if digest and sha256(data) != digest:
        yield Misfit(
            what=f"the {word} of {label} was altered",
            where=seen.where(key),
            expected=f"sha256 {digest}",
            found=f"sha256 {sha256(data)}",
        )
        return None
    record = _parsed(data, kind)
    if record is None:
        yield Misfit(what=f"the {word} of {label} cannot be read", where=seen.where(key), expected=f"a {word}")
    return record


def _parsed(data: bytes | None, kind: type[R]) -> R | None:
    try:
        return parse(data, kind) if data else None
    except IntegrityError:
        return None


def _unnamed(seen: _Seen) -> Iterator[Misfit]:
    """Files named by their digest that no entry names: reports, and what a killed run left; harmless if they fit."""
    named = {manifest_key(seen.use_case, e.version.digest) for e in seen.versions if e.version}
    named |= {verdict_key(seen.use_case, e.verdict) for e in (*seen.versions, *seen.looks) if e.verdict}
    for key, data in seen.files.items():
        part, _, name = key.removeprefix(f"{seen.use_case}/").partition("/")
        digest = name.rpartition(".")[0].rpartition("-")[2]
        fits = len(digest) >= _SHORT and sha256(data).startswith(digest)
        if part in {"versions", "verdicts", "reports"} and key not in named and not fits:
            yield Misfit(
                what="a file is not what its name says",
                where=seen.where(key),
                expected=f"sha256 {digest}",
                found=f"sha256 {sha256(data)}",
            )


def _memos(seen: _Seen) -> Iterator[Misfit]:
    digests = {entry.seq: digest_of(entry) for entry in seen.history.entries}
    for key, data in seen.of("runs").items():
        try:
            memo = unwrap(data, seen.where(key))
        except IntegrityError as error:
            yield from misfits_of(error)
            continue
        position = _parsed(bytes(memo.record), Position) if memo.stage == STAGE else None
        if position and position.seq and not _witnessed(seen, digests, position):
            yield Misfit(
                what=f"entry {position.seq} is not the one that a run has seen: history was cut off or rewritten",
                where=seen.where(key),
                expected=position.head,
                found=digests.get(position.seq, "nothing"),
            )


def _witnessed(seen: _Seen, digests: Mapping[int, str], position: Position) -> bool:
    if position.seq in digests:
        return digests[position.seq] == position.head
    return position.seq <= seen.history.newest  # an entry that is gone or altered was reported by the replay


def _quarantines(seen: _Seen) -> Iterator[Misfit]:
    from keepfit.validate.archive import quarantine_key

    for key, data in seen.of("quarantine").items():
        record = _parsed(data, Quarantined)
        found = quarantine_key(seen.use_case, record.number) if record else "other bytes"
        if found != key:
            yield Misfit(what="a record of a quarantine was altered", where=seen.where(key), expected=key, found=found)


def _needed(seen: _Seen) -> Iterator[tuple[str, str]]:
    """Digests of the objects that a version or a quarantine cannot do without, each with who needs it."""
    for entry in seen.history.entries:
        yield from ((digest, f"entry {entry.seq} of {seen.use_case}") for digest in _of_entry(seen, entry))
    for entry in seen.versions:
        label = f"version {entry.version and entry.version.number} of {seen.use_case}"
        manifest = entry.version and _parsed(
            seen.files.get(manifest_key(seen.use_case, entry.version.digest)), Manifest
        )
        if manifest:
            sides = [manifest.sides] if manifest.sides else []
            yield from ((digest, label) for digest in (*manifest.files.values(), *sides))
            snapshot = _parsed(seen.files.get(snapshot_key(seen.use_case, manifest.snapshot)), Snapshot)
            yield from ((digest, label) for digest in (snapshot.partitions if snapshot else ()))
    for record in filter(None, (_parsed(data, Quarantined) for data in seen.of("quarantine").values())):
        label = f"quarantine {record.number} of {seen.use_case}"
        profile = [record.profile] if record.profile else []
        yield from ((digest, label) for digest in (*record.quarantine, *record.absent, record.extracted, *profile))


def _of_entry(seen: _Seen, entry: Entry) -> Iterator[str]:
    """The objects that an entry names, and those that the object of rows put back names in its turn."""
    yield from entry.objects.values()
    if entry.action == "replayed" and "rows" in entry.objects:
        with suppress(Missing, IntegrityError):  # which are told of the object itself
            rows = _parsed(get(seen.store, entry.objects["rows"]), ReplayedRows)
            yield from rows.parts if rows else ()


def _mentioned(seen: list[_Seen]) -> set[str]:
    texts = (data for one in seen for data in one.files.values())
    return {digest.decode() for text in texts for digest in _DIGEST.findall(text)}


def _object(store: Store, needed: Mapping[str, str], digest: str) -> list[Misfit]:
    try:
        get(store, digest)
    except Missing as error:
        what = f"an object that {needed.get(digest, '')} needs is missing"
        return [replace(misfit, what=what) for misfit in misfits_of(error)]
    except IntegrityError as error:
        return misfits_of(error)
    return []
