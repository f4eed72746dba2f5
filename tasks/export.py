"""Collect the files of the version, compile it, and read both back."""

from keepfit import export as exporting
from keepfit import score
from keepfit.config.gates import Parity
from keepfit.config.standard import PARITY
from keepfit.records import Exported, Trained
from tasks.run import Run
from tasks.stage import stage

_MARGIN = 10  # compiled only where the gate on parity is met so many times over: it asks about more rows


def _say(record: Exported) -> str:
    return f"{len(record.files)} files, {record.bytes / 1e6:.2f} MB, {record.engine}"


def _exact(run: Run) -> float:
    """How far an answer of a compiled form may be from the training object's."""
    gates = (gate.parity for gate in run.use_case.gates if isinstance(gate, Parity))
    return min(gates, default=PARITY) / _MARGIN


@stage(Exported, say=_say, also=lambda run: {"exact": str(_exact(run))})
def export(run: Run, trained: Trained) -> Exported:
    """Collect the files of the version, compile it where that is exact, and read both back."""
    return score.compiled(run.store, exporting.export(run.store, trained), _exact(run))
