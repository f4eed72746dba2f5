"""When production is looked at, and what follows from what is seen."""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from keepfit.config.cron import Cron
from keepfit.config.section import AsTuple, Section
from keepfit.config.shorthand import wrong
from keepfit.config.values import Duration, Share, parse_duration

_OF = re.compile(r"(?P<count>[1-9][0-9]?) of (?P<windows>[1-9][0-9]?)", re.ASCII)
_PER = re.compile(r"(?P<count>[1-9][0-9]?) per (?P<span>[0-9]+[smhdw])", re.ASCII)
_DAY = timedelta(days=1)

Trigger = Literal["drift", "estimated_performance", "realised_performance"]


class Monitor(Section):
    """How production is watched."""

    every: Duration = _DAY
    """A window ends on every multiple of this (UTC, whole days)."""
    window: Duration = 7 * _DAY
    """How much time a window takes in (whole days)."""
    false_alarms: Annotated[Share, Field(gt=0, le=0.5)] = 0.05
    """How likely a window in which nothing has changed alarms of drift, over all columns together; and, by itself, of
    estimated performance; and of realised performance, over all that labels say together. A reference of fewer than
    1 / this - 1 windows that do not overlap cannot say, and only informs."""
    source: Literal["auto", "log", "rows"] = "auto"
    """What a window consists of: what was served (`log`), what arrived in the sources (`rows`), or what was served
    where the prediction log has a fifth of the usual rows at least, else what arrived (`auto`)."""

    @field_validator("every", "window")
    @classmethod
    def _whole_days(cls, value: timedelta) -> timedelta:
        if value % _DAY:
            raise wrong("windows are counted in whole days", expected="such as `1d`, `7d` or `4w`")
        return value


class Often(Section):
    """So many of the newest windows."""

    count: int = Field(ge=1, le=99)
    """How many must alarm."""
    windows: int = Field(ge=1, le=99)
    """Of how many that do not overlap, the newest of them included."""

    @model_validator(mode="after")
    def _possible(self) -> "Often":
        if self.count > self.windows:
            raise wrong("more windows must alarm than there are", expected="such as `2 of 3`")
        return self


class Budget(Section):
    """At most so many in a time."""

    count: int = Field(ge=1, le=99)
    """How many."""
    span: Duration
    """In how much time."""


def _often(value: Any) -> Any:
    match = _OF.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise wrong("not a number of windows", expected="such as `2 of 3`")
    return {name: int(number) for name, number in match.groupdict().items()}


def _budget(value: Any) -> Any:
    match = _PER.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise wrong("not a number in a time", expected="such as `4 per 30d`")
    return {"count": int(match["count"]), "span": parse_duration(match["span"])}


OftenForm = Annotated[
    Often,
    BeforeValidator(_often),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_OF.pattern}$".replace("?P<count>", "").replace("?P<windows>", ""),
            "examples": ["2 of 3"],
        }
    ),
]
BudgetForm = Annotated[
    Budget,
    BeforeValidator(_budget),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_PER.pattern}$".replace("?P<count>", "").replace("?P<span>", ""),
            "examples": ["4 per 30d"],
        }
    ),
]


class Retrain(Section):
    """What makes a new model necessary, and how often there may be one."""

    schedule: Cron | None = None
    """When to train whatever was seen, as cron writes it, in `data.timezone`: `"0 6 1 * *"`. `keepfit deploy` makes a
    schedule of it; the gates judge what comes of it like any other run."""
    on: Annotated[tuple[Trigger, ...], AsTuple] = ("realised_performance", "estimated_performance", "drift")
    """What counts as an alarm; an empty list: nothing does."""
    when: OftenForm = Often(count=2, windows=3)
    """How many of the newest windows, which do not overlap, must alarm; the newest must be among them."""
    cooldown: Duration = 7 * _DAY
    """How long after a retrain was asked for none is asked for again."""
    at_most: BudgetForm = Budget(count=4, span=30 * _DAY)
    """How many retrains there may be in a time."""
