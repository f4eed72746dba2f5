"""A metric's value on rows, and how much each row moved it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Missing = Literal["", "evidence", "broken"]


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """A value with its empirical influence function (Hampel 1974, JASA 69:383).

    Parameters
    ----------
    value
        The metric; None where it could not be computed.
    influence
        (n,): the value on these rows is, to first order, the true one plus the mean of these; they sum to zero.
    strata
        (n,) or None: the class of each row, where every class is a sample of its own (AUC is a statement about
        positives *and* negatives: ten thousand rows with three positives know little).
    bias
        By how much the value is too high on average over samples, where that is known to matter.
    exact
        The value holds whatever the rows are (AUC of a constant is one half): no sampling error.
    missing, reason
        Why there is no value: more rows would help (``evidence``) or not (``broken``).
    """

    value: float | None
    influence: Floats
    strata: Ints | None = None
    bias: float = 0.0
    exact: bool = False
    missing: Missing = ""
    reason: str = ""


def no_score(rows: int, missing: Missing, reason: str) -> Score:
    """A value that could not be computed, and why."""
    return Score(None, np.zeros(rows), missing=missing, reason=reason)


def mean_score(losses: Floats) -> Score:
    """The mean of ``losses`` (n,); its influence is what each row deviates.

    >>> mean_score(np.array([1.0, 3.0])).influence
    array([-1.,  1.])
    """
    value = float(losses.mean())
    return Score(value, losses - value)


def class_counts(y: Ints) -> str:
    """How many rows each class has, for a message.

    >>> class_counts(np.array([1, 1, 0]))
    'class 0: 1 rows, class 1: 2 rows'
    """
    classes, counts = np.unique(y, return_counts=True)
    return ", ".join(f"class {c}: {n:,} rows" for c, n in zip(classes.tolist(), counts.tolist(), strict=True))
