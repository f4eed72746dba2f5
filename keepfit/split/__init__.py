"""Which rows a model may learn from, and which judge it.

By time, the holdout is the newest stretch and training ends ``known_after`` before it, as it would have in production.
Undated rows are split by a hash of their key, so a row never changes sides (stratified, where the share of every class
is held instead, few do). A copy of a row is never on both sides, nor is an entity that the YAML names.
"""

from keepfit.split.folds import Fold, folds_of
from keepfit.split.hashes import key_places, row_hashes
from keepfit.split.rules import HOLDOUT, LEFT_OUT, TRAIN
from keepfit.split.sides import sides_of, split
from keepfit.split.unseen import unseen

__all__ = [
    "HOLDOUT",
    "LEFT_OUT",
    "TRAIN",
    "Fold",
    "folds_of",
    "key_places",
    "row_hashes",
    "sides_of",
    "split",
    "unseen",
]
