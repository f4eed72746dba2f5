"""What was seen and decided lately, from the ledger."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from msgspec import UNSET, structs

from keepfit.ledger import back_from, head
from keepfit.records import Entry, Noted, RetrainDecision, Window, parse
from keepfit.store import Store, get_many

_ENTRIES = 200  # of the ledger that are read
_WINDOWS = 90


class Look(NamedTuple):
    """A window that was looked at, and what was decided then.

    It is as it was seen last; where one of several looks has asked for a retrain, ``decision``, ``reason`` and
    ``entry`` are those of this look, made as of ``decided``, and ``noted.helped`` is there where
    any look has closed a case.
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
    found: defaultdict[tuple[datetime, int], list[_Kept]] = defaultdict(list)
    for entry in islice(back_from(store, head(store, use_case)), _ENTRIES):
        if entry.noted is not UNSET and entry.retrain is not UNSET:
            found[entry.noted.end, entry.noted.version].append(_Kept(entry, entry.noted, entry.retrain))
    newest = [found[key] for key in sorted(found)][-_WINDOWS:]
    digests = [own[0].noted.window for own in newest]
    windows = [parse(data, Window, digest) for digest, data in zip(digests, get_many(store, digests), strict=True)]
    return [_look(window, own) for window, own in zip(windows, newest, strict=True)]


class _Kept(NamedTuple):
    """An entry about a window."""

    entry: Entry
    noted: Noted
    decision: RetrainDecision


def _look(window: Window, own: Sequence[_Kept]) -> Look:
    """What the entries about a window, newest first, have come to."""
    decided = next((each for each in own if each.decision.retrain), own[0])
    helped = next((each.noted.helped for each in own if each.noted.helped is not UNSET), UNSET)
    noted = structs.replace(own[0].noted, helped=helped)
    moment = decided.entry.as_of or window.as_of
    return Look(window, noted, decided.decision, decided.entry.reason, decided.entry.seq, moment)
