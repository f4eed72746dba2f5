"""What can happen to a row: one byte each, so that ten million rows are ten million bytes."""

from enum import IntEnum
from typing import Literal


class Fate(IntEnum):
    """Kept, in quarantine (`BROKEN` by itself, `CONFLICT` with other rows), or dropped by a rule with a name."""

    KEPT = 0
    BROKEN = 1
    CONFLICT = 2
    COPY = 3
    REPLACED = 4
    PENDING = 5
    UNLABELLED = 6


QUARANTINED = (Fate.BROKEN, Fate.CONFLICT)


def names_of_dropped(duplicates: Literal["error", "first", "last"]) -> dict[Fate, str]:
    """The rules that drop rows, in the order in which they are applied.

    >>> names_of_dropped("last")[Fate.REPLACED]
    'superseded by a later row'
    """
    replaced = "an earlier row has this key" if duplicates == "first" else "superseded by a later row"
    return {
        Fate.COPY: "duplicate row",
        Fate.REPLACED: replaced,
        Fate.PENDING: "label not known yet",
        Fate.UNLABELLED: "no label",
    }
