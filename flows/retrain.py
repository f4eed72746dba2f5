"""A retrain that somebody or something asks for: done if the ledger says that one was decided on, else told why not."""

from prefect import flow

from flows.monitor import look
from flows.train import _run_name, _start, journey
from keepfit import ledger
from keepfit.records import Fold, Retrained
from tasks.run import Run, open_run


@flow(name="retrain", flow_run_name=_run_name, persist_result=False, validate_parameters=False)
def retrain(use_case: str, as_of: str | None = None, store: str | None = None) -> Retrained:
    """Look at the newest window, decide from our own data, and train where a retrain is due.

    Whoever starts this flow only hints: a doubled, late or forged event finds nothing due and changes nothing.

    Parameters
    ----------
    use_case : a name in ``configs/``, or a path to a YAML file.
    as_of : the moment the run pretends it is, such as ``2013-04-01``; the scheduled start unless given.
    store : where everything is kept; ``KEEPFIT_STORE`` or ``.keepfit`` unless given.
    """
    run = open_run(use_case, as_of, store, _start())
    seen = look(run)
    due = _due(run)
    if not due:
        return Retrained(
            use_case=run.use_case.name, as_of=run.moment.as_of, monitored=seen, run=None, reason=seen.reason
        )
    return Retrained(use_case=run.use_case.name, as_of=run.moment.as_of, monitored=seen, run=journey(run), reason=due)


def _due(run: Run) -> str:
    """Since when a retrain is due that was decided on, in words; empty where none is."""
    fold: Fold = ledger.fold_of(ledger.head(run.store, run.use_case.name))
    asked = [each for each in ledger.watch_of(fold).requests if each <= run.moment.as_of]
    made = fold.newest_versions[0].as_of if fold.newest_versions else None
    if not asked or (made is not None and made >= asked[0]):
        return ""
    return f"asked for as of {asked[0]:%Y-%m-%d %H:%M} UTC, and no version was made since"
