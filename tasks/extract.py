"""Read every source as of the run's moment."""

from keepfit import data
from keepfit.records import Extracted
from tasks.run import Run
from tasks.stage import stage


def _say(record: Extracted) -> str:
    return f"{record.rows + record.refused_rows:,} rows from {len(record.sources)} files"


def _moment(run: Run) -> dict[str, str]:
    back = data.replays(run.store, run.use_case.name)
    return {"as of": run.moment.as_of.isoformat(), "sources": run.fingerprint.digest, "put back": back.digest}


def _lasts(run: Run, record: Extracted) -> bool:
    """Whether the same answer would come again: no row of the future, and no file that changed while it was read."""
    read = {file.path: file.digest for file in record.sources} | {file.path: file.digest for file in record.unread}
    seen = run.fingerprint.files
    return record.future == 0 and all(seen.get(path, digest) == digest for path, digest in read.items())


@stage(Extracted, say=_say, sections=("task", "data", "contract"), also=_moment, keep=_lasts, retries=3)
def extract(run: Run) -> Extracted:
    """Read every source as of the run's moment."""
    return data.extract(run.store, run.use_case, run.moment, run.root, run.looked)
