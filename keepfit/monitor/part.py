"""What is kept of a window's features, a part of its rows at a time: counts by bin, and few rows drawn by day.

Parts add up: a window of any number of rows is looked at in the memory of one part.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.monitor.bins import Counts, rows_by_bin
from keepfit.monitor.multivariate import Part, drawn_by_day, least_by_day, values_of
from keepfit.monitor.reference import Reference

Days = NDArray[np.int64]


class Counted(NamedTuple):
    """Rows by bin for each feature of a reference, and drawn rows with the keys (m,) that drew them."""

    counts: Mapping[str, Counts]
    drawn: Part
    keys: NDArray[np.float64]


def counted(reference: Reference, columns: Mapping[str, Any], days: Days, part: int = 0) -> Counted:
    """Count rows.

    Parameters
    ----------
    columns
        What the model reads, as `keepfit.features` reads it. Those that the reference does not have do not count.
    days
        The UTC day of each row since 1970, (n,).
    part
        Which one it is; its draw depends on it.
    """
    watched = {each.name: each.bins for each in reference.columns if each.kind == "feature" and each.name in columns}
    counts = {name: rows_by_bin(bins, columns[name]) for name, bins in watched.items()}
    rows, keys = drawn_by_day(days, reference.length, np.random.default_rng([1, part]))
    if watched.keys() != {each.name for each in reference.columns if each.kind == "feature"}:
        rows, keys = rows[:0], keys[:0]  # a column that is not there: nothing to tell rows apart by
    values = values_of([(bins, columns[name]) for name, bins in watched.items()], rows)
    return Counted(counts, Part(days[rows], values), keys)


def merged(reference: Reference, parts: Iterable[Counted]) -> Counted:
    """Parts as if they had been counted at once; at least one."""
    total, *others = parts
    for each in others:
        counts = {name: rows + each.counts[name] for name, rows in total.counts.items()}
        days, keys = np.concatenate([total.drawn.days, each.drawn.days]), np.concatenate([total.keys, each.keys])
        values = np.vstack([total.drawn.values, each.drawn.values])
        rows = least_by_day(days, keys, reference.length)
        total = Counted(counts, Part(days[rows], values[rows]), keys[rows])
    return total
