"""What ``keepfit judge`` does, and what it prints."""

import gc
import os
from pathlib import Path
from textwrap import wrap

from flows.commands import GATE_FAILED, answer
from flows.problems import printable
from keepfit.config import find, load
from keepfit.records import JudgedAgain

_STAGES = ("extract", "validate", "unseen", "evaluate_again", "judge_again", "write_down", "release")


def judge(use_case: str, as_of: str | None, store: str | None, *, as_json: bool) -> int:
    """Run the judge flow, on the configured Prefect server or on one of our own."""
    load(find(use_case, Path.cwd()), os.environ)  # a mistake in the YAML is told before anything is started

    from flows.progress import progress
    from flows.server import prefect_server
    from tasks.watching import watched_by

    gc.set_threshold(200_000, 50, 100)  # as in `keepfit run`
    with prefect_server() as server, progress(use_case, _STAGES) as listener, watched_by(listener):
        from flows.judge import judge as flow

        server.wait_ready()
        result = flow(use_case, as_of, store)
    answer(result, as_json, judged_text)
    return GATE_FAILED if result.verdict is not None and result.verdict.outcome == "fail" else 0


def judged_text(result: JudgedAgain) -> str:
    """What ``keepfit judge`` says to people."""
    from keepfit.report import verdict_text

    head = f"{result.use_case} as of {result.as_of:%Y-%m-%d %H:%M} UTC"
    head += "" if result.version is None else f": another look at version {result.version}"
    lines = ["", head, *wrap(printable(result.reason), 100, initial_indent="  ", subsequent_indent="  ")]
    if result.verdict is None:
        return "\n".join([*lines, "  nothing was spent"])
    spent = "" if result.spent is None else f", {100 * result.spent:.2g}% of false promotions spent"
    rows = f"  {result.rows:,} rows that neither has seen, {result.fresh:,} of them new{spent}"
    return "\n".join([*lines, rows, "", verdict_text(result.verdict)])
