"""Hold every row to the contract and the table to its expectations."""

from keepfit import report
from keepfit import validate as validation
from keepfit.records import Compared, Extracted, Validated
from tasks.artifacts import markdown
from tasks.run import Run
from tasks.stage import stage


def _say(record: Validated) -> str:
    rows = record.rows
    return f"{rows.kept:,} rows kept, {rows.quarantined:,} in quarantine, {rows.dropped:,} dropped"


def _show(run: Run, extracted: Extracted, _compared: Compared, record: Validated) -> None:
    markdown(run.use_case.name, "data", report.data_markdown(extracted, record))


@stage(Validated, say=_say, sections=("task", "data", "contract", "expectations"), artifact=_show)
def validate(run: Run, extracted: Extracted, compared: Compared) -> Validated:
    """Hold every row to the contract and the table to its expectations."""
    return validation.validate(
        run.store, run.use_case, extracted, run.moment, accepted=compared.accepted, config=run.loaded.digest
    )
