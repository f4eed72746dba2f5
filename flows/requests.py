"""Retrains that the ledger asks for, and whether they are still open: what events and people say is held against it."""

from datetime import UTC, datetime

from keepfit import ledger
from keepfit.monitor import bounds
from keepfit.records import Fold
from tasks.run import Run


def open_request(run: Run, as_of: datetime) -> datetime | None:
    """When the newest request up to a moment was made; None where a version was made since, or there is none."""
    fold: Fold = ledger.fold_of(ledger.head(run.store, run.use_case.name))
    asked = next((each for each in ledger.watch_of(fold).requests if each <= as_of), None)
    made = fold.newest_versions[0].as_of if fold.newest_versions else None
    return None if asked is None or (made is not None and made >= asked) else asked


def due(run: Run) -> str:
    """Since when a retrain is due that was decided on, in words; empty where none is."""
    asked = open_request(run, run.moment.as_of)
    return f"asked for as of {asked:%Y-%m-%d %H:%M} UTC, and no version was made since" if asked else ""


def window_end_of(run: Run, asked: datetime) -> datetime:
    """The end of the window that a request is about."""
    return bounds(asked, run.use_case.monitor.every, run.use_case.monitor.window)[1]


def asked_for(run: Run, window_end: str) -> datetime | None:
    """When the open request for a window that ends then was made; None where the ledger holds none.

    What an event says is compared, never believed: anybody can send one.
    """
    asked = open_request(run, run.moment.started)
    try:
        end = datetime.fromisoformat(window_end)
    except ValueError:
        return None
    end = end.replace(tzinfo=UTC) if end.tzinfo is None else end
    return asked if asked is not None and window_end_of(run, asked) == end else None
