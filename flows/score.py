"""From files of rows to a file of their predictions."""

import os
from datetime import UTC, datetime
from pathlib import Path

from prefect import flow
from prefect.runtime import flow_run

from keepfit.config import find, load
from keepfit.registry import seat_of
from keepfit.score.batch import Batch, matching
from keepfit.store import open_store
from tasks.run import moment_of
from tasks.score import Scoring, score_files


def _run_name() -> str:
    """``flight_delay from april.csv``."""
    return f"{flow_run.parameters['use_case']} from {flow_run.parameters['input']}"


@flow(name="score", flow_run_name=_run_name, persist_result=False, validate_parameters=False)
def score(
    use_case: str,
    input: str,
    output: str,
    version: int | None = None,
    as_of: str | None = None,
    store: str | None = None,
    *,
    overwrite: bool = False,
) -> Batch:
    """Extract, validate, score and write, a part of a file at a time.

    Parameters
    ----------
    use_case : a name in ``configs/``, or a path to a YAML file.
    input : a file or a pattern of files: CSV, JSON Lines or Parquet, plain, .gz or .zip.
    output : the file to write, .parquet or .csv.
    version : the number of a version; the champion unless given.
    as_of : the moment whose champion answers; the scheduled start unless given.
    store : where everything is kept; ``KEEPFIT_STORE`` or ``.keepfit`` unless given.
    overwrite : replace an output that is there.
    """
    root = Path.cwd()
    case = load(find(use_case, root), os.environ).use_case
    moment = moment_of(as_of, case.data.timezone, datetime.now(UTC))
    place = open_store(store or os.environ.get("KEEPFIT_STORE") or str(root / ".keepfit"))
    seat = seat_of(place, case.name, version, moment)
    return score_files(Scoring(case, place, seat, matching(input, root), root / output, overwrite))
