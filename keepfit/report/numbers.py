"""Numbers in the digits that people need: what the uncertainty allows, never so few that a miss looks like a hit."""

import math
import re
from collections.abc import Sequence

from keepfit.records import Estimate

NOT_MEASURED = "–"
_POWER = re.compile(r"(?<![\w.])(-?\d+(?:\.\d+)?)e(-?\d+)(?!\w)")
_MINUS = re.compile(r"(?<![\w.-])-(?=\d)")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def decimals(values: Sequence[float | None], threshold: float | None = None) -> int | None:
    """Decimals for figures that stand together (value, low, high); None asks for scientific notation.

    The largest keeps three digits, the width of the interval two; without an interval the value keeps four. More are
    added until nothing that differs from ``threshold`` looks equal to it.

    >>> decimals((0.67312, 0.6411, 0.7022)), decimals((55.31, 52.1, 58.9))
    (3, 1)
    >>> decimals((0.61996, None, None), 0.62)
    5
    >>> decimals((3e-12, None, None), 1e-9) is None
    True
    """
    known = [float(v) for v in values if v is not None and math.isfinite(v)]
    largest = max((abs(v) for v in [*known, threshold or 0.0]), default=0.0)
    if largest and (largest < 1e-4 or largest >= 1e15):
        return None
    places = _enough(known)
    while threshold is not None and places < 12 and any(_looks_equal(v, threshold, places) for v in known):
        places += 1
    return places


def _enough(known: Sequence[float]) -> int:
    largest = max(map(abs, known), default=0.0)
    width = max(known) - min(known) if known else 0.0
    if not largest:
        return 0
    if width <= 1e-9 * largest:
        return _places(largest, 4)
    return max(_places(largest, 3), _places(width, 2))


def _places(value: float, digits: int) -> int:
    """Decimals that show so many digits of a positive value."""
    return min(max(digits - 1 - math.floor(math.log10(value)), 0), 10)


def _looks_equal(value: float, threshold: float, places: int) -> bool:
    return value != threshold and fixed(value, places) == fixed(threshold, places)


def fixed(value: float | None, places: int | None) -> str:
    """A number with so many decimals and thousands separators; ``places`` None is scientific notation.

    >>> fixed(12345.678, 1), fixed(-0.00004, 2), fixed(2.5e-9, None), fixed(None, 3)
    ('12,345.7', '0.00', '2.5e-9', '–')
    """
    if value is None or not math.isfinite(value):
        return NOT_MEASURED
    if places is None:
        mantissa, exponent = f"{value:.3e}".split("e")
        return "0" if value == 0 else f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    text = f"{value:,.{places}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text


def number(value: float | int | None) -> str:
    """A number that stands alone: whole numbers in full, others to four digits without idle zeros.

    >>> number(1234567), number(0.62), number(1e-9), number(55.3187), number(None)
    ('1,234,567', '0.62', '1e-9', '55.32', '–')
    """
    if isinstance(value, int):
        return f"{value:,}"
    return lone(value, None)


def lone(value: float | None, threshold: float | None) -> str:
    """A number without an interval, with as many digits as tell it from ``threshold``.

    >>> lone(0.0031, 1e-9), lone(0.6199999, 0.62)
    ('0.0031', '0.6199999')
    """
    text = fixed(value, decimals((value,), threshold))
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def exact(value: float | None) -> str:
    """A number that a person wrote, as it was written.

    >>> exact(0.123456), exact(1e-9), exact(20000), exact(-0.01)
    ('0.123456', '1e-9', '20,000', '-0.01')
    """
    if value is None:
        return NOT_MEASURED
    text = f"{value:,.12g}"
    return re.sub(r"e([+-])0*", lambda sign: "e" + sign[1].strip("+"), text)


def interval(estimate: Estimate) -> tuple[str, str]:
    """The value and its bounds, in digits that fit their width.

    >>> interval(Estimate(value=0.67312, low=0.6411, high=0.7022, rows=9, clusters=3))
    ('0.673', '0.641 to 0.702')
    """
    if estimate.low == estimate.high == estimate.value:
        return number(estimate.value), bounds(estimate.low, estimate.high, None)
    places = decimals((estimate.value, estimate.low, estimate.high))
    return fixed(estimate.value, places), bounds(estimate.low, estimate.high, places)


def told(estimate: Estimate) -> str:
    """The value, its bounds in brackets where there are any, typeset for a sentence.

    >>> told(Estimate(value=-0.67312, low=-0.7022, high=-0.6411, rows=9, clusters=3))
    '−0.673 (−0.702 to −0.641)'
    >>> told(Estimate(value=0.5, low=None, high=None, rows=9, clusters=3))
    '0.5'
    """
    value, around = interval(estimate)
    return typeset(f"{value} ({around})" if around else number(estimate.value))


def bounds(low: float | None, high: float | None, places: int | None) -> str:
    """The interval in words; empty where there is none.

    >>> bounds(0.4, 0.5, 2), bounds(0.5, None, 2), bounds(0.5, 0.5, 2), bounds(None, None, 2)
    ('0.40 to 0.50', 'at least 0.50', 'exactly', '')
    """
    if low is None and high is None:
        return ""
    if low == high:
        return "exactly"
    if high is None:
        return f"at least {fixed(low, places)}"
    return f"at most {fixed(high, places)}" if low is None else f"{fixed(low, places)} to {fixed(high, places)}"


def typeset(text: str) -> str:
    """Figures as print sets them: a true minus, powers of ten.

    >>> typeset("-0.01"), typeset("3.1e-15"), typeset("late-night 5")
    ('−0.01', '3.1×10⁻¹⁵', 'late-night 5')
    """
    powers = _POWER.sub(lambda found: f"{found[1]}×10{str(int(found[2])).translate(_RAISED)}", text)
    return _MINUS.sub("−", powers)


def percent(share: float) -> str:
    """A share for people; what is not nothing never looks like nothing, nor almost all like all.

    >>> percent(0.95), percent(0.123), percent(0.00001), percent(0.99999), percent(1.0)
    ('95%', '12.3%', '<0.1%', '>99.9%', '100%')
    """
    if 0 < share < 0.001:
        return "<0.1%"
    if 0.999 < share < 1:
        return ">99.9%"
    return f"{share * 100:.1f}".removesuffix(".0") + "%"


def count(rows: int, noun: str = "row") -> str:
    """So many of something.

    >>> count(1), count(2500), count(0, "gate")
    ('1 row', '2,500 rows', '0 gates')
    """
    return f"{rows:,} {noun}" if rows == 1 else f"{rows:,} {noun}s"


def size(octets: int) -> str:
    """Bytes for people, in powers of ten.

    >>> size(999), size(1_234_567)
    ('999 bytes', '1.2 MB')
    """
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if octets >= scale:
            return f"{octets / scale:,.1f} {unit}"
    return count(octets, "byte")
