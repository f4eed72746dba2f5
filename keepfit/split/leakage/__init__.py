"""What would let a model know the answer, looked for before training.

A check is a pure function from the rows of both sides to its findings. It looks at what is nearly perfect only: honest
features must pass, however strong, because a finding stops the release until a person has looked at it.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from keepfit.config.model import UseCase
from keepfit.data.tables import get_tables
from keepfit.records import Leak
from keepfit.split.leakage.alone import predicts_alone
from keepfit.split.leakage.determines import copies_of_label
from keepfit.split.leakage.identifiers import identifier_order
from keepfit.split.leakage.late import known_late
from keepfit.split.leakage.material import Material, material
from keepfit.split.leakage.missing import missing_by_label
from keepfit.split.leakage.near_copies import near_copies
from keepfit.split.leakage.row_order import row_order
from keepfit.split.rules import Sides
from keepfit.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CHECKS", "find_leaks", "leaks_in"]

Check = Callable[[Material], Iterable[Leak]]

CHECKS: tuple[Check, ...] = (
    copies_of_label,
    predicts_alone,
    missing_by_label,
    known_late,
    identifier_order,
    near_copies,
)


def find_leaks(
    store: Store, use_case: UseCase, table: "pa.Table", sides: Sides, parts: Sequence[str]
) -> tuple[Leak, ...]:
    """The leakage report of a snapshot with its sides; ``parts`` as `split` takes them."""
    found = leaks_in(use_case, table, sides)
    if any(leak.kind == "identifier_order" for leak in found):
        return found
    event_time = use_case.data.event_time
    regression = use_case.task == "regression"
    label = use_case.data.label.column
    tables = get_tables(store, parts, ["_file", "_row", label, *([event_time] if event_time else [])])
    written = row_order(list(tables), label, regression=regression, event_time=event_time)
    return (*found, *([written] if written else []))


def leaks_in(use_case: UseCase, table: "pa.Table", sides: Sides) -> tuple[Leak, ...]:
    """What the checks find, of each feature the first finding alone."""
    given = material(use_case, table, sides)
    found: dict[str, Leak] = {}
    for check in CHECKS:
        for leak in check(given):
            found.setdefault(leak.feature or leak.kind, leak)
    return tuple(found.values())
