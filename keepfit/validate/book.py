"""What is known of every row, in a few bytes each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from keepfit.validate.fates import Fate
from keepfit.validate.faults import Rule
from keepfit.validate.tally import Tally
from keepfit.validate.unique import Hashes


@dataclass
class Book:
    """What is known of every row (n in all parts together), by its place."""

    fates: NDArray[np.uint8]
    pending: NDArray[np.bool_]
    unlabelled: NDArray[np.bool_]
    hashes: dict[Rule, Hashes]
    conflicts: dict[Rule, NDArray[np.bool_]] = field(default_factory=dict)
    spans: list[tuple[int, int]] = field(default_factory=list)
    files: Counter[str] = field(default_factory=Counter)
    tally: Tally = field(default_factory=Tally)

    def count(self, fate: Fate) -> int:
        """How many rows have this fate."""
        return int(np.count_nonzero(self.fates == fate))


def empty_book(rows: int, unique: Sequence[Rule]) -> Book:
    """Before anything is known; ``unique`` are the rules about rows that must not be alike."""
    return Book(
        fates=np.zeros(rows, dtype=np.uint8),
        pending=np.zeros(rows, dtype=bool),
        unlabelled=np.zeros(rows, dtype=bool),
        hashes={rule: np.zeros(rows, dtype=np.uint64) for rule in unique},
    )
