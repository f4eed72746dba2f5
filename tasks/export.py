"""Collect the files of the version and read them back."""

from msgspec.structs import replace

from keepfit import export as exporting
from keepfit.config import signature_of
from keepfit.records import Exported, Trained, canonical
from keepfit.store import put
from tasks.run import Run
from tasks.stage import stage


def _say(record: Exported) -> str:
    return f"{len(record.files)} files, {record.bytes / 1e6:.2f} MB"


@stage(Exported, say=_say, sections=("description", "task", "data", "contract", "features", "protected"))
def export(run: Run, trained: Trained) -> Exported:
    """Collect the files of the version and read them back; what the YAML says of a request becomes one of them."""
    exported = exporting.export(run.store, trained)
    signature = canonical(signature_of(run.use_case))
    files = exported.files | {"signature": put(run.store, signature)}
    return replace(exported, files=files, bytes=exported.bytes + len(signature))
