"""Following the rollout of a use case: what is on trial here, and when this server stops it."""

import logging
import os
import socket
from collections.abc import Callable
from concurrent.futures import Future, wait
from datetime import UTC, datetime
from functools import partial
from typing import Any

from keepfit.errors import IntegrityError, KeepfitError, Missing
from keepfit.ledger import rollout_of
from keepfit.records import Fold, Rollout, Seat
from keepfit.rollout import figures
from keepfit.serving.loading import begun
from keepfit.serving.log.log import PredictionLog
from keepfit.serving.rollout.trial import Told, Trial
from keepfit.serving.version import Live
from keepfit.store import Store

_DRAIN = 5.0  # seconds at the end for what a shadow has not answered yet
_TELL = 1.0  # seconds that a look waits for the ledger to take an entry; a store that is slower is not waited for
_log = logging.getLogger("keepfit.serving")
Load = Callable[[Seat, Callable[[Fold], bool]], Live | None]


class Rolling:
    """The trial that is open here; `see` and `close` are called by whoever follows the ledger, the others by all.

    ``load`` gives a version, or None where the ledger says meanwhile that it is not wanted any more.
    """

    def __init__(self, store: Store, use_case: str, told: Told, load: Load) -> None:
        self._store, self._use_case, self._told, self._load = store, use_case, told, load
        self._trial: Trial | None = None
        self._rollout: Rollout | None = None
        self._stopped = self._untold = ""
        self._telling: Future[None] | None = None
        self._log: PredictionLog | None = None

    @property
    def challenger(self) -> Seat | None:
        """The version that is loaded beside the champion, if one is."""
        return self._trial.live.seat if self._trial is not None else None

    def log_to(self, log: PredictionLog | None) -> None:
        """Where a challenger's answers are logged."""
        self._log = log
        if self._trial is not None:
            self._trial.log = log

    def beside(self, champion: Live) -> Trial | None:
        """The challenger that is asked beside this champion, if one is."""
        trial = self._trial
        if trial is None or trial.stopped or trial.rollout.champion != champion.seat:
            return None
        return trial

    def see(self, fold: Fold, live: Live | None) -> None:
        """What the ledger says now: begin, go on, stop, or end.

        Raises
        ------
        KeepfitError
            The store did not give the challenger.
        """
        rollout = rollout_of(fold)
        if live is None or (rollout is not None and live.seat != rollout.champion):
            rollout = None
        if rollout != self._rollout:
            self._end()
            self._rollout = rollout
        if rollout is None or live is None:
            return
        if self._trial is None and not self._stopped:
            self._begin(rollout, live)
        if self._trial is not None and not self._stopped:
            self._stopped = self._trial.look()
        if self._stopped:
            self._stop(rollout)

    def close(self) -> None:
        """The server ends: what a shadow was asked is answered, if that does not take long."""
        if self._trial is not None:
            self._trial.close(_DRAIN)

    def standing(self) -> dict[str, Any] | None:
        """How it stands, for people; None without a rollout."""
        rollout, trial = self._rollout, self._trial
        if rollout is None:
            return None
        seen = trial.watch.seen() if trial is not None else None
        return {
            "version": rollout.challenger.number,
            "strategy": rollout.strategy,
            "share": rollout.share,
            "until": rollout.until,
            "status": "running" if trial is not None and not self._stopped else "stopped here",
            "trouble": "; ".join(filter(None, (self._stopped, self._untold))),
            "newest": figures(seen) if seen is not None else {},
        }

    def _begin(self, rollout: Rollout, champion: Live) -> None:
        number = rollout.challenger.number
        try:
            live = self._load(rollout.challenger, lambda fold: rollout_of(fold) == rollout)
        except (IntegrityError, Missing) as error:
            self._stopped = f"version {number} is refused: {str(error).partition(chr(10))[0]}"
            _log.error("%s: the challenger, version %d, is refused\n%s", self._use_case, number, error)
            return
        if live is None:  # over meanwhile, as the next look will see
            return
        self._trial = Trial(rollout, live, champion, self._told)
        self._trial.log = self._log
        self._told.rolling(self._use_case, number, stopped=False)
        _log.warning("%s: version %d is on trial (%s)", self._use_case, number, rollout.strategy)

    def _stop(self, rollout: Rollout) -> None:
        """Stop it here at once, then for everybody; again at the next look while the ledger cannot be told."""
        seen = self._trial.watch.seen() if self._trial is not None else None
        if self._trial is not None and not self._trial.stopped:
            self._trial.stopped = self._stopped
            _log.error("%s: version %d is stopped: %s", self._use_case, rollout.challenger.number, self._stopped)
        numbers = figures(seen) if seen is not None else {}
        self._telling = self._telling or begun(partial(self._tell, rollout, self._stopped, numbers))
        if wait([self._telling], _TELL).done:
            self._heard(self._telling)
        else:
            self._untold = self._untold or "the ledger could not be told: the store has not answered yet"
        self._told.rolling(self._use_case, rollout.challenger.number, stopped=bool(self._untold))

    def _heard(self, telling: "Future[None]") -> None:
        """What became of the entry."""
        self._telling = None
        try:
            telling.result()
        except (KeepfitError, OSError) as error:
            if not self._untold:
                _log.exception("%s: the stop of a rollout could not be written down", self._use_case)
            self._untold = f"the ledger could not be told: {str(error).partition(chr(10))[0]}"
        else:
            self._untold = ""

    def _tell(self, rollout: Rollout, reason: str, numbers: dict[str, float]) -> None:
        from keepfit.release import stop_rollout

        actor = f"server {socket.gethostname()}-{os.getpid()}"
        now = datetime.now(UTC)
        stop_rollout(self._store, self._use_case, rollout, actor=actor, reason=reason, at=now, numbers=numbers)

    def _end(self) -> None:
        if self._trial is not None:
            self._trial.close()
        self._trial, self._stopped, self._untold, self._telling = None, "", "", None
        self._told.rolling(self._use_case, 0, stopped=False)
