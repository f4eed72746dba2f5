"""What is wrong with which rows, by rule."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


class Rule(NamedTuple):
    """A rule as people read it (``words``) and as the YAML names it (``key``, of the column if there is one).

    ``about`` are the columns whose values say why a row broke a rule of the whole row.
    """

    column: str | None
    key: str
    words: str
    about: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """What stands beside a quarantined row.

        >>> Rule("distance", "max", "at most 6000").reason
        'distance: at most 6000'
        """
        return f"{self.column}: {self.words}" if self.column is not None else self.words


class Fault(NamedTuple):
    """The rows (positions in a table, ascending) that broke one rule."""

    rule: Rule
    rows: NDArray[np.int64]


FUTURE = "later than the run's start"
NOT_UNIQUE = Rule(None, "data.key", "the key stands on other rows with other values")


class Why(NamedTuple):
    """The rows that have anything wrong (ascending, distinct), and beside each all its reasons."""

    rows: NDArray[np.int64]
    reasons: "pa.ListArray"


def why(faults: Sequence[Fault]) -> Why:
    """All that is wrong with every row that has anything wrong."""
    import pyarrow as pa

    words = pa.array([fault.rule.reason for fault in faults], pa.string())
    rows = np.concatenate([np.zeros(0, np.int64), *(fault.rows for fault in faults)])
    which = np.repeat(np.arange(len(faults)), [len(fault.rows) for fault in faults])
    found, counts = np.unique(rows, return_counts=True)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    in_order = words.take(pa.array(which[np.argsort(rows, kind="stable")], pa.int64()))
    return Why(found, pa.ListArray.from_arrays(pa.array(offsets), in_order))
