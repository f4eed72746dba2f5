"""What Prefect's automations hear of a window: hints, which whoever hears them checks against the ledger."""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from keepfit.monitor import still_lost
from keepfit.records import Monitored, Seat, Window, digest_of
from tasks.run import Run

ALARM, REQUESTED = "keepfit.alarm.raised", "keepfit.retrain.requested"


def tell_alarm(run: Run, seen: Monitored, champion: Seat) -> None:
    """A window of the version that answers alarmed, its data look broken, or what was lost before is not back in it."""
    window = seen.window
    if window is None or window.version != champion:
        return
    if window.alarms or window.broken or still_lost(seen.lost, window):
        _emit(ALARM, run, seen, window)


def tell_request(run: Run, seen: Monitored) -> None:
    """A retrain was decided on."""
    if seen.window is not None and seen.decision.retrain:
        _emit(REQUESTED, run, seen, seen.window)


def tell_open(run: Run, seen: Monitored, window_end: datetime) -> None:
    """A retrain that was decided on earlier is still to be done."""
    _send(REQUESTED, run, seen, window_end)


def _emit(event: str, run: Run, seen: Monitored, window: Window) -> None:
    _send(event, run, seen, window.span.end)


def _send(event: str, run: Run, seen: Monitored, window_end: datetime) -> None:
    """The same answer from the same store is always the same event, however often it is told.

    Only names and times go into it: values of a payload reach parameters as text, and anybody can send one.
    """
    from prefect.events import emit_event

    resource = f"keepfit.use_case.{seen.use_case}"
    emit_event(
        event,
        resource={"prefect.resource.id": resource, "prefect.resource.name": seen.use_case},
        payload={"use_case": seen.use_case, "window_end": window_end.isoformat()},
        id=uuid5(NAMESPACE_URL, f"{event}/{run.store.address}/{digest_of(seen)}"),
    )
