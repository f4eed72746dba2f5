"""Many columns by one name: ``pixel{0..63}`` is pixel0 to pixel63, ``p{0..7}{0..7}`` is p00 to p77."""

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import TypeVar

from keepfit.config.shorthand import wrong

Value = TypeVar("Value")

MOST = 10_000
_RANGE = re.compile(r"\{(?P<low>[0-9]{1,9})\.\.(?P<high>[0-9]{1,9})\}", re.ASCII)


def names(written: str) -> list[str]:
    """The columns that a name with ranges stands for; without one itself. Zeros in front keep all as long.

    >>> names("pixel{8..11}"), names("pixel{08..11}"), names("distance")
    (['pixel8', 'pixel9', 'pixel10', 'pixel11'], ['pixel08', 'pixel09', 'pixel10', 'pixel11'], ['distance'])
    """
    ranges = list(_RANGE.finditer(written))
    for each in ranges:
        if int(each["low"]) > int(each["high"]):
            raise wrong(f"the range `{each[0]}` ends before it begins", at=(written,), expected="`{LOW..HIGH}`")
    count = 1
    for each in ranges:
        count *= int(each["high"]) - int(each["low"]) + 1
    if count > MOST:
        raise wrong(f"`{written}` stands for {count:,} columns", at=(written,), expected=f"at most {MOST:,}")
    return ["".join(parts) for parts in product(*_pieces(written, ranges))]


def _pieces(written: str, ranges: list[re.Match[str]]) -> Iterator[list[str]]:
    end = 0
    for each in ranges:
        yield [written[end : each.start()]]
        low, high = each["low"], each["high"]
        width = len(low) if len(low) > 1 and low.startswith("0") else 0
        yield [str(number).zfill(width) for number in range(int(low), int(high) + 1)]
        end = each.end()
    yield [written[end:]]


def spread(written: Mapping[str, Value]) -> dict[str, Value]:
    """A mapping by column in which names with ranges became the columns that they stand for.

    >>> spread({"p{0..1}": "number", "q": "category"})
    {'p0': 'number', 'p1': 'number', 'q': 'category'}
    """
    found: dict[str, Value] = {}
    for name, value in written.items():
        for column in names(name):
            if column in found:
                raise wrong(f"the column `{column}` stands twice", at=(name,), expected="each column once")
            found[column] = value
    return found
