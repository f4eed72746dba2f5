"""Collect the files of the version and read them back."""

from keepfit import export as exporting
from keepfit.records import Exported, Trained
from tasks.run import Run
from tasks.stage import stage


def _say(record: Exported) -> str:
    return f"{len(record.files)} files, {record.bytes / 1e6:.2f} MB"


@stage(Exported, say=_say)
def export(run: Run, trained: Trained) -> Exported:
    """Collect the files of the version and read them back."""
    return exporting.export(run.store, trained)
