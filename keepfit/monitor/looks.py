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
    """A window that was looked at, and what was decided then.

    It is as it was seen last; where one of several looks has asked for a retrain, ``decision``, ``reason`` and
    ``entry`` are those of this look.
    """

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
    found: dict[tuple[datetime, int], tuple[_Kept, _Kept]] = {}
    for entry in islice(back_from(store, head(store, use_case)), _ENTRIES):
        if entry.noted is not UNSET and entry.retrain is not UNSET:
            kept = _Kept(entry, entry.noted, entry.retrain)
            seen, decided = found.get((kept.noted.end, kept.noted.version), (kept, kept))
            asked = kept if kept.decision.retrain and not decided.decision.retrain else decided
            found[kept.noted.end, kept.noted.version] = seen, asked
    newest = [found[key] for key in sorted(found)][-_WINDOWS:]
    digests = [seen.noted.window for seen, _ in newest]
    windows = [parse(data, Window, digest) for digest, data in zip(digests, get_many(store, digests), strict=True)]
    return [
        Look(window, seen.noted, decided.decision, decided.entry.reason, decided.entry.seq)
        for window, (seen, decided) in zip(windows, newest, strict=True)
    ]


class _Kept(NamedTuple):
    """An entry about a window."""

    entry: Entry
    noted: Noted
    decision: RetrainDecision
