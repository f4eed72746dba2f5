"""The append-only, hash-chained history of a use case: the truth about numbers, champions and who decided what.

Guarantees: entries are numbered 1, 2, 3 … without gaps; each carries the digest of the one before and the fold after
it; of two writers that meet, one goes first and the other checks its preconditions again. Finding the newest entry
costs one list and one read, however long the history, and tells what ``keepfit show`` prints; adding one costs one
request more.
"""

from keepfit.ledger.append import append, who_and_why
from keepfit.ledger.entries import back_from, entries, entry_at, entry_key, head
from keepfit.ledger.fold import (
    fold_after,
    fold_of,
    judged_again,
    looked_at,
    rollout_of,
    shown_entry,
    shown_version,
    spending_of,
    watch_of,
)
from keepfit.ledger.replay import Replayed, misfits_of, replay
from keepfit.ledger.spending import LEAST, after_look, fits, spend_of, year_of

__all__ = [
    "LEAST",
    "Replayed",
    "after_look",
    "append",
    "back_from",
    "entries",
    "entry_at",
    "entry_key",
    "fits",
    "fold_after",
    "fold_of",
    "head",
    "judged_again",
    "looked_at",
    "misfits_of",
    "replay",
    "rollout_of",
    "shown_entry",
    "shown_version",
    "spend_of",
    "spending_of",
    "watch_of",
    "who_and_why",
    "year_of",
]
