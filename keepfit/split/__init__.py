"""Which rows a model may learn from, and which judge it.

By time, the holdout is the newest stretch and training ends ``known_after`` before it, as it would have in production.
Undated rows are split by a hash of their key, so a row never changes sides. A copy of a row is never on both sides.
"""

from keepfit.split.sides import HOLDOUT, LEFT_OUT, TRAIN, key_places, sides_of, split

__all__ = ["HOLDOUT", "LEFT_OUT", "TRAIN", "key_places", "sides_of", "split"]
