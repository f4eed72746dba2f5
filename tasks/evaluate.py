"""Measure candidate, naive baseline and champion on the same unseen rows."""

from collections.abc import Sequence
from typing import Any

from keepfit import evaluate as evaluation
from keepfit import ledger, registry, report
from keepfit.errors import IntegrityError
from keepfit.records import (
    AnotherLook,
    Beside,
    Evaluated,
    Exported,
    Manifest,
    Position,
    Record,
    Seat,
    Split,
    Trained,
    Validated,
)
from tasks.artifacts import markdown
from tasks.run import Run
from tasks.stage import stage


def _say(record: Evaluated) -> str:
    beside = f", beside champion {record.champion_number}" if record.champion_number else ""
    return f"{record.rows:,} unseen rows{beside}"


def _show(run: Run, *records: Any) -> None:
    first = report.key_metrics(run.use_case)
    markdown(run.use_case.name, "metrics", report.metrics_markdown(records[-1], first, _classes(run, records)))


def _classes(run: Run, records: Sequence[Record]) -> tuple[str, ...]:
    """The labels of the model that was measured: a new one's, or those of a version that is looked at again."""
    for record in records:
        if isinstance(record, Trained):
            return record.classes
        if isinstance(record, Seat):
            return registry.manifest(run.store, run.use_case.name, record.digest).classes
    return ()


def _fresh(record: AnotherLook) -> str:
    days = "" if record.days is None else f" on {record.days} days"
    return f"{record.split.holdout:,} rows that it has not seen, {record.fresh:,} of them{days} new"


_SECTIONS = ("task", "data", "split", "confidence", "protected")


@stage(Evaluated, say=_say, sections=_SECTIONS, artifact=_show)
def evaluate(run: Run, division: Split, trained: Trained, exported: Exported, others: Beside) -> Evaluated:
    """Measure candidate, naive baseline and champion (whoever held the seat) on the same unseen rows."""
    return evaluation.evaluate_versions(
        run.store,
        run.use_case,
        division,
        trained.classes,
        exported.files,
        _known(run, others.champion),
        anchor=_known(run, others.anchor),
        champion_confidence=_confidence(others.spend),
    )


@stage(AnotherLook, say=_fresh, sections=("data", "split", "contract"))
def unseen(run: Run, validated: Validated, position: Position) -> AnotherLook:
    """The rows that the challenger has not learnt from, if enough of them are new since its last look."""
    challenger = position.challenger
    if challenger is None:
        raise IntegrityError("a look needs a challenger")
    name = run.use_case.name
    manifest = registry.manifest(run.store, name, challenger.digest)
    before = registry.last_look(run.store, ledger.entry_at(run.store, name, position.seq), challenger)
    seen = before.details.get(registry.SNAPSHOT, manifest.snapshot) if before else manifest.snapshot
    return evaluation.another_look(run.store, run.use_case, validated.snapshot, manifest, seen)


@stage(Evaluated, say=_say, sections=_SECTIONS, artifact=_show)
def evaluate_again(run: Run, division: Split, challenger: Seat, others: Beside) -> Evaluated:
    """Measure the challenger beside the champion on rows that neither has seen."""
    manifest = registry.manifest(run.store, run.use_case.name, challenger.digest)
    return evaluation.evaluate_versions(
        run.store,
        run.use_case,
        division,
        manifest.classes,
        manifest.files,
        _known(run, others.champion),
        anchor=_known(run, others.anchor),
        champion_confidence=_confidence(others.spend),
    )


def _known(run: Run, seat: Seat | None) -> tuple[Seat, Manifest] | None:
    return (seat, registry.manifest(run.store, run.use_case.name, seat.digest)) if seat else None


def beside(position: Position) -> Beside:
    """What figures depend on of a position; where else the ledger stood changes none."""
    return Beside(champion=position.champion, anchor=position.anchor, spend=position.spend)


def _confidence(spend: float | None) -> float | None:
    """Of bounds beside the champion: what this look may spend; a tiny rest where it may spend nothing."""
    return None if spend is None else 1.0 - max(spend, ledger.LEAST / 2)
