"""What every row must satisfy."""

from typing import Annotated

from pydantic import Field

from keepfit.config.section import AsTuple, Section
from keepfit.config.values import ColumnName, ColumnType, Share, Text


class ColumnRule(Section):
    """What one column of a row must satisfy."""

    type: ColumnType
    """What the values are; a value that is not of the type is quarantined, never coerced."""
    min: float | None = None
    """The smallest number allowed; a smaller one is quarantined."""
    max: float | None = None
    """The largest number allowed; a larger one is quarantined."""
    unit: Text | None = None
    """Documentation only; shown in the report."""
    nullable: bool = False
    """Whether a row may lack this value."""
    values: Annotated[tuple[str, ...], AsTuple, Field(min_length=1)] | None = None
    """The values allowed for a category; any other is quarantined."""


class Contract(Section):
    """What every row must satisfy; columns it does not declare are dropped with a warning."""

    columns: dict[ColumnName, ColumnRule] = Field(min_length=1)
    """The columns of a row, by name."""
    quarantine_at_most: Share = 0.0
    """More broken rows than this share stop the run."""
