"""Following the ledger of one use case: what serves now, and what stands in the way of anything newer.

Each look costs one list and one read. A new champion is loaded and verified beside the old one, then takes its place
by one assignment; one that cannot be verified is told and left, and the old one goes on.
"""

import gc
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from threading import Event, Thread
from time import monotonic
from typing import Protocol

from keepfit.errors import InfrastructureError, IntegrityError, KeepfitError, Missing
from keepfit.ledger import fold_of, head
from keepfit.records import Entry, Fold, Seat
from keepfit.serving.copy import Copying, LocalCopy, Note
from keepfit.serving.loading import loaded
from keepfit.serving.rollout import Rolling, trial
from keepfit.serving.version import Live, load
from keepfit.store import Store

PATIENCE = 5.0  # seconds for the first look at the store
EVERY = 1.0  # seconds between two looks
TRY_AGAIN = 15.0  # seconds until a version that was refused is looked at again: somebody may restore a file

_log = logging.getLogger("keepfit.serving")


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a use case; replaced whole.

    ``live`` answers unless ``disabled``. ``seq`` is the newest entry that was seen, ``refused`` the champion that
    could not be verified. ``trouble`` says why the store, or the refused version, is not followed, or is empty;
    ``local`` whether what answers came from this machine's own copy.
    """

    live: Live | None = None
    disabled: bool = False
    seq: int = 0
    refused: Seat | None = None
    trouble: str = ""
    local: bool = False


class Told(trial.Told, Protocol):
    """Who counts what happens here."""

    def swapped(self, use_case: str, version: int) -> None:
        """A version has taken its place."""

    def resting(self, use_case: str) -> None:
        """No version answers (any more)."""

    def refused(self, use_case: str) -> None:
        """A champion could not be verified."""

    def unreachable(self, use_case: str) -> None:
        """The store did not say what is newest."""


class Follower:
    """Keeps ``state`` up to date, from a thread of its own once it is started."""

    def __init__(self, store: Store, use_case: str, copy: LocalCopy, told: Told, every: float = EVERY) -> None:
        self.use_case = use_case
        self.state = State()
        self._store, self._copy, self._told, self._every = store, copy, told, every
        self._copying = Copying(copy, store)
        self.rolling = Rolling(store, use_case, told, self._load)
        self._stop, self._looked = Event(), Event()
        self._refused_at = 0.0
        self._thread = Thread(target=self._run, name=f"follow-{use_case}", daemon=True)

    def start(self, patience: float = PATIENCE) -> None:
        """Look again and again in the background; returns when the first look is done and its champion copied.

        A store that is far out of reach takes its time to say so. After ``patience`` seconds this machine's own copy
        answers, until the look has an end; nor is a copy waited for any longer.
        """
        end = monotonic() + patience
        self._thread.start()
        if not self._looked.wait(patience) and self.state.live is None:
            known = replace(self._last_known(), trouble="the store has not answered yet")
            if not self._looked.is_set():
                self.state = known
        self.copied(max(0.0, end - monotonic()))

    def copied(self, seconds: float) -> bool:
        """Whether this machine has its copy of what serves, after so many seconds at most."""
        return self._copying.settled(seconds)

    def stop(self) -> None:
        """Look no more; a copy that is being made is finished, if that does not take long."""
        self._stop.set()
        self.rolling.close()
        self.copied(PATIENCE)

    def _run(self) -> None:
        self.look()
        self._looked.set()
        while not self._stop.wait(self._every):
            self.look()

    def look(self) -> None:
        """Take one look at the ledger; nothing that happens here stops what answers."""
        held = self._held()
        try:
            self._see(head(self._store, self.use_case))
        except (KeepfitError, OSError) as error:
            self._cannot_see(_first_line(error))
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the following
            _log.exception("%s: looking at the ledger failed", self.use_case)
            self._cannot_see(f"unexpected {type(error).__name__}")
        if self._held() != held:
            gc.collect()  # a version that is left holds classes of its own, in circles, and little else asks for this
            _give_back()

    def _held(self) -> tuple[Seat | None, Seat | None]:
        """The versions that are loaded."""
        live = self.state.live
        return (live.seat if live is not None else None), self.rolling.challenger

    def _load(self, seat: Seat, wanted: Callable[[Fold], bool]) -> Live | None:
        """A version, verified; None where the ledger says before it is there that it is not ``wanted`` any more."""
        return loaded(partial(load, self._store, self.use_case, seat), lambda: self._still(wanted), self._every)

    def _still(self, wanted: Callable[[Fold], bool]) -> bool:
        try:
            return wanted(fold_of(head(self._store, self.use_case)))
        except (KeepfitError, OSError):
            return True  # nobody says otherwise

    def _see(self, newest: Entry | None) -> None:
        known = self._least_seq()
        if (newest.seq if newest else 0) < known:
            self._cannot_see(f"the store shows {newest.seq if newest else 0} entries, but there have been {known}")
            return
        fold, state = fold_of(newest), self.state
        seq = newest.seq if newest else 0
        if fold.champion is None:
            self._rest(seq, disabled=fold.disabled)
        elif state.live is not None and state.live.seat == fold.champion and not state.disabled:
            if (state.seq, state.trouble, state.local) != (seq, "", False):
                self.state = State(state.live, seq=seq)
        elif state.refused != fold.champion or monotonic() - self._refused_at > TRY_AGAIN:
            self._take(fold.champion, seq)
        self.rolling.see(fold, self.state.live)

    def _least_seq(self) -> int:
        """How long the history was when this process, or this machine, last saw it: it never gets shorter."""
        if self.state.seq:
            return self.state.seq
        note = self._copy.note()
        return note.seq if note else 0

    def _rest(self, seq: int, *, disabled: bool) -> None:
        """Nothing serves, because somebody said so or because there never was anything."""
        if disabled and not self.state.disabled:
            _log.warning("%s: disabled", self.use_case)
        if disabled != self.state.disabled or seq != self.state.seq or self.state.trouble:
            self.state = State(disabled=disabled, seq=seq)
            self._told.resting(self.use_case)
            self._copying.keep(Note(use_case=self.use_case, seq=seq, seat=None, disabled=disabled))

    def _take(self, seat: Seat, seq: int) -> None:
        """Load beside, then swap; what was disabled or another version before does not come back if that fails."""
        before = State(seq=seq) if self.state.disabled else replace(self.state, seq=seq)
        try:
            live = self._load(seat, lambda fold: fold.champion is not None)
        except (IntegrityError, Missing) as error:
            self._refused_at = monotonic()
            self.state = replace(
                before, refused=seat, trouble=f"version {seat.number} is refused: {_first_line(error)}"
            )
            self._told.refused(self.use_case)
            _log.error("%s: version %d is refused\n%s", self.use_case, seat.number, error)
            return
        if live is None:  # disabled meanwhile, as the next look will see
            return
        self.state = State(live, seq=seq)
        self._told.swapped(self.use_case, seat.number)
        _log.warning("%s: version %d answers", self.use_case, seat.number)
        self._copying.keep(Note(use_case=self.use_case, seq=seq, seat=seat, disabled=False), live.manifest)

    def _cannot_see(self, why: str) -> None:
        """Go on with what answers; at a cold start with what this machine has verified last."""
        self._told.unreachable(self.use_case)
        if self.state.trouble != why:
            _log.error("%s: the store cannot be followed: %s", self.use_case, why)
        state = self.state
        if state.live is None and not state.disabled and not state.local:
            state = self._last_known()
        self.state = replace(state, trouble=why)

    def _last_known(self) -> State:
        note = self._copy.note()
        if note is None:
            return self.state
        if note.seat is None:
            return State(disabled=note.disabled, seq=note.seq, local=True)
        try:
            live = load(self._copy.store(note.seat), self.use_case, note.seat)
        except (IntegrityError, InfrastructureError) as error:
            _log.error("%s: the local copy is refused: %s", self.use_case, _first_line(error))
            return replace(self.state, local=True)
        self._told.swapped(self.use_case, note.seat.number)
        _log.warning("%s: version %d answers, from the copy on this machine", self.use_case, note.seat.number)
        return State(live, seq=note.seq, local=True)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _give_back() -> None:
    """Give memory that a load has left back to the system: glibc kept 27 of 149 MB with a forest of 258,000 nodes."""
    import ctypes

    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
