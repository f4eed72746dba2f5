"""Ask the exported version over HTTP, as its callers will."""

from keepfit import evaluate as evaluation
from keepfit.records import Exported, Measured, Split, Trained
from keepfit.report import measured_words
from keepfit.serving.measure import measure as over_http
from tasks.run import Run, manifest_of
from tasks.stage import stage


@stage(Measured, say=measured_words)
def measure(run: Run, division: Split, trained: Trained, exported: Exported) -> Measured:
    """Serve the exported version in a process of its own, and ask it about rows of the holdout and hostile ones."""
    sample = evaluation.holdout_sample(run.store, run.use_case, division, exported)
    return over_http(run.store, manifest_of(run, division, trained, exported), exported, sample)
