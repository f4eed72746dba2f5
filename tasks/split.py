"""Decide which rows the model may learn from, and which judge it."""

from keepfit import split as splitting
from keepfit.records import Extracted, Split, Validated
from tasks.run import Run
from tasks.stage import stage


def _say(record: Split) -> str:
    sides = f"{record.train:,} rows to learn from, {record.holdout:,} to judge on"
    leaks = (f"{leak.feature} ({leak.kind})" if leak.feature else leak.kind for leak in record.leaks)
    return f"{sides}; looks like a leak: {', '.join(leaks)}" if record.leaks else sides


@stage(Split, say=_say, sections=("task", "data", "features", "split"))
def split(run: Run, extracted: Extracted, validated: Validated) -> Split:
    """Decide which rows the model may learn from and which judge it, and look for what would let it know the answer."""
    return splitting.split(run.store, run.use_case, validated.snapshot, extracted.parts)
