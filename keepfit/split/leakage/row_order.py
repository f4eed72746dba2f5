"""``row_order``: the files are sorted by the label, or there is one for each class.

Then any column that goes with the order in which rows were written (a running number, a time of export) says the label,
and classes may have been collected in different ways. Where rows have a time and labels go on in it, files in the order
of time only show that.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from keepfit.records import Leak
from keepfit.split.leakage.material import SAMPLE, spread
from keepfit.split.leakage.runs import IN_TIME, SORTED, sortedness

if TYPE_CHECKING:
    import pyarrow as pa

KIND = "row_order"


def row_order(parts: Sequence["pa.Table"], label: str, *, regression: bool, event_time: str | None) -> Leak | None:
    """Whether rows in the order of their files, as ``_file`` and ``_row`` tell, come sorted by the label."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not parts:
        return None
    table = pa.concat_tables(parts, promote_options="permissive")
    known = np.flatnonzero(pc.is_valid(table.column(label)).to_numpy())
    table = table.take(pa.array(spread(known, SAMPLE)))
    files = table.column("_file").cast(pa.string())  # Arrow sorts no dictionaries
    named = pa.table({"file": files, "row": table.column("_row")})
    written = table.take(pc.sort_indices(named, [("file", "ascending"), ("row", "ascending")]))
    value = _sortedness(written.column(label), regression=regression)
    if value is None or value < SORTED:
        return None
    if event_time:
        in_time = _sortedness(table.sort_by(event_time).column(label), regression=regression)
        if in_time is not None and in_time >= IN_TIME:
            return None
    reason = (
        f"rows in the order of their files are sorted by the label ({value:.1%} of the way from random order to "
        f"sorted): were classes collected in different ways?"
    )
    return Leak(kind=KIND, rows=len(known), value=value, limit=SORTED, reason=reason)


def _sortedness(label: "pa.ChunkedArray", *, regression: bool) -> float | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    if regression:
        numbers = pc.cast(label, pa.float64(), safe=False).to_numpy()
        return sortedness(numbers[~np.isnan(numbers)], 0)
    coded = label.combine_chunks()
    coded = coded if pa.types.is_dictionary(coded.type) else coded.dictionary_encode()
    return sortedness(coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), len(coded.dictionary))
