"""Rules across the columns of a row, a closed set; which one is meant is told by its keys.

A missing value breaks only rules that are about missing values: `together`, `at_least_one`, and conditions that say
`missing` or `present`. All others do not judge a row that lacks a value that they need.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Discriminator, Field, Tag

from keepfit.config.document import Path
from keepfit.config.section import AsTuple, Section
from keepfit.config.shorthand import wrong
from keepfit.config.suggest import closest, listed
from keepfit.config.values import ColumnName, Share

Operator = Literal["<", "<=", "==", "!=", ">=", ">"]
Value = bool | int | float | str
Columns = Annotated[tuple[ColumnName, ...], AsTuple]


class RowRule(Section):
    """What every rule across columns may say."""

    quarantine_at_most: Share | None = None
    """More rows than this share that break this rule stop the run; they count towards the contract's own
    `quarantine_at_most` too."""


def _comparison(value: Any) -> Any:
    """See that a comparison is two columns around an operator.

    >>> _comparison(["dep", "<=", "arr"])
    ('dep', '<=', 'arr')
    """
    expected = '`[COLUMN, "<=", COLUMN]`'
    if not isinstance(value, list | tuple) or len(value) != 3 or not all(isinstance(part, str) for part in value):
        raise wrong("not a comparison", expected=expected)
    if value[1] not in get_args(Operator):
        raise wrong(f"no operator `{value[1][:20]}`", expected=f"one of {listed(get_args(Operator))}, in quotes")
    return tuple(value)


class Compare(RowRule):
    """One column of a row against another."""

    compare: Annotated[
        tuple[ColumnName, Operator, ColumnName],
        BeforeValidator(_comparison, json_schema_input_type=tuple[ColumnName, Operator, ColumnName]),
    ]
    """`[a, "<=", b]`: two numbers or two times; other types only by == and !=. A row that lacks one of the two is not
    judged."""


class Sum(RowRule):
    """Numbers of a row add up to another."""

    sum: Columns = Field(min_length=2)
    """The columns that are added (as 64-bit floating point). A row that lacks one of them, or the total, is not
    judged."""
    equals: ColumnName
    """The column that holds the total."""
    within: Annotated[float, Field(ge=0)] = 0.0
    """How far the sum may be from the total, in its own unit; 0.1 + 0.2 is not quite 0.3, so fractions need some."""


class Together(RowRule):
    """Columns that are all there or all missing."""

    together: Columns = Field(min_length=2)
    """The columns."""


class AtLeastOne(RowRule):
    """Columns that are not all missing."""

    at_least_one: Columns = Field(min_length=2)
    """The columns."""


class Unique(RowRule):
    """Columns that together are unique, beside `data.key`: rows that share them are quarantined, all of them."""

    unique: Columns = Field(min_length=1)
    """The columns. A row that lacks one of them is not judged."""


class Condition(Section):
    """What a value is asked to be; all that is said must hold.

    A missing value fulfils nothing but `missing: true` below `when`, and breaks nothing but `missing: false` below
    `then`.
    """

    missing: bool | None = None
    """`true` (or the word `missing`): there is no value; `false` (or the word `present`): there is one."""
    values: Annotated[tuple[Value, ...], AsTuple, Field(min_length=1)] | None = None
    """It is one of these."""
    min: float | None = None
    """It is at least this number."""
    max: float | None = None
    """It is at most this number."""


def _condition(value: Any) -> Any:
    """The short forms of a condition.

    >>> _condition("missing"), _condition(["yes"]), _condition({"min": 0})
    ({'missing': True}, {'values': ['yes']}, {'min': 0})
    """
    if value in ("missing", "present"):
        return {"missing": value == "missing"}
    if isinstance(value, list):
        return {"values": value}
    if not isinstance(value, Mapping | Condition) or not value:
        raise wrong("not a condition", expected="missing, present, `[VALUE, …]` or `{min: …, max: …}`")
    return value


ConditionForm = Annotated[
    Condition,
    BeforeValidator(_condition, json_schema_input_type=Literal["missing", "present"] | tuple[Value, ...] | Condition),
]


class When(RowRule):
    """Where some columns are so, others must be so."""

    when: dict[ColumnName, ConditionForm] = Field(min_length=1)
    """By column: `missing`, `present`, a list of values, or `{min: …, max: …}`; rows that fulfil all are judged."""
    then: dict[ColumnName, ConditionForm] = Field(min_length=1)
    """By column, in the same words: what such a row must fulfil."""


def columns_of(rule: RowRule) -> dict[Path, str]:
    """Every column that a rule names, by where it stands below the rule."""
    match rule:
        case Compare():
            return {("compare", 0): rule.compare[0], ("compare", 2): rule.compare[2]}
        case Sum():
            return {**_places("sum", rule.sum), ("equals",): rule.equals}
        case When():
            when: dict[Path, str] = {("when", name): name for name in rule.when}
            return when | {("then", name): name for name in rule.then}
    return {
        place: name
        for key in ("together", "at_least_one", "unique")
        for place, name in _places(key, getattr(rule, key, ())).items()
    }


def _places(key: str, names: tuple[str, ...]) -> dict[Path, str]:
    return {(key, place): name for place, name in enumerate(names)}


# The key that makes a rule what it is. Tags stand in <> so that no key of a file can be taken for one.
RULES: dict[str, type[RowRule]] = {
    "compare": Compare,
    "sum": Sum,
    "together": Together,
    "at_least_one": AtLeastOne,
    "when": When,
    "unique": Unique,
}


def deciding_key(rule: Mapping[str, Any]) -> str | None:
    """The key that says which rule this is, also when it is misspelt.

    >>> deciding_key({"compar": ["a", "<", "b"]}), deciding_key({"banana": 1}) is None
    ('compare', True)
    """
    near = [word for key in rule if isinstance(key, str) and (word := closest(key, RULES))]
    return next(iter([*(key for key in RULES if key in rule), *near]), None)


def _tag(value: Any) -> str | None:
    if isinstance(value, RowRule):
        return next((f"<{key}>" for key, kind in RULES.items() if isinstance(value, kind)), None)
    key = deciding_key(value) if isinstance(value, Mapping) else None
    return f"<{key}>" if key else None


RowRuleForm = Annotated[
    Annotated[Compare, Tag("<compare>")]
    | Annotated[Sum, Tag("<sum>")]
    | Annotated[Together, Tag("<together>")]
    | Annotated[AtLeastOne, Tag("<at_least_one>")]
    | Annotated[When, Tag("<when>")]
    | Annotated[Unique, Tag("<unique>")],
    Discriminator(
        _tag,
        custom_error_type="keepfit",
        custom_error_message="the rule does not say what it asks",
        custom_error_context={
            "what": "the rule does not say what it asks",
            "expected": f"one of the keys {listed(RULES)}",
            "do": 'for example `{compare: [departed, "<=", arrived]}`',
        },
    ),
]
