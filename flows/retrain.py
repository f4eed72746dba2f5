"""A retrain that somebody or something asks for: done if the ledger says that one was decided on, else told why not."""

from msgspec import structs
from prefect import flow
from prefect.runtime import flow_run

from flows.monitor import _nothing, look
from flows.requests import asked_for, due
from flows.train import _moment, _run_name, _start, journey
from keepfit import report
from keepfit.records import Moment, Monitored, Retrained, RunResult
from tasks.artifacts import markdown
from tasks.run import Run, open_run


def _retrain_name() -> str:
    """``flight_delay, asked for by the window to 2013-07-08`` where an event started it; else as every run."""
    end = flow_run.parameters.get("window_end")
    return f"{flow_run.parameters['use_case']}, asked for by the window to {str(end)[:10]}" if end else _run_name()


@flow(name="retrain", flow_run_name=_retrain_name, persist_result=False, validate_parameters=False)
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
        asked = asked_for(run, window_end)
        if asked is None:
            return _undone(run, "the ledger holds no open request for such a window")
        run = structs.replace(run, moment=Moment(as_of=asked, started=run.moment.started))
    return _retrained(run)


def _retrained(run: Run) -> Retrained:
    seen = look(run)
    why = due(run)
    made = journey(run) if why else None
    return _told(run, seen, made, why or seen.reason)


def _told(run: Run, seen: Monitored, made: RunResult | None, why: str) -> Retrained:
    """What came of it, on Prefect's pages too."""
    done = Retrained(use_case=run.use_case.name, as_of=run.moment.as_of, monitored=seen, run=made, reason=why)
    markdown(run.use_case.name, "retrain", report.retrained_markdown(done))
    return done


def _undone(run: Run, reason: str) -> Retrained:
    return _told(run, _nothing(run, reason), None, reason)
