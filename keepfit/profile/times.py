"""Times: first, last, rows by UTC day, and a sample of hashes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from keepfit.profile import buckets, hashing
from keepfit.profile.shape import MOST_DAYS, Times

DAY = 86_400_000_000  # microseconds


def times(moments: NDArray[np.int64]) -> Times | None:
    """Statistics of microseconds since 1970; None where there are none."""
    if not len(moments):
        return None
    return Times(
        rows=len(moments),
        first=int(moments.min()),
        last=int(moments.max()),
        days=buckets.counted(moments // DAY, None, MOST_DAYS),
        hashes=hashing.packed(hashing.smallest(hashing.mixed(moments.view(np.uint64)))),
    )


def joined(parts: Sequence[Times]) -> Times:
    """The rows of all parts."""
    return Times(
        rows=sum(part.rows for part in parts),
        first=min(part.first for part in parts),
        last=max(part.last for part in parts),
        days=buckets.added([part.days for part in parts], MOST_DAYS),
        hashes=hashing.united([part.hashes for part in parts]),
    )
