"""How a model becomes a version: files first, then the one entry that makes them count."""

from collections.abc import Mapping
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING

from keepfit.errors import IntegrityError, Problem
from keepfit.ledger import append, back_from, fold_of, head
from keepfit.records import Draft, Entry, Manifest, Registered, Seat, Verdict, canonical, digest_of, finite, sha256
from keepfit.registry.positions import position
from keepfit.registry.spending import spent_by
from keepfit.registry.versions import manifest_key, snapshot_key, verdict_key
from keepfit.store import Store, get, publish, uncached

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
    rows: int | None = None,
    held: tuple[str, ...] = (),
) -> Registered:
    """Give a model its number, whatever its verdict; the same run gets the same number again.

    Parameters
    ----------
    run
        The run's identity. A version that it has made behind its recorded `position` is the answer; nothing is written.
    metrics, objects
        Figures for ``keepfit show`` (only finite ones), and digests of further objects by role (``profile``, …), which
        must be in the store.
    rows, held
        How many rows were learnt from, and why a person must look first. With an object ``profile``, these data are
        what the next are compared with, those of a held version once a person has promoted it.

    Raises
    ------
    IntegrityError
        The verdict is about another model, or a file that the manifest names was altered or (Missing) is gone.
    """
    stood, before = position(store, use_case, run, manifest.as_of), head(store, use_case.name)
    if known := _made_by(store, run, before, since=stood.seq):
        return known
    details = _details(store, use_case, manifest, rows, held)
    digest, judged = _published(store, use_case.name, manifest, verdict, objects or {})

    def draft(newest: Entry | None) -> Draft | Registered:
        if known := _made_by(store, run, newest, since=before.seq if before else 0):
            return known
        spent, overspent = spent_by(use_case, stood, verdict, newest)
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
            details={**details, **overspent},
            spent=spent,
        )

    return _registered(append(store, use_case.name, draft))


def _published(
    store: Store, use_case: str, manifest: Manifest, verdict: Verdict, objects: Mapping[str, str]
) -> tuple[str, str]:
    _see_that_they_fit(store, manifest, verdict, objects)
    digest, judged = digest_of(manifest), digest_of(verdict)
    publish(store, manifest_key(use_case, digest), canonical(manifest))
    publish(store, verdict_key(use_case, judged), canonical(verdict))
    return digest, judged


def _details(
    store: Store, use_case: "UseCase", manifest: Manifest, rows: int | None, held: tuple[str, ...]
) -> dict[str, str]:
    file = sha256(store.read(snapshot_key(use_case.name, manifest.snapshot)))
    known = {"risk": use_case.risk, SNAPSHOT_FILE: file, "candidate": manifest.candidate, "rows": rows}
    known["held"] = "; ".join(held)
    return {name: str(value) for name, value in known.items() if value not in {None, ""}}


def _finite(metrics: Mapping[str, float | None]) -> dict[str, float]:
    computed = ((name, finite(value)) for name, value in metrics.items() if value is not None)
    return {name: value for name, value in computed if value is not None}


def _made_by(store: Store, run: str, newest: Entry | None, since: int) -> Registered | None:
    """The version that a run has made behind entry ``since``, or None."""
    later = takewhile(lambda entry: entry.seq > since, back_from(store, newest))
    return next((_registered(entry) for entry in later if entry.action == "registered" and entry.run == run), None)


def _registered(entry: Entry | Registered) -> Registered:
    if isinstance(entry, Registered):
        return entry
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
        get(uncached(store), named)  # there for everybody, not only on this machine
