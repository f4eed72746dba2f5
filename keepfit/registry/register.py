"""How a model becomes a version: files first, then the one entry that makes them count."""

from collections.abc import Mapping
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING

from keepfit.errors import IntegrityError, Problem
from keepfit.ledger import append, fold_of, head, newest_first
from keepfit.records import Draft, Entry, Manifest, Registered, Seat, Verdict, canonical, digest_of, finite, sha256
from keepfit.registry.versions import manifest_key, snapshot_key, verdict_key
from keepfit.store import Store, get, publish

if TYPE_CHECKING:
    from keepfit.config.model import UseCase

SNAPSHOT_FILE = "snapshot_file"  # digest of the snapshot's record, which is not named by its own bytes


def register(
    store: Store,
    use_case: "UseCase",
    manifest: Manifest,
    verdict: Verdict,
    *,
    run: str,
    actor: str,
    reason: str,
    at: datetime,
    metrics: Mapping[str, float | None] | None = None,
    objects: Mapping[str, str] | None = None,
) -> Registered:
    """Give a model its number, whatever its verdict; the same run gets the same number again.

    Parameters
    ----------
    run
        The run's identity. When the ledger holds a version for it, that one is the answer, and nothing is written.
    at
        The present moment; the version's ``as_of`` is in its manifest.
    metrics
        Figures for ``keepfit show``; what is not finite is left out.
    objects
        Digests of further objects by role (``report``, ``provenance``, …); they must be in the store.

    Raises
    ------
    IntegrityError
        The verdict is about another model, or a file that the manifest names was altered or (Missing) is gone.
    """
    before = head(store, use_case.name)
    if known := find_run(store, use_case.name, run):
        return known
    _see_that_they_fit(store, manifest, verdict, objects or {})
    details = {"risk": use_case.risk, SNAPSHOT_FILE: sha256(store.read(snapshot_key(use_case.name, manifest.snapshot)))}
    digest, judged = digest_of(manifest), digest_of(verdict)
    publish(store, manifest_key(use_case.name, digest), canonical(manifest))
    publish(store, verdict_key(use_case.name, judged), canonical(verdict))

    def draft(newest: Entry | None) -> Draft | Registered:
        if known := find_run(store, use_case.name, run, since=before):
            return known
        return Draft(
            action="registered",
            actor=actor,
            reason=reason,
            at=at,
            as_of=manifest.as_of,
            version=Seat(number=fold_of(newest).versions + 1, digest=digest),
            verdict=judged,
            outcome=verdict.outcome,
            run=run,
            metrics=_finite(metrics or {}),
            objects=dict(objects or {}),
            details=details,
        )

    result = append(store, use_case.name, draft)
    return result if isinstance(result, Registered) else _registered(result)


def _finite(metrics: Mapping[str, float | None]) -> dict[str, float]:
    computed = ((name, finite(value)) for name, value in metrics.items() if value is not None)
    return {name: value for name, value in computed if value is not None}


def find_run(store: Store, use_case: str, identity: str, since: Entry | None = None) -> Registered | None:
    """The version that this run has made, or None; entries up to ``since`` are not looked at."""
    start = since.seq if since else 0
    later = takewhile(lambda entry: entry.seq > start, newest_first(store, use_case))
    return next((_registered(entry) for entry in later if entry.action == "registered" and entry.run == identity), None)


def _registered(entry: Entry) -> Registered:
    if entry.version is None or entry.verdict is None:
        raise IntegrityError(
            Problem("an entry registers nothing", where=f"entry {entry.seq} of {entry.use_case}", expected="a version")
        )
    return Registered(number=entry.version.number, digest=entry.version.digest, verdict=entry.verdict, entry=entry.seq)


def _see_that_they_fit(store: Store, manifest: Manifest, verdict: Verdict, objects: Mapping[str, str]) -> None:
    digest = digest_of(manifest)
    if verdict.version != digest:
        raise IntegrityError(
            Problem(
                "a verdict is about another model than the one to be registered",
                where=f"the run of {manifest.use_case} as of {manifest.as_of:%Y-%m-%d %H:%M}",
                expected=digest,
                found=verdict.version,
                did="registered nothing",
            )
        )
    for named in {*manifest.files.values(), *objects.values()}:
        get(store, named)
