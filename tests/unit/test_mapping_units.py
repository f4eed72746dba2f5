"""Units convert exactly, there and back, and only within what they measure."""

from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepfit.config.units import UNITS, conversion, unit

PAIRS = [pair for pair in permutations(UNITS, 2) if UNITS[pair[0]].dimension == UNITS[pair[1]].dimension]


def exact(value, source, target):
    change = conversion(source, target)
    return value if change is None else Fraction(value * change.by + change.add) / change.over


# NIST SP 811 (2008), B.8, and everyday knowledge: what a wrong factor or a missing zero point would break.
@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (1, "mile", "km", Fraction("1.609344")),
        (1, "nautical mile", "mile", Fraction(1852) / Fraction("1609.344")),
        (212, "°F", "°C", 100),
        (-40, "°F", "°C", -40),
        (0, "°C", "K", Fraction("273.15")),
        (0, "K", "°F", Fraction("-459.67")),
        (671.67, "°R", "°F", 212),
        (100, "km/h", "m/s", Fraction(250, 9)),
        (1, "knot", "km/h", Fraction("1.852")),
        (1, "acre", "square foot", 43560),
        (1, "gallon (US)", "cubic inch", 231),
        (1, "barrel", "gallon (US)", 42),
        (1, "stone", "pound", 14),
        (1, "short ton", "pound", 2000),
        (1, "long ton", "pound", 2240),
        (1, "pound", "ounce", 16),
        (1, "atm", "torr", 760),
        (1, "kWh", "MJ", Fraction("3.6")),
        (5, "percent", "share", Fraction("0.05")),
        (90, "minutes", "h", Fraction("1.5")),
        (1, "GiB", "MB", Fraction("1073.741824")),
    ],
)
def test_known_conversions(value, source, target, expected):
    assert exact(Fraction(str(value)), source, target) == expected


@pytest.mark.parametrize(
    ("source", "target", "expected"), [("psi", "kPa", 6.894757), ("inHg", "hPa", 33.86389), ("hp", "W", 745.6999)]
)
def test_conversions_that_tables_round(source, target, expected):
    assert float(exact(1, source, target)) == pytest.approx(expected, rel=1e-6)


@settings(deadline=None)
@given(st.sampled_from(PAIRS), st.integers(-(10**6), 10**6))
def test_there_and_back_is_where_it_was(pair, value):
    source, target = pair
    assert exact(exact(Fraction(value), source, target), target, source) == value


def test_only_what_measures_the_same_is_converted():
    for source, target in permutations(UNITS, 2):
        if unit(source).dimension != unit(target).dimension:
            with pytest.raises(ValueError, match="is a unit of"):
                conversion(source, target)
    with pytest.raises(ValueError, match="did you mean `mile`"):
        conversion("milee", "km")
    assert conversion("minute of the day", "minute of the day") is None
