"""How far rows in some order come sorted by their label."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepfit.split.leakage.telling import ranks

SORTED = 0.99
"""From here on rows count as sorted by their label."""
IN_TIME = 0.9
"""Labels that go on in time as much as this explain any other order that goes with time."""
FEWEST = 20


def sortedness(label: NDArray[Any], classes: int) -> float | None:
    """1 where the label (n,) is sorted in some way, about 0 in random order; None where that cannot be told.

    Of classes, one minus the number of runs beyond one for each class, as a share of what random order would give
    (Wald & Wolfowitz 1940, Ann. Math. Stat. 11:147). Of values, one minus the mean step between the ranks of
    neighbours, as a share of a third, which random order gives.

    >>> sortedness(np.repeat([2, 0, 1], 20), 3), sortedness(np.arange(100.0), 0) > 0.96
    (1.0, True)
    """
    rows = len(label)
    if not classes:
        return None if rows < FEWEST or np.ptp(label) == 0 else 1 - 3 * float(np.mean(np.abs(np.diff(ranks(label)))))
    counts = np.bincount(label, minlength=classes)
    present = int(np.sum(counts > 0))
    expected = 1 + (rows**2 - float(np.sum(counts.astype(np.float64) ** 2))) / max(rows, 1) - present
    if expected < FEWEST:
        return None
    runs = 1 + int(np.sum(label[1:] != label[:-1]))
    return 1 - (runs - present) / expected
