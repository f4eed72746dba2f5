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
    """A window that was looked at, and what was decided then."""

    window: Window
    noted: Noted
    decision: RetrainDecision
    reason: str
    entry: int


def looks_of(store: Store, use_case: str) -> list[Look]:
    """The latest windows, oldest first, each as it was seen last; of one end those of several versions.

    Raises
    ------
    IntegrityError
        An entry or a window was altered or is gone.
    """
    found: dict[tuple[datetime, int], tuple[Entry, Noted, RetrainDecision]] = {}
    for entry in islice(back_from(store, head(store, use_case)), _ENTRIES):
        if entry.noted is not UNSET and entry.retrain is not UNSET:
            found.setdefault((entry.noted.end, entry.noted.version), (entry, entry.noted, entry.retrain))
    newest = [found[key] for key in sorted(found)][-_WINDOWS:]
    digests = [noted.window for _, noted, _ in newest]
    windows = [parse(data, Window, digest) for digest, data in zip(digests, get_many(store, digests), strict=True)]
    return [
        Look(window, noted, decision, entry.reason, entry.seq)
        for window, (entry, noted, decision) in zip(windows, newest, strict=True)
    ]
