"""``known_late``: a moment among the features that lies after the one for which a prediction would be asked.

It may be a plan (a date of delivery that was agreed on) or what happened afterwards (the day of the delivery); only a
person can know. One row of a hundred may be wrong.
"""

from collections.abc import Iterator

import numpy as np

from keepfit.records import Leak
from keepfit.split.leakage.material import Material, values_of

KIND = "known_late"
SHARE = 0.01


def known_late(material: Material) -> Iterator[Leak]:
    """Times among the features that are later than the event time."""
    import pyarrow as pa

    event_time = material.use_case.data.event_time
    if event_time is None:
        return
    kind = pa.timestamp("us", tz="UTC")
    asked = values_of(material.train.column(event_time).cast(kind))
    for name in material.features:
        column = material.train.column(name)
        found = values_of(column.cast(kind)) if pa.types.is_timestamp(column.type) else None
        if asked is None or found is None:
            continue
        known = ~np.isnan(found.numbers)
        late = int(np.sum(found.numbers[known] > asked.numbers[known]))
        share = late / max(int(known.sum()), 1)
        if share > SHARE:
            reason = (
                f"{name} is later than {event_time} in {late:,} of the {int(known.sum()):,} rows that have it: is it a "
                f"plan that was known by then, or what happened afterwards?"
            )
            yield Leak(kind=KIND, feature=name, rows=late, value=share, limit=SHARE, reason=reason)
