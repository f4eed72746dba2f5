"""Sums of numbers without any rounding, so that they are the same in whatever order and parts they are added.

A double is a whole number times a power of two, so a sum of doubles is one as well. Numbers are cut into limbs of 18
bits; the sums of limbs and of products of two limbs over at most 2¹⁷ rows are below 2⁵³, so that doubles add them
exactly, in any order, and the sums of squares are one matrix product.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_ROWS = 1 << 17
_LIMB = 18
_WINDOW = 64  # numbers further below the largest one, in bits, are summed up on their own


class Sums(NamedTuple):
    """Σx and Σx²."""

    total: Fraction
    squares: Fraction


def sums(values: NDArray[Any]) -> Sums:
    """Exact sums of at most 2¹⁷ finite float64 or int64 values."""
    if values.dtype == np.int64:
        low = np.int64((1 << _LIMB) - 1)
        limbs = [values >> 54, *((values >> shift) & low for shift in (36, 18, 0))]
        return _added(np.array(limbs, dtype=np.float64), 54)
    result = Sums(Fraction(0), Fraction(0))
    while len(values) and (top := float(np.max(np.abs(values)))):
        exponent = int(np.frexp(top)[1])
        far = np.abs(values) < np.ldexp(1.0, exponent - _WINDOW)
        near, values = (values[~far], values[far]) if far.any() else (values, values[:0])
        found = _added(_limbs(near, exponent), exponent - _LIMB)
        result = Sums(result.total + found.total, result.squares + found.squares)
    return result


def _limbs(values: NDArray[np.float64], exponent: int) -> NDArray[np.float64]:
    """Limbs (k, n): values = Σ limb[i] · 2^(exponent − 18(i+1)); all values are below 2^exponent."""
    rest = np.ldexp(values, _LIMB - exponent)
    limbs = []
    while rest.any():
        whole = np.trunc(rest)
        limbs.append(whole)
        rest = (rest - whole) * float(1 << _LIMB)
    return np.array(limbs)


def _added(limbs: NDArray[np.float64], highest: int) -> Sums:
    """Sums of the numbers whose first limb counts in units of 2^highest."""
    totals = limbs.sum(axis=1)
    products = limbs @ limbs.T
    units = [highest - _LIMB * place for place in range(len(limbs))]
    total = sum((_scaled(totals[i], unit) for i, unit in enumerate(units)), Fraction(0))
    squares = (_scaled(products[i, j], a + b) for i, a in enumerate(units) for j, b in enumerate(units))
    return Sums(total, sum(squares, Fraction(0)))


def _scaled(whole: float, exponent: int) -> Fraction:
    number = int(whole)
    return Fraction(number << exponent) if exponent >= 0 else Fraction(number, 1 << -exponent)


def weighted(values: Iterable[Any], counts: Iterable[int]) -> Sums:
    """Exact sums where each value, an int or a float, stands for several rows."""
    pairs = [(Fraction(value), count) for value, count in zip(values, counts, strict=True)]
    total = sum((value * count for value, count in pairs), Fraction(0))
    return Sums(total, sum((value * value * count for value, count in pairs), Fraction(0)))


def written(number: Fraction) -> str:
    """A sum of doubles as text, ``read(written(x)) == x``; JSON's own numbers are too short for it.

    >>> written(Fraction(-3, 4)), written(Fraction(255))
    ('-3/2^2', 'ff/2^0')
    """
    return f"{number.numerator:x}/2^{number.denominator.bit_length() - 1}"


def read(text: str) -> Fraction:
    """The sum in a text.

    >>> read("-3/2^2")
    Fraction(-3, 4)
    """
    numerator, _, exponent = text.partition("/2^")
    return Fraction(int(numerator, 16), 1 << int(exponent))
