"""Let the verdict move the champion, or not."""

from keepfit import release as releasing
from keepfit.records import Registered, Released, Verdict
from tasks.run import Run
from tasks.stage import stage


def _say(record: Released) -> str:
    return record.reason


def _settled(_run: Run, record: Released) -> bool:
    """A rollout goes on: who asks again is told what has become of it."""
    return record.rollout is None


@stage(Released, say=_say, sections=("risk", "release"), keep=_settled, retries=3)
def release(run: Run, registered: Registered, verdict: Verdict) -> Released:
    """Let the verdict move the champion, or not."""
    return releasing.release(run.store, run.use_case, registered, verdict, actor=run.actor, at=run.moment.started)
