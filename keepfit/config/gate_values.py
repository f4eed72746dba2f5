"""The small words of gates: margins, sizes, times."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from keepfit.config.section import Section
from keepfit.config.values import parse_share

_OF_GAIN = re.compile(r"(?P<share>[0-9]{1,3}(\.[0-9]{1,6})?\s?%) of naive gain", re.ASCII)
_MEASURE = re.compile(r"(?P<number>(0|[1-9][0-9]{0,8})(\.[0-9]{1,3})?)\s?(?P<unit>[A-Za-z]+)", re.ASCII)
_BYTES = {"kB": 10**3, "MB": 10**6, "GB": 10**9}
_MILLISECONDS = {"ms": 1.0, "s": 1e3}
_SIZE_FORM = "a number and a unit: 500kB, 50MB, 1GB"
_TIME_FORM = "a number and a unit: 5ms, 0.5ms, 2s"
_MARGIN_FORM = "a number above zero, or a share such as `20% of naive gain`"


class ShareOfGain(Section):
    """A margin that is relative to what the model gains over the naive baseline."""

    of_naive_gain: Annotated[float, Field(gt=0, lt=1)]
    """The share."""


def parse_margin(value: Any) -> Any:
    """A margin as the YAML writes it.

    >>> parse_margin(0.01), parse_margin("20% of naive gain")
    (0.01, ShareOfGain(of_naive_gain=0.2))
    """
    if isinstance(value, ShareOfGain) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    match = _OF_GAIN.fullmatch(value) if isinstance(value, str) else None
    share = parse_share(match["share"]) if match else 0.0
    if not 0 < share < 1:
        raise ValueError(_MARGIN_FORM)
    return ShareOfGain(of_naive_gain=share)


def parse_size(value: Any) -> int:
    """Bytes.

    >>> parse_size("50MB"), parse_size("1.5 kB")
    (50000000, 1500)
    """
    return round(_measured(value, _BYTES, _SIZE_FORM))


def parse_milliseconds(value: Any) -> float:
    """Milliseconds.

    >>> parse_milliseconds("5ms"), parse_milliseconds("2s")
    (5.0, 2000.0)
    """
    return float(_measured(value, _MILLISECONDS, _TIME_FORM))


def _measured(value: Any, units: dict[str, Any], form: str) -> float:
    match = _MEASURE.fullmatch(value) if isinstance(value, str) else None
    if match is None or match["unit"] not in units or float(match["number"]) == 0:
        raise ValueError(form)
    return float(match["number"]) * float(units[match["unit"]])


Margin = Annotated[
    Annotated[float, Field(gt=0)] | ShareOfGain,
    BeforeValidator(parse_margin),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,6})?\s?% of naive gain$"},
            ],
            "examples": [0.01, "20% of naive gain"],
        }
    ),
]
Size = Annotated[
    int,
    BeforeValidator(parse_size),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]+(\.[0-9]{1,3})?\s?(kB|MB|GB)$", "examples": ["50MB"]}),
]
Milliseconds = Annotated[
    float,
    BeforeValidator(parse_milliseconds),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]+(\.[0-9]{1,3})?\s?(ms|s)$", "examples": ["5ms"]}),
]
