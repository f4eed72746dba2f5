"""Measure candidate, naive baseline and champion on the same unseen rows."""

from keepfit import evaluate as evaluation
from keepfit import registry, report
from keepfit.records import Evaluated, Exported, Seat, Split, Trained
from tasks.artifacts import markdown
from tasks.run import Run
from tasks.stage import stage


def _say(record: Evaluated) -> str:
    beside = f", beside champion {record.champion_number}" if record.champion_number else ""
    return f"{record.rows:,} unseen rows{beside}"


def _show(run: Run, *records: Evaluated) -> None:
    markdown(run, "metrics", report.metrics_markdown(records[-1]))


@stage(Evaluated, say=_say, sections=("task", "data", "confidence", "protected"), artifact=_show)
def evaluate(run: Run, division: Split, trained: Trained, exported: Exported, seat: Seat | None) -> Evaluated:
    """Measure candidate, naive baseline and champion (whoever holds the seat) on the same unseen rows."""
    champion = (seat, registry.manifest(run.store, run.use_case.name, seat.digest)) if seat else None
    return evaluation.evaluate_versions(run.store, run.use_case, division, trained, exported, champion)
