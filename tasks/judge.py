"""Let every gate answer."""

from keepfit import judge as judgement
from keepfit import registry, report
from keepfit.records import Evaluated, Manifest, Measured, Seat, Split, Trained, Verdict, digest_of
from tasks.artifacts import markdown
from tasks.run import Run
from tasks.stage import stage


def _say(record: Verdict) -> str:
    how = judgement.ended(record)
    return f"{record.outcome.replace('_', ' ')}, {how.count('pass')} of {len(how)} gates passed"


def _show(run: Run, *records: Verdict) -> None:
    markdown(run.use_case.name, "verdict", report.verdict_markdown(records[-1]))


_SECTIONS = ("task", "train", "contract", "gates", "confidence", "if_unsure", "risk")


@stage(Verdict, say=_say, sections=_SECTIONS, artifact=_show)
def judge(
    run: Run, manifest: Manifest, division: Split, trained: Trained, evaluated: Evaluated, measured: Measured
) -> Verdict:
    """Let every gate answer."""
    version = digest_of(manifest)
    return judgement.judge(run.use_case, division, trained, evaluated, measured, version, run.moment.as_of)


@stage(Verdict, say=_say, sections=_SECTIONS, artifact=_show)
def judge_again(run: Run, challenger: Seat, evaluated: Evaluated) -> Verdict:
    """Let every gate answer on other rows; those on how the version was made answered when it was made."""
    given = registry.registration(run.store, run.use_case.name, challenger.number)
    before = registry.verdict(run.store, run.use_case.name, str(given and given.verdict))
    return judgement.judge_again(run.use_case, before, evaluated, challenger.digest, run.moment.as_of)
