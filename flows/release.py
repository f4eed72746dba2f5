"""From what all servers have logged to the end of a rollout, or to waiting a little longer."""

import getpass
import os
from datetime import UTC, datetime
from pathlib import Path

from prefect import flow

from flows.train import _run_name
from keepfit import ledger
from keepfit.config import find, load
from keepfit.records import Beheld, Decided, Decision, Ended, Fold, Released, Reviewed
from keepfit.rollout import decide, figures
from keepfit.store import Store, open_store
from tasks.rollout import Review, behold, settle
from tasks.run import moment_of

_OUTCOMES: dict[Decided, Ended] = {"promote": "promoted", "stop": "stopped", "undecided": "undecided"}


@flow(name="release", flow_run_name=_run_name, persist_result=False, validate_parameters=False)
def release(use_case: str, as_of: str | None = None, store: str | None = None) -> Reviewed:
    """Look at the open rollout, decide, write down: promote, stop, or go on.

    Parameters
    ----------
    use_case : a name in ``configs/``, or a path to a YAML file.
    as_of : the moment up to which the log is read, such as ``2013-04-01``; the scheduled start unless given.
    store : where everything is kept; ``KEEPFIT_STORE`` or ``.keepfit`` unless given.
    """
    root, started = Path.cwd(), datetime.now(UTC)
    case = load(find(use_case, root), os.environ).use_case
    moment = moment_of(as_of, case.data.timezone, started)
    place = open_store(store or os.environ.get("KEEPFIT_STORE") or str(root / ".keepfit"))
    fold = ledger.fold_of(ledger.head(place, case.name))
    rollout = ledger.rollout_of(fold)
    if rollout is None:
        return _nothing(case.name, moment, fold)
    review = Review(case, place, rollout, moment, started, getpass.getuser())
    seen = behold(review)
    decision = decide(rollout, seen, moment)
    return _reviewed(review, seen, decision, settle(review, seen, decision))


def _reviewed(review: Review, seen: Beheld, decision: Decision, released: Released) -> Reviewed:
    rollout = review.rollout
    kept = decision.decided == "promote" and not released.released
    return Reviewed(
        use_case=review.use_case.name,
        as_of=review.as_of,
        outcome="undecided" if kept else _OUTCOMES[decision.decided],
        released=released.released,
        champion=_champion(review.store, review.use_case.name),
        reason=released.reason,
        version=rollout.challenger.number,
        strategy=rollout.strategy,
        started=rollout.started,
        until=rollout.until,
        numbers=figures(seen),
    )


def _champion(store: Store, use_case: str) -> int | None:
    seat = ledger.fold_of(ledger.head(store, use_case)).champion
    return seat.number if seat else None


def _nothing(use_case: str, as_of: datetime, fold: Fold) -> Reviewed:
    return Reviewed(
        use_case=use_case,
        as_of=as_of,
        outcome="none",
        released=False,
        champion=fold.champion.number if fold.champion else None,
        reason="no rollout is open: a pass of `keepfit run` begins one, where `release.strategy` is shadow or canary",
    )
