"""Ask the exported version the way a server asks it."""

from keepfit import score
from keepfit.records import Exported, Measured
from tasks.run import Run
from tasks.stage import stage


def _say(record: Measured) -> str:
    parity = "not a number" if record.parity is None else f"{record.parity:.1g}"
    return f"parity {parity}, {record.p50_ms or 0:.1f} ms for one record"


@stage(Measured, say=_say)
def measure(run: Run, exported: Exported) -> Measured:
    """Ask the exported version the way a server asks it."""
    return score.measure(run.store, exported)
