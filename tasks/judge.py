"""Let every gate answer."""

from keepfit import judge as judgement
from keepfit import report
from keepfit.records import Evaluated, Manifest, Measured, Split, Trained, Verdict, digest_of
from tasks.artifacts import markdown
from tasks.run import Run
from tasks.stage import stage


def _say(record: Verdict) -> str:
    passed = sum(gate.outcome == "pass" for gate in record.gates)
    return f"{record.outcome.replace('_', ' ')}, {passed} of {len(record.gates)} gates passed"


def _show(run: Run, *records: Verdict) -> None:
    markdown(run, "verdict", report.verdict_markdown(records[-1]))


_SECTIONS = ("task", "train", "contract", "gates", "confidence", "if_unsure", "risk")


@stage(Verdict, say=_say, sections=_SECTIONS, artifact=_show)
def judge(
    run: Run, manifest: Manifest, division: Split, trained: Trained, evaluated: Evaluated, measured: Measured
) -> Verdict:
    """Let every gate answer."""
    version = digest_of(manifest)
    return judgement.judge(run.use_case, division, trained, evaluated, measured, version, run.moment.as_of)
