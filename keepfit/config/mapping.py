"""From what a source says to what the contract says, for every period of the source's history.

What stands here is done to a column in this order: find it (`alias`), strip it (`trim`), tell what is no value
(`nulls`), translate (`codes`), read it as the type of the contract (`format`, `timezone`, `decimal`, `thousands`),
convert it (`unit`), fill in what is missing (`default`).
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from keepfit.config import shorthand
from keepfit.config.section import AsTuple, Section
from keepfit.config.values import ColumnName, Text

Scalar = str | bool | int | float


def parse_moment(value: Any) -> datetime:
    """A day (its midnight) or a time as ISO 8601 writes it, with or without an offset.

    >>> parse_moment("2013-07-01"), parse_moment("2013-07-01T12:00Z").hour
    (datetime.datetime(2013, 7, 1, 0, 0), 12)
    """
    try:
        return datetime.fromisoformat(value if value[4] == "-" else "")
    except (ValueError, TypeError, IndexError):
        raise ValueError("a day such as 2013-07-01, or a time such as 2013-07-01T12:00Z") from None


_MOMENT = {"type": "string", "examples": ["2013-07-01", "2013-07-01T12:00Z"]}
Start = Annotated[datetime, BeforeValidator(parse_moment), WithJsonSchema(_MOMENT)]
Formats = Annotated[
    tuple[Text, ...],
    Field(min_length=1, max_length=12),
    BeforeValidator(shorthand.words, json_schema_input_type=Text | tuple[Text, ...]),
]


class ColumnMapping(Section):
    """How a source writes one column, and what becomes of it. What is not said is read as the contract has it."""

    alias: ColumnName | None = None
    """What the source calls the column."""
    trim: bool = False
    """Whether blanks around a text are none of it; otherwise they are, and no number has any."""
    nulls: Annotated[tuple[str, ...], AsTuple] = ()
    """Further texts that mean "no value" in this column."""
    codes: dict[str, Scalar] = Field(default_factory=dict)
    """Code table: what a text means, as a value of the contract (in its unit)."""
    unknown: Scalar = "refuse"
    """What a text that is not in `codes` becomes: `refuse` (quarantine), `keep` (read on as it stands), or this
    value."""
    format: Formats = ("iso",)
    """How times are written: codes of strptime such as `%d.%m.%Y %H:%M`, or `iso`, `epoch_seconds`,
    `epoch_milliseconds`. Of several all are tried; a text that two read as different moments is refused."""
    timezone: Text | None = None
    """Zone of times without an offset; that of `data.timezone` unless given."""
    years_from: Annotated[int, Field(ge=1, le=9900)] | None = None
    """First of the hundred years that `%y` may mean: from 1970 on, 70 is 1970 and 13 is 2013."""
    decimal: Literal[".", ","] = "."
    """The mark before the fraction of a number."""
    thousands: Literal[".", ",", " ", "'", "’", "\u00a0", "\u202f"] | None = None
    """The mark before every three digits; a number may also be written without any."""
    unit: Text | None = None
    """The unit in which the source measures; values are converted to that of the contract's column."""
    to: Text | None = None
    """The unit to convert to, for a column that only `query` sees and the contract does not know."""
    default: Scalar | None = None
    """The value (in the contract's terms) where the source has none, or has no such column."""


class Mapping(Section):
    """What a source means, from a moment on until the next item begins."""

    from_: Start | None = Field(default=None, alias="from")
    """Rows whose event time is at or after this, in `data.timezone`, are read so; the beginning unless given. Rows
    before the first `from` are read as the contract has them."""
    columns: dict[ColumnName, ColumnMapping] = Field(min_length=1)
    """Columns by the name that the contract, or `query`, knows."""
