"""What a plain word of the YAML means: YAML 1.2's core types, and nothing that a person would not expect.

Dates, ``NO``, ``0777``, ``0x1F`` and ``1_000`` stay text; what is quoted is text.
"""

import math
import re

Scalar = str | int | float | bool | None

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)", re.ASCII)
_FLOAT = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", re.ASCII)
_LARGEST = 2**63 - 1
# C0 and C1 controls, line separators that editors count and YAML 1.2 does not, marks that reorder what a reader sees,
# the byte order mark inside a file, halves of surrogate pairs, non-characters
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)


def plain(word: str) -> Scalar:
    """The value of an unquoted word.

    >>> [plain(word) for word in ("NO", "0777", "2013-04-01", "1_000", "1e-9", "-3", "true", "~")]
    ['NO', '0777', '2013-04-01', '1_000', 1e-09, -3, True, None]

    Raises
    ------
    ValueError
        The word is a number that no computation can use: infinite, not a number, or too large.
    """
    if word in _NULL:
        return None
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    if _NOT_FINITE.fullmatch(word):
        raise ValueError("infinity and not-a-number are not numbers here; put it in quotes if text is meant")
    if _INT.fullmatch(word):
        return _whole(word)
    return _real(word) if _FLOAT.fullmatch(word) else word


def _whole(word: str) -> int:
    number = int(word) if len(word) <= 20 else _LARGEST + 1
    if abs(number) > _LARGEST:
        raise ValueError("a whole number has at most 63 bits; put it in quotes if text is meant")
    return number


def _real(word: str) -> float:
    number = float(word)
    if not math.isfinite(number):
        raise ValueError("the number is too large for a float; put it in quotes if text is meant")
    return number


def unseen(text: str) -> int | None:
    r"""Offset of the first character that a reader of the text cannot see, if there is one.

    >>> unseen("a\x00b"), unseen("a\tb")
    (1, None)
    """
    match = _UNSEEN.search(text)
    return match.start() if match else None
