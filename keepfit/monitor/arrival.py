"""How the rows of a window came: how many, how old, how many can be used at all, and what was expected of them."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from keepfit.monitor.part import Tallied
from keepfit.records import Broken, WindowCheck

FEWER, MORE = 0.2, 5.0  # times the usual rows
_RULES = 3  # that are named
_HOUR = timedelta(hours=1)


class Unusable(NamedTuple):
    """Values that are not what they should be: so many of so many, such as this one."""

    rows: int = 0
    of: int = 0
    such: str = ""


class Seen(NamedTuple):
    """What is known of a window: its sums, and how it came.

    ``arrived`` counts all rows, ``refused`` those that break the contract, ``broken`` says which rules; their share is
    held to ``refused_at_most``, as are those of ``labels`` that are none and of logged ``answers`` that are none.
    ``elsewhere`` says of rows that are in no window at all. ``age`` is that of the newest row of all, None where there
    is none; ``expected`` what was seen of the expectations.
    """

    rows: Tallied
    arrived: int
    refused: int
    refused_at_most: float
    broken: tuple[Broken, ...] = ()
    labels: Unusable = Unusable()
    answers: Unusable = Unusable()
    elsewhere: tuple[str, ...] = ()
    age: timedelta | None = None
    age_at_most: timedelta | None = None
    expected: tuple[WindowCheck, ...] = ()


def arrival_of(usual: float, seen: Seen) -> Iterator[WindowCheck]:
    """Every question about how the rows came; ``usual`` is how many rows a window has."""
    yield _volume(usual, seen)
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
        reason="" if well else f"{seen.refused:,} of {_rows(seen.arrived)} break the contract{_by(seen.broken)}",
    )
    yield from _unusable("label_values", seen.labels, seen.refused_at_most, "labels are none that the model knows")
    yield from _unusable("answers", seen.answers, seen.refused_at_most, "logged answers are none; asked again")
    yield from seen.expected


def _volume(usual: float, seen: Seen) -> WindowCheck:
    ratio = seen.arrived / usual if usual else 0.0
    well = FEWER <= ratio <= MORE
    said = f"{_rows(seen.arrived)}, {ratio:.2g} times the usual {usual:,.0f}"
    return WindowCheck(
        check="volume",
        outcome="pass" if well else "fail",
        value=float(seen.arrived),
        threshold=usual * (MORE if ratio > 1 else FEWER),
        effect=ratio,
        reason="" if well else "; ".join([said, *seen.elsewhere]),
    )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _by(broken: Sequence[Broken]) -> str:
    """Which rules most rows break.

    >>> _by((Broken(rule="minutes: min 0", column="minutes", rows=3, examples=("-1",)),))
    ': minutes: min 0 (3, such as -1)'
    >>> _by((Broken(rule="missing", column="door", rows=3, examples=()),))
    ': door: missing (3)'
    """
    most = sorted(broken, key=lambda each: -each.rows)[:_RULES]
    told = "; ".join(f"{_rule(each)} ({', such as '.join([f'{each.rows:,}', *each.examples[:1]])})" for each in most)
    return f": {told}" if told else ""


def _rule(broken: Broken) -> str:
    """A rule with its column, in case it does not say it itself."""
    column = broken.column
    return broken.rule if column is None or column in broken.rule else f"{column}: {broken.rule}"


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


def _unusable(check: str, found: Unusable, most: float, what: str) -> Iterator[WindowCheck]:
    """Nothing where all are usable: then there is nothing to tell."""
    if not found.rows:
        return
    share = found.rows / found.of
    such = f", such as {found.such}" if found.such else ""
    yield WindowCheck(
        check=check,
        outcome="pass" if share <= most else "fail",
        value=share,
        threshold=most,
        effect=share,
        reason=f"{found.rows:,} of {found.of:,} {what}{such}",
    )
