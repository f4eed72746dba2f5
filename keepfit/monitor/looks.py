"""What was seen and decided lately, from the ledger."""

from datetime import datetime
from itertools import islice
from typing import NamedTuple

from msgspec import UNSET

from keepfit.ledger import back_from, head
from keepfit.records import Entry, Noted, RetrainDecision, Window, parse
from keepfit.store import Store, get_many

_ENTRIES = 200  # of the ledger that are read
_WINDOWS = 90


class Look(NamedTuple):
    """A window as it was seen last, and what was decided: that a retrain is due, if ever it was, else what came last.

    ``decided`` is the moment of that decision.
    """

    window: Window
    noted: Noted
    decision: RetrainDecision
    reason: str
    entry: int
    decided: datetime


def looks_of(store: Store, use_case: str) -> list[Look]:
    """The latest windows, oldest first, each as it was seen last; of one end those of several versions.

    Raises
    ------
    IntegrityError
        An entry or a window was altered or is gone.
    """
    seen: dict[tuple[datetime, int], Noted] = {}
    decided: dict[tuple[datetime, int], tuple[Entry, RetrainDecision]] = {}
    for entry in islice(back_from(store, head(store, use_case)), _ENTRIES):
        if entry.noted is not UNSET and entry.retrain is not UNSET:
            key = entry.noted.end, entry.noted.version
            seen.setdefault(key, entry.noted)
            if key not in decided or entry.retrain.retrain:
                decided[key] = entry, entry.retrain
    newest = sorted(seen)[-_WINDOWS:]
    digests = [seen[key].window for key in newest]
    windows = [parse(data, Window, digest) for digest, data in zip(digests, get_many(store, digests), strict=True)]
    return [_look(window, seen[key], *decided[key]) for key, window in zip(newest, windows, strict=True)]


def _look(window: Window, noted: Noted, entry: Entry, decision: RetrainDecision) -> Look:
    return Look(window, noted, decision, entry.reason, entry.seq, entry.as_of or window.as_of)
