"""How a window came: how many rows, how old the newest is, how many break the contract, what was expected of them."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from keepfit.monitor.part import Tallied
from keepfit.monitor.reference import Reference
from keepfit.records import Broken, WindowCheck

FEWER, MORE = 0.2, 5.0  # times the usual rows
_RULES = 3  # that are named
_HOUR = timedelta(hours=1)


class Seen(NamedTuple):
    """What is known of a window: its sums, and how it came.

    ``arrived`` counts all rows, ``refused`` those that break the contract, ``broken`` says which rules; their share is
    held to ``refused_at_most``. ``age`` is that of the newest row of all, None where there is none; ``expected`` what
    was seen of the expectations.
    """

    rows: Tallied
    arrived: int
    refused: int
    refused_at_most: float
    broken: tuple[Broken, ...] = ()
    age: timedelta | None = None
    age_at_most: timedelta | None = None
    expected: tuple[WindowCheck, ...] = ()


def arrival_of(reference: Reference, seen: Seen) -> Iterator[WindowCheck]:
    """How many rows came, how old the newest is, how many break the contract, and what was expected of them."""
    ratio = seen.arrived / reference.rows if reference.rows else 0.0
    well = FEWER <= ratio <= MORE
    yield WindowCheck(
        check="volume",
        outcome="pass" if well else "fail",
        value=float(seen.arrived),
        threshold=reference.rows * (MORE if ratio > 1 else FEWER),
        effect=ratio,
        reason="" if well else f"{seen.arrived:,} rows, {ratio:.2g} times the usual {reference.rows:,.0f}",
    )
    if seen.age_at_most is not None:
        yield _freshness(seen.age, seen.age_at_most)
    share = seen.refused / seen.arrived if seen.arrived else 0.0
    well = share <= seen.refused_at_most
    yield WindowCheck(
        check="contract",
        outcome="pass" if well else "fail",
        value=share,
        threshold=seen.refused_at_most,
        effect=share,
        reason="" if well else f"{seen.refused:,} of {seen.arrived:,} rows break the contract{_by(seen.broken)}",
    )
    yield from seen.expected


def _by(broken: Sequence[Broken]) -> str:
    """Which rules most rows break.

    >>> _by((Broken(rule="minutes: min 0", column="minutes", rows=3, examples=("-1",)),))
    ': minutes: min 0 (3, such as -1)'
    """
    most = sorted(broken, key=lambda each: -each.rows)[:_RULES]
    told = "; ".join(f"{each.rule} ({', such as '.join([f'{each.rows:,}', *each.examples[:1]])})" for each in most)
    return f": {told}" if told else ""


def _freshness(age: timedelta | None, most: timedelta) -> WindowCheck:
    hours = None if age is None else age / _HOUR
    fresh = age is not None and age <= most
    said = "there are no rows" if hours is None else f"the newest row is {hours:,.0f} hours old"
    return WindowCheck(
        check="freshness",
        outcome="pass" if fresh else "fail",
        value=hours,
        threshold=most / _HOUR,
        effect=hours,
        reason="" if fresh else said,
    )
