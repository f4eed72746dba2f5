"""A batch, a rollout and a release in Markdown, for Prefect's pages."""

from keepfit.records import Decision, Released, Retrained, Rollout
from keepfit.report.markdown import as_table, escaped
from keepfit.report.numbers import number, size
from keepfit.score.batch import Batch

_MOST_REASONS = 20
_DECIDED = {"promote": "✓ Promoted", "stop": "✗ Stopped", "undecided": "? Undecided"}
_FIGURES = {
    "answers": "predictions of the challenger",
    "champion_answers": "predictions of the champion",
    "failed": "records without a finite answer",
    "labels": "known labels",
    "errors": "share without an answer",
    "slower": "times the champion's median latency",
    "scores_differ": "how far scores differ",
    "worse": "loss beside the champion's",
}


def batch_markdown(batch: Batch, read: int, written: int) -> str:
    """What became of the rows of a batch; ``read`` and ``written`` are bytes of files."""
    facts = [
        ("rows in", f"{batch.rows:,}, {size(read)} in {batch.files:,} {'file' if batch.files == 1 else 'files'}"),
        ("scored", f"{batch.scored:,}"),
        ("refused", f"{batch.refused:,} (tolerated: {batch.tolerated:.2%})"),
        ("output", f"{batch.output}, {size(written)}" if batch.output else "none: too many rows were refused"),
        *([("refused rows", batch.refused_file)] if batch.refused_file else []),
        ("version", f"{batch.version} ({batch.digest[:12]})"),
    ]
    reasons = [(each.reason, f"{each.rows:,}") for each in batch.reasons[:_MOST_REASONS]]
    warnings = "\n".join(f"- {escaped(each)}" for each in batch.warnings)
    parts = (
        f"**{batch.rows:,} rows in = {batch.scored:,} scored + {batch.refused:,} refused**",
        as_table(("what", ""), facts),
        as_table(("refused because", "rows"), reasons),
        warnings,
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def rollout_markdown(rollout: Rollout, numbers: dict[str, float], decision: Decision, released: Released) -> str:
    """What two versions answered beside each other, the limits, and what was decided."""
    limits = {
        "errors": rollout.errors_at_most,
        "slower": rollout.slower_at_most,
        "scores_differ": rollout.scores_differ_at_most,
        "answers": float(rollout.at_least),
    }
    rows = [
        (word, number(float(numbers[name])) if name in numbers else "not known", _limit(name, limits))
        for name, word in _FIGURES.items()
    ]
    head = f"**{_DECIDED[decision.decided]}**: {escaped(released.reason)}"
    about = (
        f"The {rollout.strategy} of version {rollout.challenger.number} beside version {rollout.champion.number}, "
        f"since {rollout.started:%Y-%m-%d %H:%M} UTC, until {rollout.until:%Y-%m-%d %H:%M} UTC at least."
    )
    return f"{head}\n\n{about}\n\n{as_table(('what', 'seen', 'limit'), rows)}\n"


def _limit(name: str, limits: dict[str, float]) -> str:
    if name not in limits:
        return ""
    return f"at {'least' if name == 'answers' else 'most'} {number(limits[name])}"


def released_markdown(version: int, released: Released) -> str:
    """Whether the champion moved, and why (not)."""
    if released.released:
        head = f"✓ Version {version} is champion"
    elif released.rollout is not None:
        head = f"? Version {released.rollout} answers beside the champion"
    else:
        head = f"Version {version} was not released"
    champion = "none" if released.champion is None else f"version {released.champion}"
    return f"**{head}**: {escaped(released.reason)}\n\nChampion: {champion}.\n"


def retrained_markdown(result: Retrained) -> str:
    """Whether a retrain was due, and what came of it."""
    if result.run is None:
        return f"**No retrain is due**: {escaped(result.reason)}\n"
    run = result.run
    return (
        f"**Retrained**: {escaped(result.reason)}\n\n"
        f"Version {run.version}: {escaped(run.released.reason)}\n\nReport: {escaped(run.report)}\n"
    )
