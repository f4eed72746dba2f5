"""Values in the words and digits that people read; nothing here knows HTML.

Numbers show as many digits as their uncertainty allows, and never so few that a value looks equal to the threshold it
missed. Text from outside is made visible: what could reorder, hide or break a line is shown as its escape.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from keepfit.records import Estimate, Outcome

NOT_MEASURED = "–"
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_JOINERS = "\u200c\u200d"  # part of words in Persian and of many emoji; harmless
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKS_IN_A_ROW = 4
_POWER = re.compile(r"(?<![\w.])(-?\d+(?:\.\d+)?)e(-?\d+)(?!\w)")
_MINUS = re.compile(r"(?<![\w.-])-(?=\d)")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

OUTCOME_WORDS: dict[Outcome, str] = {
    "pass": "pass",
    "fail": "fail",
    "not_enough_evidence": "not enough evidence",
    "skipped": "skipped",
    "unjudged": "not judged",
}
OUTCOME_SYMBOLS: dict[Outcome, str] = {
    "pass": "✓",
    "fail": "✗",
    "not_enough_evidence": "?",
    "skipped": "–",
    "unjudged": "○",
}
METRIC_WORDS = {
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "log_loss": "log loss",
    "brier": "Brier score",
    "balanced_accuracy": "balanced accuracy",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R²",
}


CANDIDATE_WORDS = {
    "hist_gradient_boosting": "histogram gradient boosting model",
    "logistic_regression": "logistic regression",
    "ridge": "ridge regression",
}


def candidate_word(name: str) -> str:
    """What kind of model a candidate is.

    >>> candidate_word("ridge"), candidate_word("made_up")
    ('ridge regression', 'made up')
    """
    return CANDIDATE_WORDS.get(name, name.replace("_", " "))


def metric_word(name: str) -> str:
    """How people call a metric.

    >>> metric_word("roc_auc"), metric_word("made_up")
    ('ROC AUC', 'made up')
    """
    return METRIC_WORDS.get(name, name.replace("_", " "))


def visible(text: str, limit: int = 600) -> str:
    r"""``text`` on one line: what hides, reorders or breaks is shown as its escape, the middle of long text is left out.

    >>> visible("late\nflights\u202e")
    'late\\nflights\\u202e'
    >>> visible("x" * 500, limit=9)
    'xxxx … (492 more) … xxxx'
    """
    if len(text) > limit:
        half = limit // 2
        text = f"{text[:half]} … ({len(text) - 2 * half:,} more) … {text[-half:]}"
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        shown.append(_escaped(character) if marks > _MARKS_IN_A_ROW or _unseen(character) else character)
    return "".join(shown)


def _unseen(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN and character not in _JOINERS


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def decimals(values: Sequence[float | None], threshold: float | None = None) -> int | None:
    """Decimals for figures that stand together (value, low, high); None asks for scientific notation.

    The width of the interval keeps two digits; without an interval the value keeps four. More are added until nothing that
    differs from ``threshold`` looks equal to it.

    >>> decimals((0.67312, 0.6411, 0.7022))
    3
    >>> decimals((0.61996, None, None), 0.62)
    5
    >>> decimals((3e-12, None, None), 1e-9) is None
    True
    """
    known = [float(v) for v in values if v is not None and math.isfinite(v)]
    known_or_threshold = [*known, *([threshold] if threshold is not None else [])]
    largest = max((abs(v) for v in known_or_threshold), default=0.0)
    if largest and (largest < 1e-4 or largest >= 1e15):
        return None
    spread = max(known) - min(known) if known else 0.0
    width = spread if spread > 1e-9 * largest else largest
    wanted = 2 if width == spread and spread else 4
    places = min(max(wanted - 1 - math.floor(math.log10(width)), 0), 10) if width else 0
    if threshold is None:
        return places
    while places < 12 and any(v != threshold and fixed(v, places) == fixed(threshold, places) for v in known):
        places += 1
    return places


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


def number(value: float | None) -> str:
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


def aware(moment: datetime, zone: str) -> datetime:
    """The moment in a zone; without an offset it is UTC, as everything stored is."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(ZoneInfo(zone))


def day(moment: datetime, zone: str) -> str:
    """The date in a zone.

    >>> day(datetime(2013, 4, 1, 3, tzinfo=UTC), "America/New_York")
    '31 March 2013'
    """
    local = aware(moment, zone)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


def clock(moment: datetime, zone: str) -> str:
    """Date and time in a zone, seconds only where they are not zero.

    >>> clock(datetime(2013, 4, 1, 4, tzinfo=UTC), "America/New_York")
    '1 April 2013, 00:00'
    """
    local = aware(moment, zone)
    return f"{day(moment, zone)}, {local:%H:%M:%S}" if local.second else f"{day(moment, zone)}, {local:%H:%M}"


def both_zones(moment: datetime, zone: str) -> str:
    """A moment in the zone of the use case and in UTC.

    >>> both_zones(datetime(2013, 4, 1, 4, tzinfo=UTC), "America/New_York")
    '1 April 2013, 00:00 America/New_York (04:00 UTC)'
    >>> both_zones(datetime(2013, 4, 1, 3, tzinfo=UTC), "America/New_York")
    '31 March 2013, 23:00 America/New_York (1 April 2013, 03:00 UTC)'
    """
    if zone == "UTC":
        return f"{clock(moment, zone)} UTC"
    utc = clock(moment, "UTC")
    shown = utc.split(", ")[1] if day(moment, zone) == day(moment, "UTC") else utc
    return f"{clock(moment, zone)} {zone} ({shown} UTC)"


def period(first: datetime | None, last: datetime | None, zone: str) -> str:
    """From when to when, by day; empty where rows have no time.

    >>> period(datetime(2013, 1, 1, tzinfo=UTC), datetime(2013, 3, 1, tzinfo=UTC), "UTC")
    '1 January 2013 to 1 March 2013'
    """
    if first is None or last is None:
        return "" if last is None else f"up to {day(last, zone)}"
    start, end = day(first, zone), day(last, zone)
    return start if start == end else f"{start} to {end}"


def span(length: timedelta) -> str:
    """A length of time in words.

    >>> span(timedelta(days=14)), span(timedelta(hours=1))
    ('14 days', '1 hour')
    """
    seconds = int(length.total_seconds())
    for noun, scale in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds and seconds % scale == 0:
            return count(seconds // scale, noun)
    return count(seconds, "second")


def settings_text(settings: dict[str, int | float | str | bool | None]) -> str:
    """Settings of an estimator on one line, by name.

    >>> settings_text({"max_leaf_nodes": 31, "learning_rate": 0.1})
    'learning_rate 0.1, max_leaf_nodes 31'
    """
    return ", ".join(f"{name} {_setting(value)}" for name, value in sorted(settings.items())) or "defaults"


def _setting(value: int | float | str | bool | None) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    return f"{value:.4g}" if isinstance(value, float) else str(value)
