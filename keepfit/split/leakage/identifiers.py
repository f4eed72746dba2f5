"""``identifier_order``: whoever sorts the rows by an identifier has sorted them by label.

Numbers that were given class by class, or after the answer was known, say the answer. Looked at are the columns of the
key, and features that are whole numbers or texts, of which nine values of ten are different. Where rows have a time and
labels go on in it, an identifier that grows with time only shows that.
"""

from collections.abc import Iterator

import numpy as np

from keepfit.records import Leak
from keepfit.split.leakage.material import Material, Values, values_of
from keepfit.split.leakage.runs import IN_TIME, SORTED, sortedness

KIND = "identifier_order"
DIFFERENT = 0.9


def identifier_order(material: Material) -> Iterator[Leak]:
    """Identifiers that order the label."""
    rows, classes = material.sample, len(material.classes)
    label = material.label[rows]
    if _goes_on(material):
        return
    for name in _candidates(material):
        values = _sortable(material, name)
        if values is None or np.unique(values.numbers).size < DIFFERENT * len(rows):
            continue
        value = sortedness(label[np.argsort(values.numbers, kind="stable")], classes)
        if value is not None and value >= SORTED:
            reason = (
                f"rows in the order of {name} are sorted by the label ({value:.1%} of the way from random order to "
                f"sorted): was {name} given when the label was known, or class by class?"
            )
            yield Leak(kind=KIND, feature=name, rows=len(rows), value=value, limit=SORTED, reason=reason)


def _goes_on(material: Material) -> bool:
    """Whether the label goes on in time."""
    if material.use_case.data.event_time is None:
        return False
    in_time = sortedness(material.label[material.sample], len(material.classes))
    return in_time is not None and in_time >= IN_TIME


def _candidates(material: Material) -> list[str]:
    import pyarrow as pa

    own = {material.use_case.data.event_time, material.use_case.data.label.column}
    names = dict.fromkeys([*material.use_case.data.key, *material.features])
    types = {name: material.train.schema.field(name).type for name in names if name not in own}
    return [
        name
        for name, kind in types.items()
        if pa.types.is_integer(kind) or pa.types.is_string(kind) or pa.types.is_dictionary(kind)
    ]


def _sortable(material: Material, name: str) -> Values | None:
    """The places of a column's values in their order, at the rows of the sample."""
    import pyarrow as pa

    column = material.train.column(name).take(pa.array(material.sample))
    values = values_of(column)
    if values is None or values.ordered:
        return values
    levels = column.dictionary_encode().unify_dictionaries().combine_chunks().dictionary.to_pylist()
    place = np.empty(len(levels) + 1)
    place[np.argsort(np.array(levels, dtype=str), kind="stable")] = np.arange(len(levels))
    place[-1] = len(levels)
    codes = np.where(np.isnan(values.numbers), -1, values.numbers).astype(np.int64)
    return Values(place[codes], ordered=True)
