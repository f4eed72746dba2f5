"""What Prefect's automations hear of a window: hints, which whoever hears them checks against the ledger."""

from uuid import NAMESPACE_URL, uuid5

from keepfit.records import Monitored, Window, digest_of
from tasks.run import Run

ALARM, REQUESTED = "keepfit.alarm.raised", "keepfit.retrain.requested"


def tell_alarm(run: Run, seen: Monitored) -> None:
    """A window alarmed, or its data look broken."""
    window = seen.window
    if window is not None and (window.alarms or window.broken):
        _emit(ALARM, run, seen, window)


def tell_request(run: Run, seen: Monitored) -> None:
    """A retrain was decided on."""
    if seen.window is not None and seen.decision.retrain:
        _emit(REQUESTED, run, seen, seen.window)


def _emit(event: str, run: Run, seen: Monitored, window: Window) -> None:
    """The same answer from the same store is always the same event, however often it is told.

    Only names and times go into it: values of a payload reach parameters as text, and anybody can send one.
    """
    from prefect.events import emit_event

    resource = f"keepfit.use_case.{seen.use_case}"
    emit_event(
        event,
        resource={"prefect.resource.id": resource, "prefect.resource.name": seen.use_case},
        payload={"use_case": seen.use_case, "window_end": window.span.end.isoformat()},
        id=uuid5(NAMESPACE_URL, f"{event}/{run.store.address}/{digest_of(seen)}"),
    )
