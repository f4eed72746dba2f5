"""Texts as numbers: digits 0 to 9, a leading minus, the declared marks, and nothing that a person must interpret.

A whole number may end in ``.0``; with an exponent it is refused, for a spreadsheet that writes 1.23E+11 has dropped
digits. A number may have an exponent. Blanks around it, a leading plus, ``1_000``, ``0x1F``, ``nan`` and digits of
other scripts are no numbers. A thousands mark stands before every three digits or nowhere.
"""

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from keepfit.config.values import ColumnType
from keepfit.data.times import quoted

if TYPE_CHECKING:
    import pyarrow as pa

_LARGEST = 2**63


def numbers(
    words: "pa.Array", kind: ColumnType, decimal: str, thousands: str
) -> "tuple[pa.Array, list[str | None] | None]":
    """The numbers that n texts (no nulls) say, null where one says none, and the n reasons, or None if all do.

    Parameters
    ----------
    kind
        int or float.
    decimal, thousands
        The marks; no thousands mark is an empty text.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    target = pa.int64() if kind == "int" else pa.float64()
    fits = pc.match_substring_regex(words, _plain(kind, decimal, thousands))
    every = pc.all(fits).as_py() is not False
    bare = _bare(words if every else pc.if_else(fits, words, "0"), kind, decimal, thousands)
    # + 0.0: there is no minus zero
    values = bare.cast(target) if kind == "int" else pc.add(bare.cast(target), 0.0)
    finite = kind == "int" or pc.all(pc.is_finite(values)).as_py() is not False
    if every and finite:
        return values, None
    good = fits if kind == "int" else pc.and_(fits, pc.is_finite(values))
    return _carefully(words, values, good, kind, decimal, thousands)


def _plain(kind: ColumnType, decimal: str, thousands: str) -> str:
    """The expression of what is a number without a further thought."""
    mark, group = re.escape(decimal), re.escape(thousands)
    if kind == "int":
        whole = f"[0-9]{{1,18}}|[0-9]{{1,3}}(?:{group}[0-9]{{3}}){{1,5}}" if thousands else "[0-9]{1,18}"
        return rf"^-?(?:{whole})(?:{mark}0*)?$"
    whole = f"[0-9]+|[0-9]{{1,3}}(?:{group}[0-9]{{3}})+" if thousands else "[0-9]+"
    return rf"^-?(?:(?:{whole})(?:{mark}[0-9]*)?|{mark}[0-9]+)(?:[eE][+-]?[0-9]{{1,4}})?$"


def _bare(words: "pa.Array", kind: ColumnType, decimal: str, thousands: str) -> "pa.Array":
    """The texts with a point and no other marks; whole numbers without their ``.0``."""
    import pyarrow.compute as pc

    if thousands:
        words = pc.replace_substring(words, thousands, "")
    if kind == "int":
        return pc.replace_substring_regex(words, re.escape(decimal) + "0*$", "")
    return pc.replace_substring(words, decimal, ".") if decimal != "." else words


def _carefully(
    words: "pa.Array", values: "pa.Array", good: "pa.Array", kind: ColumnType, decimal: str, thousands: str
) -> "tuple[pa.Array, list[str | None]]":
    """One by one, those texts that are not plain; a few of them are whole numbers of 19 digits."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    doubtful = np.flatnonzero(~good.to_numpy(zero_copy_only=False))
    reasons: list[str | None] = [None] * len(words)
    found: list[int | None] = []
    for index in doubtful:
        text = words[int(index)].as_py()
        number, reason = _judged(text, kind, decimal, thousands)
        found.append(number)
        reasons[index] = reason
    return pc.replace_with_mask(values, pc.invert(good), pa.array(found, values.type)), reasons


def _judged(text: str, kind: ColumnType, decimal: str, thousands: str) -> tuple[int | None, str | None]:
    shown, what = quoted(text), "whole number" if kind == "int" else "number"
    number = re.compile(_plain("float", decimal, thousands))
    if not number.search(text) or text.endswith("\n"):
        marks = f" with the decimal mark '{decimal}'" if decimal != "." else ""
        marks += f" and the thousands mark '{thousands}'" if thousands else ""
        bare = text.strip()
        around = ": blanks around it" if bare != text and number.search(bare) else ""
        return None, f"{shown} is not a {what}{marks}{around}"
    if kind == "float":
        return None, f"{shown} is not a number"
    return _whole(text.replace(thousands, "").replace(decimal, ".") if thousands else text.replace(decimal, "."), shown)


def _whole(bare: str, shown: str) -> tuple[int | None, str | None]:
    exact = Decimal(bare)
    if abs(exact) >= _LARGEST and exact != -_LARGEST:
        return None, f"{shown} overflows a whole number of 64 bits"
    if "e" in bare.lower():
        return None, f"{shown} is not a whole number: with an exponent, digits may be missing"
    if exact != int(exact):
        return None, f"{shown} is not integral, expected a whole number"
    return int(exact), None
