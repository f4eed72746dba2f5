"""Ask the exported version the way a server asks it."""

from keepfit import evaluate as evaluation
from keepfit import score
from keepfit.records import Exported, Measured, Split
from tasks.run import Run
from tasks.stage import stage


def _say(record: Measured) -> str:
    parity = "not a number" if record.parity is None else f"{record.parity:.1g}"
    return f"parity {parity}, {record.p50_ms or 0:.2f} ms for one record"


@stage(Measured, say=_say)
def measure(run: Run, division: Split, exported: Exported) -> Measured:
    """Ask the exported version the way a server asks it, about rows of the holdout and hostile ones."""
    records = evaluation.holdout_records(run.store, run.use_case, division, exported)
    return score.measure(run.store, exported, records)
