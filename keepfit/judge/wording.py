"""How numbers are told to a person."""

from math import floor, isfinite, log10

from keepfit.records import Estimate, More


def number(value: float | None, digits: int = 3) -> str:
    """A number with ``digits`` significant digits, without exponents between a millionth and a million.

    >>> number(0.67312), number(1234.5), number(-0.00012), number(0.0), number(None)
    ('0.673', '1,234', '-0.00012', '0', 'nothing')
    """
    if value is None:
        return "nothing"
    if value == 0 or not isfinite(value):
        return f"{value + 0.0:g}"
    size = floor(log10(abs(value)))
    if not -7 < size < 6:
        return f"{value:.{digits - 1}e}"
    text = f"{value:,.{max(0, digits - 1 - size)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def told_apart(bound: float, threshold: float) -> str:
    """A bound with as many digits as show on which side of the threshold it lies.

    >>> told_apart(0.6198, 0.62), told_apart(0.61999, 0.62), told_apart(0.641, 0.62)
    ('0.6198', '0.61999', '0.641')
    """
    for digits in range(3, 17):
        text = number(bound, digits)
        if text != number(threshold, digits):
            return text
    return number(bound, 17)


def sample(estimate: Estimate, clustered_by: str) -> str:
    """What a number rests on.

    >>> found = Estimate(value=0.6, low=0.5, high=0.7, rows=3412, clusters=14)
    >>> sample(found, "day"), sample(found, "row")
    ('3,412 rows, 14 days', '3,412 rows')
    """
    rows = _count(estimate.rows, "row")
    return rows if clustered_by != "day" else f"{rows}, {_count(estimate.clusters, 'day')}"


def many_more(more: More | None, clustered_by: str) -> str:
    """How many more rows would decide, as the end of a sentence.

    >>> many_more(More(rows=1200, clusters=12), "day")
    '; if figures stay as they are, some 1,200 more rows (12 more days) would decide'
    >>> many_more(More(rows=37_000_000, clusters=40_000), "day")
    '; if figures stay as they are, ten years of rows would not decide'
    >>> many_more(None, "row")
    ''
    """
    if more is None:
        return ""
    if clustered_by == "day" and more.clusters > 3650:
        return "; if figures stay as they are, ten years of rows would not decide"
    words = f"some {_rough(more.rows)} more {'row' if more.rows == 1 else 'rows'}"
    days = f" ({_rough(more.clusters)} more {'day' if more.clusters == 1 else 'days'})" if clustered_by == "day" else ""
    return f"; if figures stay as they are, {words}{days} would decide"


def octets(size: int) -> str:
    """Bytes in powers of ten.

    >>> octets(1_500_000), octets(20)
    ('1.5MB', '20 bytes')
    """
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= scale:
            return f"{number(size / scale, 4)}{unit}"
    return _count(size, "byte")


def _rough(count: int) -> str:
    """A number of which only the first two digits mean something."""
    size = 10 ** max(len(str(count)) - 2, 0)
    return f"{round(count / size) * size:,}"


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


def percent(share: float) -> str:
    """A share as people say it; what is not all never looks like it.

    >>> percent(0.95), percent(0.975), percent(0.9979166), percent(0.9999995)
    ('95%', '97.5%', '99.79%', '99.99995%')
    """
    rest = float(f"{(1.0 - share) * 100:.2g}")
    return f"{100 - rest:.9g}%"
