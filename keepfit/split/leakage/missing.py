"""``missing_by_label``: a feature is missing, or there, for one class only.

What is filled in when the answer is known, such as the day of a refund, says the answer by being there. Missing values
often tell something, and may. Not believed is a group in which all labels but one are a hundred times rarer than among
all rows, where at most two rows of three have that one (and a draw of labels would give it with a chance below e⁻²⁰),
or where 300 of the others were to be expected.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from keepfit.records import Leak
from keepfit.split.leakage.material import Material
from keepfit.split.leakage.telling import FEWEST, ranks

if TYPE_CHECKING:
    import pyarrow as pa

KIND = "missing_by_label"
RARER = 0.01
SURPRISE = 20.0
EXPECTED = 300
MOST = 2 / 3
APART = 0.99

Mask = NDArray[np.bool_]


def missing_by_label(material: Material) -> Iterator[Leak]:
    """Features whose presence says the label."""
    for name in material.features:
        column = material.train.column(name)
        missing = _missing(column)
        if not missing.any() or missing.all():
            continue
        for which, word in ((missing, "missing"), (~missing, "there")):
            leak = _of_classes(material, name, which, word) if material.classes else None
            if leak:
                yield leak
                break
        else:
            yield from _of_values(material, name, missing)


def _missing(column: "pa.ChunkedArray") -> Mask:
    import pyarrow.compute as pc

    return np.asarray(pc.is_null(column, nan_is_null=True).to_numpy(), dtype=bool)


def _of_classes(material: Material, name: str, which: Mask, word: str) -> Leak | None:
    classes = len(material.classes)
    inside = np.bincount(material.label[which], minlength=classes)
    shares = np.bincount(material.label, minlength=classes) / len(material.label)
    place, rows = int(inside.argmax()), int(inside.sum())
    others, expected = rows - int(inside[place]), rows * (1 - float(shares[place]))
    rare = shares[place] <= MOST and -rows * np.log(shares[place]) > SURPRISE
    if others > RARER * expected or not (rare or expected >= EXPECTED):
        return None
    reason = (
        f"{name} is {word} in {rows:,} rows, {'all' if not others else f'all but {others:,}'} of them with the label "
        f"{material.classes[place]}, which {shares[place]:.1%} of all rows have: is it filled in with the label?"
    )
    return Leak(kind=KIND, feature=name, rows=rows, value=others / expected, limit=RARER, reason=reason)


def _of_values(material: Material, name: str, missing: Mask) -> Iterator[Leak]:
    few = min(int(missing.sum()), int((~missing).sum()))
    if material.classes or few < FEWEST:
        return
    value = _apart(material.label, missing)
    if value >= APART:
        reason = f"{name} is missing where the label is on one side of a value, and nearly only there (AUC {value:.4f})"
        yield Leak(kind=KIND, feature=name, rows=int(missing.sum()), value=value, limit=APART, reason=reason)


def _apart(label: NDArray[Any], missing: Mask) -> float:
    """The AUC of the label between rows with and without a value, whichever is higher."""
    ranked, inside, rows = ranks(label) * (len(label) - 1), int(missing.sum()), len(label)
    auc = (float(ranked[missing].sum()) - inside * (inside - 1) / 2) / (inside * (rows - inside))
    return max(auc, 1 - auc)
