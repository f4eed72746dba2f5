"""Models that nobody trained, to tell histories with: everything that register and release look at, and no more."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from keepfit.records import (
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
from keepfit.store import Directory, publish, put

NOON = datetime(2013, 4, 1, 12, tzinfo=UTC)
PERSON = {"actor": "ada", "reason": "the numbers are good", "at": NOON}


@dataclass(frozen=True)
class UseCaseOf:
    """What register and release read of a use case."""

    name: str = "flights"
    risk: str = "low"


@dataclass(frozen=True)
class Candidate:
    """A model on its way to become a version."""

    use_case: Any
    manifest: Manifest
    verdict: Verdict
    run: str


def candidate(
    store: Directory, number: int, outcome: Outcome = "pass", use_case: Any = UseCaseOf(), against: str | None = "?"
) -> Candidate:
    """What a run has at hand before it registers; the champion is that of its recorded position unless given."""
    as_of = NOON + timedelta(days=number)
    rows = put(store, f"rows of {number}".encode())
    snapshot = Snapshot(digest=sha256(rows.encode()), columns=(), rows=1, first=None, last=None, partitions=(rows,))
    publish(store, f"{use_case.name}/snapshots/{snapshot.digest}.json", canonical(snapshot))
    run = run_identity(use_case.name, as_of, snapshot.digest, "config", "code")
    stood = position(store, use_case.name, run)
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
        seed=number,
    )
    verdict = Verdict(
        outcome=outcome,
        version=digest_of(manifest),
        champion=champion if against == "?" else against,
        as_of=as_of,
        gates=(gate(outcome),),
    )
    return Candidate(use_case, manifest, verdict, run)


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


def registered(store: Directory, made: Candidate) -> Registered:
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
        objects={"provenance": put(store, b"{}")},
    )


def ran(store: Directory, number: int, outcome: Outcome = "pass", use_case: Any = UseCaseOf()) -> Released:
    """The end of a whole run: position, register, release."""
    made = candidate(store, number, outcome, use_case)
    return release(store, use_case, registered(store, made), made.verdict, actor="train", at=NOON)


def tree(root: Path) -> dict[str, bytes]:
    """Every file below ``root`` with its bytes."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
