"""Labels: not known yet, missing although due, and whether there is anything to tell apart."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.config.model import UseCase
from keepfit.errors import Problem
from keepfit.profile import Profile, distinct, top
from keepfit.records import Moment

if TYPE_CHECKING:
    import pyarrow as pa


class Labels(NamedTuple):
    """Masks (n,) over the rows of a table."""

    pending: NDArray[np.bool_]
    missing: NDArray[np.bool_]


def labels(table: "pa.Table", use_case: UseCase, moment: Moment) -> Labels:
    """Rows whose label is not known yet at ``as_of``, and rows that lack one although it should be known."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rule, time = use_case.data.label, use_case.data.event_time
    absent: NDArray[np.bool_] = table.column(rule.column).is_null().to_numpy()
    pending = np.zeros(table.num_rows, dtype=bool)
    if time is not None:
        due = pa.scalar(moment.as_of - rule.known_after, pa.timestamp("us", tz="UTC"))
        pending = pc.fill_null(pc.greater_equal(table.column(time), due), fill_value=False).to_numpy()
    return Labels(pending, absent & ~pending)


def enough_labels(due: int, missing: int, use_case: UseCase) -> Iterator[Problem]:
    """That the share of missing labels is above the tolerance; nothing if it is not."""
    rule = use_case.data.label
    if missing <= rule.missing_at_most * due:
        return
    yield Problem(
        f"too many rows lack the label {rule.column}",
        "data.label.missing_at_most",
        f"at most {rule.missing_at_most:.1%} of the rows whose label is due",
        f"{missing:,} of {due:,} ({missing / due:.1%})",
        did="trained nothing; the champion stays",
        do="see whether the system that delivers labels is late, or set `known_after` to when they are known",
    )


def classes_to_tell_apart(profile: Profile, use_case: UseCase) -> Iterator[Problem]:
    """That the kept rows have not exactly two classes (binary), or two and more (multiclass); nothing if they have."""
    if use_case.task == "regression":
        return
    column = use_case.data.label.column
    classes = distinct(profile.columns[column])
    if classes == 2 or (use_case.task == "multiclass" and classes > 2):
        return
    expected = "exactly two classes" if use_case.task == "binary" else "two classes or more"
    shown = ", ".join(f"{name}: {count:,}" for name, count in sorted(top(profile.columns[column], most=10)))
    do = "see whether the label is made as it should be, or whether the history is too short"
    what = f"the label {column} has {classes} class{'' if classes == 1 else 'es'}"
    yield Problem(what, "data.label", expected, shown, did="trained nothing; the champion stays", do=do)
