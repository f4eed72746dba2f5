"""``predicts_alone``: one feature predicts the label nearly perfectly by itself.

Honest features are weaker than one would think. Of the data sets that ship with scikit-learn, the strongest reach (by
`told`) .98 (width of a petal in iris) and .97 (worst perimeter in breast cancer), and others come near. So .99 is
believed of no feature, and .98 only where the error of another is less than ten times as large: a leak stands alone.
Two standard errors are added; of few rows, only what is perfect is found. What separates two classes perfectly is
always found, also where it is honest (setosa against the other irises): only a person can know. Where the label goes on
as it was, a feature may too: the label of the row before then counts as another feature.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from keepfit.records import Leak
from keepfit.split.leakage.material import Material, Values
from keepfit.split.leakage.telling import told

KIND = "predicts_alone"
NEVER = 0.99
STANDS_OUT = 0.98
TIMES = 10.0
ERRORS = 2.0


def predicts_alone(material: Material) -> Iterator[Leak]:
    """Features whose AUC (R² of ranks in a regression) is too good."""
    label, classes = material.label[material.sample], len(material.classes)
    measured = {
        name: found
        for name, values in material.columns(material.sample)
        if (found := told(values, label, classes, material.halves)) is not None
    }
    before = _before(material)
    word = "R² of ranks" if material.use_case.task == "regression" else "AUC"
    for name, (value, error) in measured.items():
        others = {other: known.value for other, known in measured.items() if other != name}
        limit = min(_limit(others, before) + ERRORS * error, 1.0)
        if value >= limit:
            yield Leak(kind=KIND, feature=name, value=value, limit=limit, reason=_reason(name, word, value, others))


def _limit(others: Mapping[str, float], before: float) -> float:
    """What is not believed: less where no other feature comes near, more where the label of the row before does."""
    next_best = max([*others.values(), 0.0])
    limit = min(NEVER, max(STANDS_OUT, 1 - (1 - next_best) / TIMES))
    return max(limit, 1 - (1 - before) / TIMES) if before >= STANDS_OUT else limit


def _before(material: Material) -> float:
    """What the label of the row before tells, where rows have an order in time."""
    if material.use_case.data.event_time is None:
        return 0.0
    label = material.label[material.sample]
    earlier = Values(np.append(np.nan, label[:-1].astype(np.float64)), ordered=not material.classes)
    found = told(earlier, label, len(material.classes), material.halves)
    return found.value if found else 0.0


def _reason(name: str, word: str, value: float, others: Mapping[str, float]) -> str:
    best = max(others, key=lambda other: others[other], default=None)
    beside = f"; the next best, {best}, reaches {others[best]:.3f}" if best is not None else ""
    return (
        f"{name} alone predicts the label ({word} {value:.4f}{beside}): was it known when a prediction would have been "
        f"asked for?"
    )
