"""Let the verdict move the champion, or not."""

from keepfit import release as releasing
from keepfit.records import Registered, Released, Verdict
from tasks.run import Run
from tasks.stage import stage


def _say(record: Released) -> str:
    return record.reason


@stage(Released, say=_say, sections=("risk", "release"), retries=3)
def release(run: Run, registered: Registered, verdict: Verdict) -> Released:
    """Let the verdict move the champion, or not."""
    return releasing.release(run.store, run.use_case, registered, verdict, actor=run.actor, at=run.moment.started)
