"""The rate of false promotions of a year, spent over looks.

Every look at a challenger beside the champion is a chance to promote wrongly. A year of looks does so no more often
than the rate says because their chances add up to no more (union bound), however many looks there are, however much
their rows overlap and whatever made somebody look. What may be spent by a moment depends on the calendar alone, so it
need not be known how many looks will come (Lan & DeMets 1983, Biometrika 70:659; 1989, Stat. Med. 8:1191).
"""

from datetime import datetime, timedelta

from keepfit.records import Seat, Spending

YEAR = timedelta(days=365)
AT_ONCE = 1 / 12  # of a year's rate: what a first look finds
LEAST = 1e-6  # no look is worth less


def accrued(rate: float, passed: float) -> float:
    """What may have been spent when so much of a year has ``passed`` (0 to 1).

    >>> round(accrued(0.06, 0.0), 6), accrued(0.06, 1.0)
    (0.005, 0.06)
    """
    return rate * (AT_ONCE + (1 - AT_ONCE) * min(max(passed, 0.0), 1.0))


def spend_of(spending: Spending | None, rate: float, as_of: datetime) -> float:
    """What a look may spend: half of what has accrued and is left, so that something is left for the next one.

    >>> from datetime import UTC
    >>> first = datetime(2013, 4, 1, tzinfo=UTC)
    >>> spend_of(None, 0.048, first)
    0.002
    >>> round(spend_of(after_look(Spending(), first, 0.002), 0.048, first), 6)
    0.001
    """
    start, spent = year_of(spending or Spending(), as_of)
    left = accrued(rate, (as_of - start) / YEAR) - spent
    return left / 2 if left / 2 >= LEAST else 0.0


def year_of(spending: Spending, as_of: datetime) -> tuple[datetime, float]:
    """The start of the year that ``as_of`` counts for, and what is spent of it.

    A look as of an earlier year counts for the present one: time that goes back and forth gives nothing anew.
    """
    if spending.year_start is None:
        return as_of, 0.0
    years = (as_of - spending.year_start) // YEAR
    return (spending.year_start, spending.spent) if years < 1 else (spending.year_start + years * YEAR, 0.0)


def after_look(spending: Spending, as_of: datetime, spent: float, champion: Seat | None = None) -> Spending:
    """What is spent after one more look; where nobody has fixed an anchor yet, the ``champion`` of now is it."""
    start, before = year_of(spending, as_of)
    return Spending(year_start=start, spent=before + spent, anchor=spending.anchor or champion)


def fits(spending: Spending | None, rate: float, as_of: datetime, spend: float) -> bool:
    """Whether a look that was to spend so much still may: others may have spent since it was told so."""
    _, spent = year_of(spending or Spending(), as_of)
    return spent + spend <= rate * (1 + 1e-9)
