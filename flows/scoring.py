"""What ``keepfit score`` does, and what it prints."""

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.commands import answer
from flows.problems import printable
from keepfit.config import find, load
from keepfit.errors import DataError

if TYPE_CHECKING:
    from keepfit.score.batch import Batch

_STAGES = ("score",)
_REASONS = 10


def score(
    use_case: str,
    given: str,
    output: str,
    version: int | None,
    as_of: str | None,
    store: str | None,
    *,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Run the score flow, on the configured Prefect server or on one of our own."""
    load(find(use_case, Path.cwd()), os.environ)  # a mistake in the YAML is told before anything is started

    from flows.progress import progress
    from flows.server import prefect_server
    from tasks.watching import watched_by

    gc.set_threshold(200_000, 50, 100)  # as in `keepfit run`
    with prefect_server() as server, progress(use_case, _STAGES) as listener, watched_by(listener):
        from flows.score import score as flow

        server.wait_ready()
        result = flow(use_case, given, output, version, as_of, store, overwrite=overwrite)
    answer(score_answer(result), as_json, lambda _: scored_text(result))
    return 0 if result.output is not None else DataError.exit_code


def score_answer(batch: "Batch") -> dict[str, Any]:
    """What ``keepfit score --json`` says."""
    return {
        "use_case": batch.use_case,
        "version": batch.version,
        "digest": batch.digest,
        "files": batch.files,
        "rows": {"in": batch.rows, "scored": batch.scored, "refused": batch.refused},
        "tolerated": batch.tolerated,
        "reasons": batch.reasons,
        "output": batch.output,
        "refused": batch.refused_file,
        "warnings": batch.warnings,
    }


def scored_text(batch: "Batch") -> str:
    """What ``keepfit score`` says to people."""
    lines = [
        "",
        f"{batch.use_case}: version {batch.version}",
        f"  {batch.rows:,} rows in = {batch.scored:,} scored + {batch.refused:,} refused",
        *(f"  {each.rows:>9,}  {printable(each.reason)}" for each in batch.reasons[:_REASONS]),
        *(f"  {printable(each)}" for each in batch.warnings),
    ]
    if batch.output is None:
        lines.append(
            f"  more than the {batch.tolerated:.2%} of rows that the contract tolerates: no predictions written"
        )
    wrote = {"predictions": batch.output, "refused": batch.refused_file}
    return "\n".join([*lines, "", *(f"{name:<11}  {path}" for name, path in wrote.items() if path is not None)])
