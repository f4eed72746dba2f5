"""``near_copies``: rows on both sides that are equal in every feature and in the label, though not in their moment.

Copies proper are left out by the split. The same case recorded twice, or multiplied to balance classes, differs in its
moment or in a column that is no feature. Rows with few possible values are equal by chance too; then their labels agree
no more than those of other rows, so what counts is agreement far beyond that, of rows most of which are different, and
far more of them than features that know nothing of each other would give.
"""

from collections.abc import Iterator

import numpy as np

from keepfit.records import Leak
from keepfit.split.hashes import column_hashes, row_hashes
from keepfit.split.leakage.material import Material

KIND = "near_copies"
SHARE = 0.01
"""Of the holdout; fewer are found in honest data, and change no figure."""
FEWEST = 10
DIFFERENT = 0.2
TIMES = 10.0


def near_copies(material: Material) -> Iterator[Leak]:
    """Rows to judge on that a model has already seen with their answers."""
    learnt, judged = (row_hashes(side, material.features) for side in (material.train, material.holdout))
    known, first = np.unique(learnt, return_index=True)
    place = np.minimum(np.searchsorted(known, judged), len(known) - 1)
    met = known[place] == judged
    rows = int(met.sum())
    if rows < max(FEWEST, SHARE * len(judged)) or len(known) < DIFFERENT * len(learnt):
        return
    if rows < TIMES * _met_by_chance(material):
        return
    label = [material.use_case.data.label.column]
    own = row_hashes(material.holdout.select(label).filter(met), label)
    theirs = row_hashes(material.train.select(label), label)[first[place[met]]]
    _, counts = np.unique(own, return_counts=True)
    by_chance = rows - int(counts.max())  # that would differ if all copies had the most frequent label
    differ = int(np.sum(own != theirs))
    if by_chance < FEWEST or differ * TIMES > by_chance:
        return
    reason = (
        f"{rows:,} of {len(judged):,} rows to judge on equal a row to learn from in every feature, and "
        f"{(rows - differ) / rows:.1%} of them in the label too: is the same case there twice? Name it in split.entity"
    )
    yield Leak(kind=KIND, rows=rows, value=rows / len(judged), limit=SHARE, reason=reason)


def _met_by_chance(material: Material) -> float:
    """How many rows of the holdout would equal one of the training side if features were independent, at most."""
    expected = np.full(material.holdout.num_rows, float(material.train.num_rows))
    for name in material.features:
        values, counts = np.unique(column_hashes(material.train.column(name)), return_counts=True)
        own = column_hashes(material.holdout.column(name))
        place = np.minimum(np.searchsorted(values, own), len(values) - 1)
        expected *= np.where(values[place] == own, counts[place] / material.train.num_rows, 0.0)
    return float(np.minimum(expected, 1.0).sum())
