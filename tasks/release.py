"""Let the verdict move the champion, or not."""

from keepfit import release as releasing
from keepfit import report
from keepfit.records import Registered, Released, Verdict
from tasks.artifacts import markdown
from tasks.run import Run
from tasks.stage import stage


def _say(record: Released) -> str:
    return record.reason


def _settled(_run: Run, record: Released) -> bool:
    """A rollout goes on: who asks again is told what has become of it."""
    return record.rollout is None


def _show(run: Run, *records: object) -> None:
    registered, released = records[0], records[-1]
    if isinstance(registered, Registered) and isinstance(released, Released):
        markdown(run.use_case.name, "release", report.released_markdown(registered.number, released))


@stage(Released, say=_say, sections=("risk", "release"), keep=_settled, retries=3, artifact=_show)
def release(run: Run, registered: Registered, verdict: Verdict) -> Released:
    """Let the verdict move the champion, or not."""
    return releasing.release(run.store, run.use_case, registered, verdict, actor=run.actor, at=run.moment.started)
