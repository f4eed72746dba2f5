"""The append-only, hash-chained history of a use case: the truth about numbers, champions and who decided what.

Guarantees: entries are numbered 1, 2, 3 … without gaps; each carries the digest of the one before and the fold after
it; of two writers that meet, one goes first and the other checks its preconditions again. Finding the newest entry
costs one list and one read, however long the history.
"""

from keepfit.ledger.append import append, who_and_why
from keepfit.ledger.entries import entries, entry_key, head, newest_first
from keepfit.ledger.fold import fold_after, fold_of
from keepfit.ledger.replay import Replayed, misfits_of, replay

__all__ = [
    "Replayed",
    "append",
    "entries",
    "entry_key",
    "fold_after",
    "fold_of",
    "head",
    "misfits_of",
    "newest_first",
    "replay",
    "who_and_why",
]
