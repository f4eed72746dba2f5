"""The closed set of gates; which one is meant is told by its keys."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, WithJsonSchema

from keepfit.config.metrics import METRICS
from keepfit.config.suggest import closest

Unsure = Literal["block", "warn"]
MetricName = Annotated[str, WithJsonSchema({"type": "string", "enum": sorted(METRICS)})]


class GateRule(BaseModel):
    """What every gate may say."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True, allow_inf_nan=False
    )

    if_unsure: Unsure | None = None
    """Overrides the use case's `if_unsure` for this gate."""


class AtLeast(GateRule):
    """The metric's lower bound clears a threshold."""

    metric: MetricName
    """A metric that is better when higher."""
    at_least: float
    """The threshold, in the metric's own units."""


class AtMost(GateRule):
    """The metric's upper bound stays under a threshold."""

    metric: MetricName
    """A metric that is better when lower."""
    at_most: float
    """The threshold, in the metric's own units."""


class BetterThan(GateRule):
    """Superiority: the paired improvement is above zero."""

    metric: MetricName
    """The metric that is compared on the same rows."""
    better_than: Literal["naive", "champion"]
    """`naive`: the majority class, the mean or the class shares; `champion`: the version that serves."""


class NotWorseThan(GateRule):
    """Non-inferiority: the paired improvement is above `-margin`."""

    metric: MetricName
    """The metric that is compared on the same rows."""
    not_worse_than: Literal["champion"]
    """The version that serves."""
    margin: Annotated[float, Field(gt=0)]
    """How much worse is still as good, in the metric's own units; above zero."""


class Parity(GateRule):
    """The exported version answers as the training object did, to this absolute difference."""

    parity: Annotated[float, Field(ge=0)]
    """The largest absolute difference between the two answers for any row."""


# The key that makes a gate what it is. Tags stand in <> so that no key of a file can be taken for one.
GATES: dict[str, type[GateRule]] = {
    "at_least": AtLeast,
    "at_most": AtMost,
    "better_than": BetterThan,
    "not_worse_than": NotWorseThan,
    "parity": Parity,
}
_THRESHOLD_WORDS = frozenset({"threshold", "minimum", "maximum", "min", "max", "above", "below", "floor", "ceiling"})


def meant(key: str, metric: Any) -> str | None:
    """The key of a gate that an unknown key probably stands for.

    >>> meant("at_leest", "roc_auc"), meant("treshold", "log_loss"), meant("banana", "roc_auc")
    ('at_least', 'at_most', None)
    """
    found = closest(key, [*GATES, *_THRESHOLD_WORDS, "metric", "margin", "if_unsure"])
    if found not in _THRESHOLD_WORDS:
        return found
    known = METRICS.get(metric) if isinstance(metric, str) else None
    return known.word if known else "at_least"


def deciding_key(gate: Mapping[str, Any]) -> str | None:
    """The key that says which gate this is, also when it is misspelt."""
    present = [key for key in GATES if key in gate]
    near = [word for key in gate if isinstance(key, str) and (word := meant(key, gate.get("metric"))) in GATES]
    return next(iter([*present, *near]), None)


def _tag(value: Any) -> str | None:
    if isinstance(value, GateRule):
        return next((f"<{key}>" for key, kind in GATES.items() if isinstance(value, kind)), None)
    key = deciding_key(value) if isinstance(value, Mapping) else None
    return f"<{key}>" if key else None


Gate = Annotated[
    Annotated[AtLeast, Tag("<at_least>")]
    | Annotated[AtMost, Tag("<at_most>")]
    | Annotated[BetterThan, Tag("<better_than>")]
    | Annotated[NotWorseThan, Tag("<not_worse_than>")]
    | Annotated[Parity, Tag("<parity>")],
    Discriminator(_tag, custom_error_type="gate", custom_error_message="the gate does not say what it asks"),
]
