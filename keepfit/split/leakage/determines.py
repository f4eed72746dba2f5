"""``copy_of_label``: a value of a feature always goes with the same label, or one is a monotone function of the other.

Of a column in which hardly any value comes twice that would always be true, so only rows that repeat a value count: if
the label were drawn anew for each of them, all would agree with a chance below e⁻²⁰, and ten at least are not of the
most frequent label. Of an entity (where the YAML names them) one row counts, because nothing about it is on both sides.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepfit.records import Leak
from keepfit.split.leakage.material import SAMPLE, Material, spread, values_of

KIND = "copy_of_label"
SURPRISE = 20.0
FEWEST = 10
SHORTEST = 30

Numbers = NDArray[Any]


def copies_of_label(material: Material) -> Iterator[Leak]:
    """Features that determine the label; some rows say first whether it is worth looking at all."""
    rows = material.cases
    some, label = spread(rows, SAMPLE), material.label[rows]
    for name, values in material.columns(some):
        if _determined(values.numbers, material.label[some]) is None:
            continue
        found = values_of(material.train.column(name), rows)
        told = found and _determined(found.numbers, label, _surprise(label))
        if told:
            reason = f"{told}: {name} is the label in other words, or was made from it"
            yield Leak(kind=KIND, feature=name, rows=len(rows), reason=reason)


def _surprise(label: Numbers) -> dict[float, float]:
    """How surprising each label is, in nats."""
    names, counts = np.unique(label, return_counts=True)
    return {float(name): float(-np.log(count / len(label))) for name, count in zip(names, counts, strict=True)}


def _determined(values: NDArray[np.float64], label: Numbers, surprise: dict[float, float] | None = None) -> str | None:
    """In which way values determine the label, or None; without ``surprise`` no evidence is asked for."""
    known = ~np.isnan(values)
    values, label = values[known], label[known]
    order = np.argsort(values, kind="stable")
    values, label = values[order], label[order]
    same = values[1:] == values[:-1]
    if np.any(same & (label[1:] != label[:-1])):
        return None
    repeated = label[1:][same]
    if surprise is None:
        return "" if repeated.size or _monotone(label) else None
    if _monotone(label):
        return "the label rises or falls with every step"
    often = min(surprise, key=lambda name: surprise[name])
    weight = sum(
        surprise[float(each)] * int(count) for each, count in zip(*np.unique(repeated, return_counts=True), strict=True)
    )
    if weight < SURPRISE or int(np.sum(repeated != often)) < FEWEST:
        return None
    return f"each of its values always has the same label, also in the {repeated.size:,} rows that repeat one"


def _monotone(label: Numbers) -> bool:
    """Whether values that are all different in this order rise or fall throughout; classes cannot say it."""
    steps = np.diff(label)
    if len(label) < SHORTEST or not np.issubdtype(label.dtype, np.floating) or np.ptp(label) == 0:
        return False
    return bool(np.all(steps >= 0) or np.all(steps <= 0)) and np.unique(label).size > len(label) // 2
