"""What every row must satisfy."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from keepfit.config.ranges import spread
from keepfit.config.row_rules import RowRuleForm
from keepfit.config.section import AsTuple, Section
from keepfit.config.values import ColumnName, ColumnType, Share, Text

Length = Annotated[int, Field(ge=0, le=1_000_000)]


class ColumnTolerance(Section):
    """How many rows may break the rules of one column, each rule by its own key."""

    all: Share | None = None
    """Share of rows that may break any rule of this column."""
    type: Share | None = None
    """Share of rows whose value may be of another type."""
    nullable: Share | None = None
    """Share of rows that may lack the value although the column is not nullable."""
    min: Share | None = None
    """Share of rows that may be below `min`."""
    max: Share | None = None
    """Share of rows that may be above `max`."""
    values: Share | None = None
    """Share of rows that may hold a value outside `values` and are quarantined (`unseen_at_most` keeps them)."""
    min_length: Share | None = None
    """Share of rows that may be shorter than `min_length`."""
    max_length: Share | None = None
    """Share of rows that may be longer than `max_length`."""
    matches: Share | None = None
    """Share of rows that may not match `matches`."""


def _by_rule(value: Any) -> Any:
    """A bare share is that of all rules of the column.

    >>> _by_rule("1%"), _by_rule({"max": "0.1%"})
    ({'all': '1%'}, {'max': '0.1%'})
    """
    return value if isinstance(value, Mapping | ColumnTolerance) or value is None else {"all": value}


class ColumnRule(Section):
    """What one column of a row must satisfy; a missing value breaks `nullable` and no other rule."""

    type: ColumnType
    """What the values are; a value that is not of the type is quarantined, never coerced."""
    min: float | None = None
    """The smallest number allowed; a smaller one is quarantined."""
    max: float | None = None
    """The largest number allowed; a larger one is quarantined."""
    unit: Text | None = None
    """Shown in the report; what a mapping converts the unit of a source to."""
    nullable: bool = False
    """Whether a row may lack this value."""
    values: Annotated[tuple[str, ...], AsTuple, Field(min_length=1)] | None = None
    """The values allowed for a category; any other is quarantined."""
    unseen_at_most: Share | None = None
    """Share of rows with a value outside `values` up to which they are kept, with a warning; above it, and where this
    is left out, they are quarantined. It is a share of the rows that have a value here."""
    min_length: Length | None = None
    """The fewest characters (code points) allowed in a text or category."""
    max_length: Length | None = None
    """The most characters (code points) allowed in a text or category."""
    matches: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """A regular expression (RE2, which takes time linear in the text and has no look-around and no back-references)
    that the whole text must match."""
    quarantine_at_most: Annotated[
        ColumnTolerance | None, BeforeValidator(_by_rule, json_schema_input_type=Share | ColumnTolerance | None)
    ] = None
    """More rows than this share that break a rule of this column stop the run; `{max: 0.1%}` says it by rule. They
    count towards the contract's own `quarantine_at_most` too."""


class Contract(Section):
    """What every row must satisfy; columns it does not declare are dropped with a warning."""

    columns: Annotated[dict[ColumnName, ColumnRule], Field(min_length=1), AfterValidator(spread)]
    """The columns of a row, by name. `pixel{0..63}` stands for 64 columns, `p{0..7}{0..7}` for p00 to p77.
    `image[{0..63}]` also reads a column `image` that holds arrays of 64 numbers, each element as a column."""
    rules: Annotated[tuple[RowRuleForm, ...], AsTuple] = ()
    """Rules across columns, a closed set: compare, sum, together, at_least_one, when … then, unique. A missing value
    breaks only rules that are about missing values."""
    quarantine_at_most: Share = 0.0
    """More broken rows than this share stop the run."""
