"""From what has arrived to a decision about retraining."""

from datetime import datetime

from msgspec import structs
from prefect import flow

from flows.requests import open_request, window_end_of
from flows.train import _moment, _run_name, _start
from keepfit import data, ledger, registry, report
from keepfit import monitor as monitoring
from keepfit.records import Extracted, Gathered, Monitored, Referenced, RetrainDecision, Seat, Window
from tasks.artifacts import markdown
from tasks.events import tell_alarm, tell_open, tell_request
from tasks.extract import extract
from tasks.monitor import ageless, decide, draw, fill, gather, watch
from tasks.run import Run, open_run


@flow(name="monitor", flow_run_name=_run_name, persist_result=False, validate_parameters=False)
def monitor(use_case: str, as_of: str | None = None, store: str | None = None) -> Monitored:
    """Extract, look at the newest window beside the champion's reference, decide, write down.

    Parameters
    ----------
    use_case : a name in ``configs/``, or a path to a YAML file.
    as_of : the moment the run pretends it is, such as ``2013-04-01``; the scheduled start unless given.
    store : where everything is kept; ``KEEPFIT_STORE`` or ``.keepfit`` unless given.
    """
    run = open_run(use_case, _moment(as_of), store, _start())
    seen = look(run)
    if seen.window is None:
        markdown(run.use_case.name, "decision", report.decision_markdown(seen))
    tell_request(run, seen)
    if not seen.decision.retrain and (asked := open_request(run, run.moment.as_of)):
        tell_open(run, seen, window_end_of(run, asked))  # whoever began it was killed, or never heard of it
    return seen


def look(run: Run) -> Monitored:
    """Who follows whom; without a champion, or a window that it has not learnt from, there is nothing to look at."""
    fold = ledger.fold_of(ledger.head(run.store, run.use_case.name))
    champion = fold.champion
    if champion is None:
        return _nothing(run, "there is no champion to watch")
    digest = monitoring.reference_digest(run.store, run.use_case.name, champion)
    if digest is None:
        why = f"version {champion.number} has no reference: it was made by an earlier build, or rows have no event time"
        return _nothing(run, why)
    manifest = registry.manifest(run.store, run.use_case.name, champion.digest)
    start, end = monitoring.bounds(run.moment.as_of, run.use_case.monitor.every, run.use_case.monitor.window)
    if manifest.train_until is not None and start < manifest.train_until:
        why = f"version {champion.number} has learnt from rows of this window, up to {manifest.train_until:%Y-%m-%d}"
        return _nothing(run, why)
    data.give_back_at_once()
    extracted = extract(ageless(run))
    again = monitoring.late_of(fold, run.use_case, run.moment.as_of, end)
    filled = [fill(run, _seen(run, extracted, seat, known.start, known.end)) for seat, known in again]
    seen = decide(run, _seen(run, extracted, champion, start, end))
    late = tuple(each for each in filled if each.entry is not None)
    for each in (*late, seen):
        tell_alarm(run, each, champion)
    return draw(run, structs.replace(seen, late=late))


def _seen(run: Run, extracted: Extracted, seat: Seat, start: datetime, end: datetime) -> Window:
    """A window with the version that answered in it, and the case as it stands when those before are in the ledger."""
    reference = Referenced(reference=monitoring.reference_digest(run.store, run.use_case.name, seat), note="")
    case = monitoring.open_case(ledger.fold_of(ledger.head(run.store, run.use_case.name)), seat)
    gathered = gather(run, Gathered(start=start, end=end, source="rows", case=case), reference)
    return watch(run, extracted, gathered, seat, reference)


def _nothing(run: Run, reason: str) -> Monitored:
    return Monitored(
        use_case=run.use_case.name,
        as_of=run.moment.as_of,
        window=None,
        decision=RetrainDecision(retrain=False),
        reason=reason,
    )
