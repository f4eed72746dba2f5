"""Candidates compete on validation folds of the training side; the winner is fitted on all of it.

The holdout is never looked at. All randomness is seeded: the same snapshot and YAML give the same model, byte for byte.
"""

from keepfit.train.train import train

__all__ = ["train"]
