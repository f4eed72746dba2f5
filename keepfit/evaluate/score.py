"""A metric's value on rows, and how much each row moved it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from keepfit.evaluate.calibration import Binned

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
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
        positives *and* negatives: ten thousand rows with three positives know little); -1: the row says nothing.
    bias
        By how much the value is too high on average over samples, where that is known to matter.
    exact
        The value holds whatever the rows are (AUC of a constant is one half): no sampling error.
    trials
        Where the value is a share of rows: of how many; else 0.
    median_of
        (n,) where the value is a median: of what.
    binned
        Where the value is a distance that the noise alone keeps away from zero: what it was made of.
    missing, reason
        Why there is no value, or no bound: more rows would help (``evidence``) or not (``broken``).
    """

    value: float | None
    influence: Floats
    strata: Ints | None = None
    bias: float = 0.0
    exact: bool = False
    trials: int = 0
    median_of: Floats | None = None
    binned: "Binned | None" = None
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


def share_score(hit: Bools, among: Bools) -> Score:
    """The share of rows ``among`` (n,) that are a ``hit`` (n,); the other rows say nothing. Some row is among.

    >>> share_score(np.array([True, False, True]), np.array([True, True, False])).value
    0.5
    """
    trials = int(among.sum())
    value = float((hit & among).sum() / trials)
    influence = np.where(among, (hit - value) * (hit.size / trials), 0.0)
    return Score(value, influence, strata=among.astype(np.int64) - 1, trials=trials)


def class_counts(y: Ints) -> str:
    """How many rows each class has, for a message.

    >>> class_counts(np.array([1, 1, 0]))
    'class 0: 1 rows, class 1: 2 rows'
    """
    classes, counts = np.unique(y, return_counts=True)
    return ", ".join(f"class {c}: {n:,} rows" for c, n in zip(classes.tolist(), counts.tolist(), strict=True))
