"""Hold every row to the contract and the table to its expectations."""

from keepfit import ledger, report
from keepfit import validate as validation
from keepfit.records import Accepted, Extracted, Validated, digest_of
from tasks.artifacts import markdown
from tasks.run import Run
from tasks.stage import stage


def _say(record: Validated) -> str:
    rows = record.rows
    return f"{rows.kept:,} rows kept, {rows.quarantined:,} in quarantine, {rows.dropped:,} dropped"


def _show(run: Run, extracted: Extracted, record: Validated) -> None:
    markdown(run, "data", report.data_markdown(extracted, record))


def _accepted(run: Run) -> tuple[Accepted, ...]:
    """Earlier data that were learnt from, as far as they were earlier at the run's moment."""
    known = ledger.fold_of(ledger.head(run.store, run.use_case.name)).accepted
    return tuple(each for each in known if each.as_of < run.moment.as_of)


def _compared_with(run: Run) -> dict[str, str]:
    return {"accepted": digest_of(_accepted(run))}


@stage(
    Validated,
    say=_say,
    sections=("task", "data", "contract", "expectations"),
    also=_compared_with,
    artifact=_show,
)
def validate(run: Run, extracted: Extracted) -> Validated:
    """Hold every row to the contract and the table to its expectations."""
    return validation.validate(
        run.store, run.use_case, extracted, run.moment, accepted=_accepted(run), config=run.loaded.digest
    )
