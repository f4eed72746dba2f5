"""Decide which rows the model may learn from, and which judge it."""

from keepfit import split as splitting
from keepfit.records import Split, Validated
from tasks.run import Run
from tasks.stage import stage


def _say(record: Split) -> str:
    return f"{record.train:,} rows to learn from, {record.holdout:,} to judge on"


@stage(Split, say=_say, sections=("data", "split"))
def split(run: Run, validated: Validated) -> Split:
    """Decide which rows the model may learn from, and which judge it."""
    return splitting.split(run.store, run.use_case, validated.snapshot)
