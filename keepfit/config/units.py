"""Units of measure that a mapping converts between: a closed table with exact factors.

Sources: BIPM, The International System of Units (SI), 9th edition, 2019, tables 4, 7 and 8 (litre, tonne, hour,
hectare, bar, degree Celsius); NIST Special Publication 811 (2008), appendix B.8, for the units outside the SI, whose
factors in bold are exact (yard and pound of 1959: 0.9144 m and 0.453 592 37 kg; inch of mercury, calorie and horsepower
by their conventional values). A unit that is not here is fine as documentation; it cannot be converted.
"""

from fractions import Fraction
from math import lcm
from typing import NamedTuple

from keepfit.config.suggest import did_you_mean, listed


class Unit(NamedTuple):
    """``value in the dimension's own unit = value * slope + offset``."""

    dimension: str
    slope: Fraction
    offset: Fraction = Fraction(0)


class Conversion(NamedTuple):
    """From one unit to another: ``(value * by + add) / over``; whole numbers, so that whole results stay whole."""

    by: int
    add: int
    over: int


# Unit: its factor to the first of its dimension. A quotient is exact, a decimal is what its source says.
_SCALES: dict[str, dict[str, str]] = {
    "length": {
        "m": "1", "km": "1000", "dm": "1/10", "cm": "1/100", "mm": "1/1000", "µm": "1/1000000",
        "inch": "0.0254", "foot": "0.3048", "yard": "0.9144", "mile": "1609.344", "nautical mile": "1852",
    },
    "mass": {
        "kg": "1", "g": "1/1000", "mg": "1/1000000", "µg": "1/1000000000", "tonne": "1000", "pound": "0.45359237",
        "ounce": "0.028349523125", "stone": "6.35029318", "short ton": "907.18474", "long ton": "1016.0469088",
    },
    "time": {
        "second": "1", "ms": "1/1000", "µs": "1/1000000", "minute": "60", "hour": "3600", "day": "86400",
        "week": "604800",
    },
    "speed": {"m/s": "1", "km/h": "1000/3600", "mph": "0.44704", "knot": "1852/3600", "ft/s": "0.3048"},
    "area": {
        "m²": "1", "km²": "1000000", "cm²": "1/10000", "mm²": "1/1000000", "hectare": "10000", "acre": "4046.8564224",
        "square inch": "0.00064516", "square foot": "0.09290304", "square yard": "0.83612736",
        "square mile": "2589988.110336",
    },
    "volume": {
        "m³": "1", "litre": "1/1000", "ml": "1/1000000", "cl": "1/100000", "hl": "1/10", "cm³": "1/1000000",
        "cubic inch": "0.000016387064", "cubic foot": "0.028316846592", "gallon (US)": "0.003785411784",
        "gallon (imperial)": "0.00454609", "pint (US)": "0.000473176473", "pint (imperial)": "0.00056826125",
        "fluid ounce (US)": "0.0000295735295625", "barrel": "0.158987294928",
    },
    "pressure": {
        "Pa": "1", "hPa": "100", "kPa": "1000", "MPa": "1000000", "bar": "100000", "mbar": "100", "atm": "101325",
        "torr": "101325/760", "mmHg": "133.322387415", "inHg": "3386.388640341",
        "psi": "4.4482216152605/0.00064516",
    },
    "energy": {
        "J": "1", "kJ": "1000", "MJ": "1000000", "GJ": "1000000000", "Wh": "3600", "kWh": "3600000",
        "MWh": "3600000000", "GWh": "3600000000000", "cal": "4.184", "kcal": "4184", "BTU": "1055.05585262",
    },
    "power": {
        "W": "1", "mW": "1/1000", "kW": "1000", "MW": "1000000", "GW": "1000000000", "hp": "745.69987158227022",
        "PS": "735.49875",
    },
    "share": {"share": "1", "percent": "1/100", "per mille": "1/1000", "basis point": "1/10000", "ppm": "1/1000000"},
    "count": {"one": "1", "dozen": "12", "hundred": "100", "thousand": "1000", "million": "1000000",
              "billion": "1000000000"},
    "data": {
        "byte": "1", "kB": "1000", "MB": "1000000", "GB": "1000000000", "TB": "1000000000000", "KiB": "1024",
        "MiB": "1048576", "GiB": "1073741824", "TiB": "1099511627776",
    },
}  # fmt: skip
# Temperatures have a zero of their own: (slope, offset) to kelvin.
_TEMPERATURES = {"K": ("1", "0"), "°C": ("1", "273.15"), "°F": ("5/9", "45967/180"), "°R": ("5/9", "0")}
_ALSO = {
    "m": "metre metres meter meters", "km": "kilometre kilometres kilometer kilometers",
    "cm": "centimetre centimetres centimeter centimeters", "mm": "millimetre millimetres millimeter millimeters",
    "µm": "um micrometre micrometer micron", "inch": "inches in", "foot": "feet ft", "yard": "yards yd",
    "mile": "miles mi", "nautical mile": "nautical_mile nmi", "kg": "kilogram kilograms", "g": "gram grams",
    "mg": "milligram milligrams", "µg": "ug microgram micrograms", "tonne": "tonnes t", "pound": "pounds lb lbs",
    "ounce": "ounces oz", "stone": "st", "short ton": "short_ton", "long ton": "long_ton",
    "second": "seconds s sec", "ms": "millisecond milliseconds", "µs": "us microsecond microseconds",
    "minute": "minutes min", "hour": "hours h", "day": "days d", "week": "weeks", "km/h": "kmh kph", "mph": "mi/h",
    "knot": "knots kn kt", "ft/s": "fps", "m²": "m2", "km²": "km2", "cm²": "cm2", "mm²": "mm2",
    "hectare": "hectares ha", "acre": "acres", "square inch": "in² in2", "square foot": "ft² ft2",
    "square yard": "yd² yd2", "square mile": "mi² mi2", "m³": "m3", "litre": "litres liter liters l L",
    "ml": "millilitre milliliter mL", "cl": "centilitre", "hl": "hectolitre", "cm³": "cm3 cc", "cubic inch": "in³ in3",
    "cubic foot": "ft³ ft3", "gallon (US)": "gal_us", "gallon (imperial)": "gal_imp", "barrel": "barrels bbl",
    "Pa": "pascal", "hPa": "hectopascal", "kPa": "kilopascal", "J": "joule", "kWh": "kilowatt_hour", "W": "watt",
    "kW": "kilowatt", "MW": "megawatt", "share": "ratio fraction", "percent": "% pct", "per mille": "‰ per_mille",
    "basis point": "bp bps", "one": "1", "dozen": "dozens", "thousand": "thousands k", "million": "millions",
    "billion": "billions", "byte": "bytes B", "K": "kelvin", "°C": "celsius C degC", "°F": "fahrenheit F degF",
    "°R": "rankine",
}  # fmt: skip


def _fraction(text: str) -> Fraction:
    top, _, bottom = text.partition("/")
    return Fraction(top) / Fraction(bottom or "1")


UNITS: dict[str, Unit] = {
    name: Unit(dimension, _fraction(factor)) for dimension, scale in _SCALES.items() for name, factor in scale.items()
} | {name: Unit("temperature", _fraction(slope), _fraction(zero)) for name, (slope, zero) in _TEMPERATURES.items()}
_NAMES = {name: name for name in UNITS} | {word: name for name, words in _ALSO.items() for word in words.split()}


def unit(name: str) -> Unit | None:
    """The unit of a name or of one of its other names.

    >>> unit("miles") == unit("mile"), unit("minute of the day") is None
    (True, True)
    """
    known = _NAMES.get(name)
    return UNITS[known] if known is not None else None


def conversion(source: str, target: str) -> Conversion | None:
    """How values in one unit become values in the other; None where both are the same.

    >>> conversion("°F", "°C")
    Conversion(by=5, add=-160, over=9)
    >>> convert = conversion("km", "mile")
    >>> round((12.5 * convert.by + convert.add) / convert.over, 4)
    7.7671

    Raises
    ------
    ValueError
        One is not in the table, or they measure different things; the text says what would do.
    """
    if source == target:
        return None
    here, there = _known(source), _known(target)
    if here.dimension != there.dimension:
        raise ValueError(f"`{source}` is a unit of {here.dimension}, `{target}` of {there.dimension}")
    slope, offset = here.slope / there.slope, (here.offset - there.offset) / there.slope
    over = lcm(slope.denominator, offset.denominator)
    same = slope == 1 and offset == 0
    return None if same else Conversion(int(slope * over), int(offset * over), over)


def _known(name: str) -> Unit:
    found = unit(name)
    if found is None:
        do = did_you_mean(name, _NAMES) or f"known are {listed(UNITS, most=200)}"
        raise ValueError(f"`{name}` is no unit that can be converted: {do}")
    return found
