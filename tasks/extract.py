"""Read every source as of the run's moment."""

from keepfit import data
from keepfit.records import Extracted, digest_of
from tasks.run import Run
from tasks.stage import stage


def _say(record: Extracted) -> str:
    return f"{record.rows + record.refused_rows:,} rows from {len(record.sources)} files"


def _moment(run: Run) -> dict[str, str]:
    return {"as of": run.moment.as_of.isoformat(), "sources": run.sources}


def _lasts(run: Run, record: Extracted) -> bool:
    """Whether the same answer would come again: no row of the future, and no file that changed while it was read."""
    read = digest_of({file.path: file.digest for file in record.sources})
    return record.future == 0 and read == run.sources


@stage(Extracted, say=_say, sections=("task", "data", "contract"), also=_moment, keep=_lasts, retries=3)
def extract(run: Run) -> Extracted:
    """Read every source as of the run's moment."""
    return data.extract(run.store, run.use_case, run.moment, run.root, run.looked)
