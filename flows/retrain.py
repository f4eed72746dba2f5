"""A retrain that somebody or something asks for: done if the ledger says that one was decided on, else told why not."""

from datetime import UTC, datetime

from msgspec import structs
from prefect import flow

from flows.monitor import _nothing, look
from flows.train import _moment, _run_name, _start, journey
from keepfit import ledger
from keepfit.monitor import bounds
from keepfit.records import Fold, Moment, Retrained
from tasks.run import Run, open_run


@flow(name="retrain", flow_run_name=_run_name, persist_result=False, validate_parameters=False)
def retrain(
    use_case: str, as_of: str | None = None, store: str | None = None, window_end: str | None = None
) -> Retrained:
    """Look at the newest window, decide from our own data, and train where a retrain is due.

    Whoever starts this flow only hints: a doubled, late or forged event finds nothing due and changes nothing.

    Parameters
    ----------
    use_case : a name in ``configs/``, or a path to a YAML file.
    as_of : the moment the run pretends it is, such as ``2013-04-01``; the scheduled start unless given.
    store : where everything is kept; ``KEEPFIT_STORE`` or ``.keepfit`` unless given.
    window_end : what an event says: only a request that the ledger holds for a window that ends here is carried out,
        as of the moment when it was made.
    """
    run = open_run(use_case, _moment(as_of), store, _start())
    if window_end is not None:
        asked = _asked(run, window_end)
        if asked is None:
            return _undone(run, "the ledger holds no open request for such a window")
        run = structs.replace(run, moment=Moment(as_of=asked, started=run.moment.started))
    return _retrained(run)


def _retrained(run: Run) -> Retrained:
    seen = look(run)
    due = _due(run)
    if not due:
        return Retrained(
            use_case=run.use_case.name, as_of=run.moment.as_of, monitored=seen, run=None, reason=seen.reason
        )
    return Retrained(use_case=run.use_case.name, as_of=run.moment.as_of, monitored=seen, run=journey(run), reason=due)


def _asked(run: Run, window_end: str) -> datetime | None:
    """When the ledger's newest request for a window that ends then was made; None where there is none that is open.

    What an event says is compared, never believed: anybody can send one.
    """
    if not _due(structs.replace(run, moment=Moment(as_of=run.moment.started, started=run.moment.started))):
        return None
    try:
        end = datetime.fromisoformat(window_end)
    except ValueError:
        return None
    end = end.replace(tzinfo=UTC) if end.tzinfo is None else end
    watching = run.use_case.monitor
    requests = ledger.watch_of(ledger.fold_of(ledger.head(run.store, run.use_case.name))).requests[:1]
    return next((each for each in requests if bounds(each, watching.every, watching.window)[1] == end), None)


def _undone(run: Run, reason: str) -> Retrained:
    return Retrained(
        use_case=run.use_case.name,
        as_of=run.moment.as_of,
        monitored=_nothing(run, reason),
        run=None,
        reason=reason,
    )


def _due(run: Run) -> str:
    """Since when a retrain is due that was decided on, in words; empty where none is."""
    fold: Fold = ledger.fold_of(ledger.head(run.store, run.use_case.name))
    asked = [each for each in ledger.watch_of(fold).requests if each <= run.moment.as_of]
    made = fold.newest_versions[0].as_of if fold.newest_versions else None
    if not asked or (made is not None and made >= asked[0]):
        return ""
    return f"asked for as of {asked[0]:%Y-%m-%d %H:%M} UTC, and no version was made since"
