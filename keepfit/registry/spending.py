"""What a look has spent, when its entry is written."""

from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from keepfit.ledger import fits, fold_of, spending_of
from keepfit.records import Entry, Position, Verdict

if TYPE_CHECKING:
    from keepfit.config.model import UseCase

OVERSPENT = "overspent"  # in the details of an entry: this look does not count, so it promotes nothing


def spent_by(
    use_case: "UseCase", stood: Position, verdict: Verdict, newest: Entry | None
) -> tuple[float | UnsetType, dict[str, str]]:
    """What a look takes of the year's rate, and, where the year has not that much any more, why it does not count.

    Looks at the same time are each told what they may spend before any of them has spent it. Whoever comes when it is
    gone has looked at a rate that is not there: its verdict stays evidence and moves no champion, so the year's
    promise holds.
    """
    if stood.spend is None or not verdict.compared:
        return UNSET, {}
    rate = use_case.false_promotions
    if fits(spending_of(fold_of(newest)), rate, verdict.as_of, stood.spend):
        return stood.spend, {}
    return UNSET, {OVERSPENT: f"other looks have spent this year's {rate:.6g} of false promotions meanwhile"}
