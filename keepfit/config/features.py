"""What a column is to the model: one word, several, or a number made of two columns."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from keepfit.config.document import shorten
from keepfit.config.ranges import spread
from keepfit.config.section import AsTuple, Section
from keepfit.config.shorthand import words, wrong
from keepfit.config.suggest import did_you_mean, listed
from keepfit.config.values import ColumnName

Part = Literal["hour", "day_of_week", "day_of_month", "day_of_year", "month"]
Cyclic = Literal["hour_cyclic", "day_of_week_cyclic", "day_of_month_cyclic", "day_of_year_cyclic", "month_cyclic"]
FeatureKind = Literal["number", "category", "target_encoding", "hashing", "text", Part, Cyclic]
How = Literal["ratio", "difference", "hours_between"]

CALENDAR: tuple[FeatureKind, ...] = (*get_args(Part), *get_args(Cyclic))
HOW: tuple[str, ...] = get_args(How)


class Derived(Section):
    """A number made of two columns; what is no finite number, as a ratio to zero, is missing."""

    how: How
    """`ratio`: first by second; `difference`: first less second; `hours_between`: from the first time to the second."""
    of: tuple[ColumnName, ColumnName]
    """The two columns."""


def feature(value: Any) -> Any:
    """One word, a list of them, or a number made of two columns.

    >>> feature("hour"), feature(["hour", "month"])
    (('hour',), ('hour', 'month'))
    >>> feature({"ratio": ["distance", "minutes"]})
    {'how': 'ratio', 'of': ('distance', 'minutes')}
    """
    return _derived(value) if isinstance(value, Mapping) else words(value)


def _derived(value: Mapping[str, Any]) -> dict[str, Any]:
    ways = f"one of {listed(HOW)}, as `{{ratio: [COLUMN, COLUMN]}}`"
    if len(value) != 1:
        raise wrong("a number made of columns is made in one way", expected=ways)
    ((how, of),) = value.items()
    if how not in HOW:
        raise wrong(f"unknown feature `{shorten(str(how))}`", at=(how,), expected=ways, do=did_you_mean(str(how), HOW))
    if not isinstance(of, list) or len(of) != 2 or not all(isinstance(name, str) and name for name in of):
        raise wrong(f"a {how} is of two columns", at=(how,), expected=f"`{{{how}: [COLUMN, COLUMN]}}`")
    return {"how": how, "of": tuple(of)}


def _tag(value: Any) -> str:
    return "derived" if isinstance(value, Mapping | Derived) else "kinds"


_PAIR = {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "string", "minLength": 1}}
_ABOUT = {
    "ratio": "The first number by the second; missing where the second is zero.",
    "difference": "The first number less the second.",
    "hours_between": "Hours from the first time to the second; below zero where the second is earlier.",
}
_WORD: dict[str, Any] = {"type": "string", "enum": list(get_args(FeatureKind))}
_SCHEMA = {
    "anyOf": [
        _WORD,
        {"type": "array", "minItems": 1, "items": _WORD},
        {
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
            "properties": {how: _PAIR | {"description": about} for how, about in _ABOUT.items()},
        },
    ],
    "examples": ["number", ["hour", "day_of_week"], {"ratio": ["distance", "minutes"]}],
}
FeatureKinds = Annotated[tuple[FeatureKind, ...], AsTuple, Field(min_length=1)]
FeatureForm = tuple[FeatureKind, ...] | Derived
_Feature = Annotated[
    Annotated[FeatureKinds, Tag("kinds")] | Annotated[Derived, Tag("derived")],
    Discriminator(_tag),
    BeforeValidator(feature),
    WithJsonSchema(_SCHEMA),
]
Features = Annotated[dict[ColumnName, _Feature], Field(min_length=1), AfterValidator(spread)]


def inputs_of(features: Mapping[str, FeatureForm]) -> tuple[str, ...]:
    """The columns that the features are made from, each once, in the order of the file.

    >>> inputs_of({"distance": ("number",), "speed": Derived(how="ratio", of=("distance", "minutes"))})
    ('distance', 'minutes')
    """
    named = (how.of if isinstance(how, Derived) else (name,) for name, how in features.items())
    return tuple(dict.fromkeys(column for columns in named for column in columns))
