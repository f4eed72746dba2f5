"""How a source writes times: a closed subset of strptime's codes, taken apart and judged when the YAML is read.

A format fits a text from its first to its last character. Digits are 0 to 9, names of months English, in any case. One
digit is enough for a day, month or hour that a mark follows (``1.7.2013``); between digits there are two.
"""

import re
from typing import NamedTuple

from keepfit.config.suggest import did_you_mean, listed

WORDS = ("iso", "epoch_seconds", "epoch_milliseconds")
_MONTHS = "january february march april may june july august september october november december"
MONTHS = tuple(_MONTHS.split(" "))
_DIGITS = {"Y": "[0-9]{4}", "y": "[0-9]{2}", "j": "[0-9]{3}", "f": "[0-9]{1,9}"}
_ONE_OR_TWO = "mdHIMS"
_NAMED = {
    "b": "|".join(month[:3] for month in MONTHS),
    "B": "|".join(MONTHS),
    "p": "am|pm",
    "z": "z|[+-][0-9]{2}(?::?[0-9]{2})?",
}
CODES = tuple(sorted({*_DIGITS, *_ONE_OR_TWO, *_NAMED}))
_CODE = re.compile(r"%(.?)", re.DOTALL)


class TimeFormat(NamedTuple):
    """A format ready for use: the expression that fits a whole text, and the codes in it.

    ``pattern`` (RE2's syntax) has a group for every code, named by its letter; one that is empty was not written.
    """

    text: str
    pattern: str
    codes: frozenset[str]


# Of ISO 8601 the calendar date, alone or with a time of day to the minute or finer, with or without an offset.
_ISO = (
    "^(?P<Y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})(?:[T ](?P<H>[0-9]{2}):(?P<M>[0-9]{2})"
    "(?::(?P<S>[0-9]{2})(?:[.,](?P<f>[0-9]{1,9}))?)?(?P<z>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?$"
)
ISO = TimeFormat("ISO 8601", _ISO, frozenset("YmdHMSfz"))


def time_format(text: str) -> TimeFormat:
    r"""Take a format apart.

    >>> sorted(time_format("%d.%m.%Y %H:%M").codes)
    ['H', 'M', 'Y', 'd', 'm']

    Raises
    ------
    ValueError
        It is not one that says a whole moment; the text says what would do.
    """
    parts = _CODE.split(text)
    codes = [code for code in parts[1::2] if code != "%"]
    _judge(text, codes)
    pattern = "".join(
        _literal(part) if index % 2 == 0 else _group(part, parts[index - 1], parts[index + 1 : index + 3], index == 1)
        for index, part in enumerate(parts)
    )
    return TimeFormat(text, f"^(?i:{pattern})$", frozenset(codes))


def _literal(text: str) -> str:
    return re.sub(r"([^A-Za-z0-9 ])", lambda match: "\\" + match[1] if match[1].isascii() else match[1], text)


def _group(code: str, before: str, after: list[str], first: bool) -> str:
    """The expression of one code; whether a neighbour is a number decides how many digits there are."""
    if code == "%":
        return "%"
    if code in _NAMED:
        return f"(?P<{code}>{_NAMED[code]})"
    if code in _DIGITS:
        return f"(?P<{code}>{_DIGITS[code]})"
    crowded = (not before and not first) or (after[0] == "" and len(after) > 1 and after[1] not in _NAMED)
    return f"(?P<{code}>[0-9]{{{'2' if crowded else '1,2'}}})"


def _judge(text: str, codes: list[str]) -> None:
    for code in codes:
        if code not in CODES:
            known = listed([f"%{known}" for known in CODES], most=20)
            raise ValueError(f"`%{code}` is no code of a time; known are {known}")
        if codes.count(code) > 1:
            raise ValueError(f"`%{code}` stands twice")
    if not codes:
        raise ValueError(_no_codes(text))
    _date(codes)
    _clock(codes)
    if re.search(r"%[SfMH]Z", text):
        raise ValueError("a plain Z would be passed over; `%z` reads Z, +02:00 and +0200")
    if re.search(r"[0-9]", _CODE.sub("", text)):
        raise ValueError("a digit outside a code is not allowed")


def _no_codes(text: str) -> str:
    hint = did_you_mean(text, WORDS) or "for example `%d.%m.%Y %H:%M`"
    return f"codes such as %Y, or one of {listed(WORDS)}; {hint}"


def _date(codes: list[str]) -> None:
    years = [code for code in "Yy" if code in codes]
    months = [code for code in "mbB" if code in codes]
    days = [code for code in "dj" if code in codes]
    by_number = "j" in codes and not months and days == ["j"]
    if len(years) != 1 or not (by_number or (len(months) == 1 and days == ["d"])):
        raise ValueError("one year (%Y or %y), one month (%m, %b or %B) and one day (%d), or year and %j")


def _clock(codes: list[str]) -> None:
    if ("I" in codes) != ("p" in codes) or ("I" in codes and "H" in codes):
        raise ValueError("hours are %H, or %I together with %p")
    order = ["I" if "I" in codes else "H", "M", "S", "f"]
    there = [code in codes for code in order]
    if there != sorted(there, reverse=True):
        missing = order[there.index(False)]
        raise ValueError(f"`%{missing}` is missing: what is smaller is there")
