"""Collect the files of the version, compile it, and read both back."""

from msgspec.structs import replace

from keepfit import export as exporting
from keepfit import score
from keepfit.config import signature_of
from keepfit.config.gates import Parity
from keepfit.config.standard import PARITY
from keepfit.records import Exported, Trained, canonical
from keepfit.store import put
from tasks.run import Run
from tasks.stage import stage

_MARGIN = 10  # compiled only where the gate on parity is met so many times over: it asks about more rows
_OF_THE_SIGNATURE = ("description", "task", "data", "contract", "features", "protected")


def _say(record: Exported) -> str:
    return f"{len(record.files)} files, {record.bytes / 1e6:.2f} MB, {record.engine}"


def _exact(run: Run) -> float:
    """How far an answer of a compiled form may be from the training object's."""
    gates = (gate.parity for gate in run.use_case.gates if isinstance(gate, Parity))
    return min(gates, default=PARITY) / _MARGIN


@stage(Exported, say=_say, sections=_OF_THE_SIGNATURE, also=lambda run: {"exact": str(_exact(run))})
def export(run: Run, trained: Trained) -> Exported:
    """Collect the files of the version, compile it where that is exact, and read both back."""
    return _signed(run, score.compiled(run.store, exporting.export(run.store, trained), _exact(run)))


def _signed(run: Run, exported: Exported) -> Exported:
    """With what the YAML says of a request as one more file: who serves the version need not have the YAML."""
    signature = canonical(signature_of(run.use_case))
    files = exported.files | {"signature": put(run.store, signature)}
    return replace(exported, files=files, bytes=exported.bytes + len(signature))
