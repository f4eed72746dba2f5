"""Models that nobody trained, to tell histories with: everything that register and release look at, and no more."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from keepfit.config.gates import NotWorseThan
from keepfit.config.release import Release
from keepfit.ledger import append, fold_of
from keepfit.records import (
    Draft,
    Entry,
    GateResult,
    Manifest,
    Outcome,
    Registered,
    Released,
    Snapshot,
    Verdict,
    canonical,
    digest_of,
    sha256,
)
from keepfit.registry import position, register, run_identity
from keepfit.release import release
from keepfit.store import Store, publish, put

NOON = datetime(2013, 4, 1, 12, tzinfo=UTC)
PERSON = {"actor": "ada", "reason": "the numbers are good", "at": NOON}


DIRECT = Release(strategy="direct")
CANARY = Release(strategy="canary", share=0.1, at_least=200)


@dataclass(frozen=True)
class UseCaseOf:
    """What register and release read of a use case."""

    name: str = "flights"
    risk: str = "low"
    gates: tuple[Any, ...] = (NotWorseThan(metric="log_loss", not_worse_than="champion", margin=0.01),)
    false_promotions: float = 0.05
    release: Release = DIRECT


@dataclass(frozen=True)
class Candidate:
    """A model on its way to become a version."""

    use_case: Any
    manifest: Manifest
    verdict: Verdict
    run: str
    rows: int
    profile: str
    held: tuple[str, ...] = ()


def candidate(
    store: Store,
    number: int,
    outcome: Outcome = "pass",
    use_case: Any = UseCaseOf(),
    against: str | None = "?",
    held: tuple[str, ...] = (),
) -> Candidate:
    """What a run has at hand before it registers; the champion is that of its recorded position unless given."""
    as_of, run = NOON + timedelta(days=number), run_of(number, use_case)
    rows = put(store, rows_of(number))
    snapshot = Snapshot(digest=sha256(rows.encode()), columns=(), rows=1, first=None, last=None, partitions=(rows,))
    publish(store, f"{use_case.name}/snapshots/{snapshot.digest}.json", canonical(snapshot))
    stood = position(store, use_case, run, as_of)
    champion = stood.champion and stood.champion.digest
    manifest = Manifest(
        use_case=use_case.name,
        task="binary",
        as_of=as_of,
        snapshot=snapshot.digest,
        config="config",
        code="code",
        requirements="requirements",
        candidate="logistic_regression",
        settings={"C": 1.0},
        files={"model": put(store, f"model {number}".encode()), "features": put(store, b"{}")},
        classes=("0", "1"),
        train_until=as_of,
        key=("id",),
        holdout_share=None,
        sides=put(store, f"sides {number}".encode()),
        seed=number,
    )
    verdict = Verdict(
        outcome=outcome,
        version=digest_of(manifest),
        champion=champion if against == "?" else against,
        as_of=as_of,
        gates=(gate(outcome),),
        compared=champion is not None,
    )
    profile = put(store, f"profile of {number}".encode())
    return Candidate(use_case, manifest, verdict, run, 100 + number, profile, held)


def rows_of(number: int) -> bytes:
    """What stands for the rows of a snapshot."""
    return f"rows of {number}".encode()


def run_of(number: int, use_case: Any = UseCaseOf()) -> str:
    """The identity of the run that makes a candidate."""
    snapshot = sha256(sha256(rows_of(number)).encode())
    return run_identity(use_case.name, NOON + timedelta(days=number), snapshot, "config", "code")


def gate(outcome: Outcome) -> GateResult:
    """The one gate of these models."""
    return GateResult(
        gate="roc_auc at_least 0.6",
        outcome=outcome,
        value=0.7,
        low=0.6,
        high=0.8,
        threshold=0.6,
        by=None,
        group=None,
        rows=100,
        reason="0.55 is below 0.6" if outcome == "fail" else "fine",
        blocks=True,
    )


def registered(store: Store, made: Candidate) -> Registered:
    """Register it as the train flow does."""
    return register(
        store,
        made.use_case,
        made.manifest,
        made.verdict,
        run=made.run,
        actor="train",
        reason="run",
        at=NOON,
        metrics={"roc_auc": 0.7, "log_loss": float("nan")},
        objects={"provenance": put(store, b"{}"), "profile": made.profile},
        rows=made.rows,
        held=made.held,
    )


def released(store: Store, made: Candidate, given: Registered) -> Released:
    """Release it as the train flow does."""
    return release(store, made.use_case, given, made.verdict, actor="train", at=NOON, held=made.held)


def ran(
    store: Store,
    number: int,
    outcome: Outcome = "pass",
    use_case: Any = UseCaseOf(),
    held: tuple[str, ...] = (),
) -> Released:
    """The end of a whole run: position, register, release."""
    made = candidate(store, number, outcome, use_case, held=held)
    return released(store, made, registered(store, made))


def put_back(store: Store, rows: bytes) -> Entry | str:
    """Rows that a person puts back from quarantine; the same rows once."""
    digest = put(store, rows)

    def draft(newest: Entry | None) -> Draft | str:
        if fold_of(newest).replays == digest:
            return digest
        return Draft(action="replayed", objects={"rows": digest}, **PERSON)

    return append(store, "flights", draft)


def tree(root: Path) -> dict[str, bytes]:
    """Every file below ``root`` with its bytes."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
