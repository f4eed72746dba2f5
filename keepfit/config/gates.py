"""The closed set of gates; which one is meant is told by its keys."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, WithJsonSchema

from keepfit.config.gate_values import Margin, Milliseconds, Size
from keepfit.config.metrics import METRICS
from keepfit.config.section import AsTuple, Section
from keepfit.config.suggest import closest
from keepfit.config.values import ColumnName, Text

Unsure = Literal["block", "warn"]
TooFew = Literal["unjudged", "block"]
MetricName = Annotated[str, WithJsonSchema({"type": "string", "enum": sorted(METRICS)})]


class GateRule(BaseModel):
    """What every gate may say."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True, allow_inf_nan=False
    )

    if_unsure: Unsure | None = None
    """Overrides the use case's `if_unsure` for this gate."""


class MetricGate(GateRule):
    """A gate on a metric, over all rows or by group."""

    metric: MetricName
    """The metric that is asked for."""
    by: ColumnName | None = None
    """A column whose groups must each pass; groups that fail are corrected among themselves (Holm)."""
    if_too_few: TooFew | None = None
    """What a group with too few rows to judge does: `unjudged` (said loudly, does not block, unless `risk: high`) or
    `block`."""


class AtLeast(MetricGate):
    """The metric's lower bound clears a threshold."""

    at_least: float
    """The threshold, in the metric's own units; the metric is better when higher."""


class AtMost(MetricGate):
    """The metric's upper bound stays under a threshold."""

    at_most: float
    """The threshold, in the metric's own units; the metric is better when lower."""


class BetterThan(MetricGate):
    """Superiority: the paired improvement is above zero."""

    better_than: Literal["naive", "champion"]
    """`naive`: every naive baseline (majority class or mean, last known label, last week, last year); `champion`: the
    version that serves."""


class NotWorseThan(MetricGate):
    """Non-inferiority: the paired improvement is above `-margin`.

    Beside a fixed earlier version it must be above two margins, so that many small steps down do not add up.
    """

    not_worse_than: Literal["champion"]
    """The version that serves."""
    margin: Margin
    """How much worse is still as good: in the metric's own units, above zero, or as a share of what the model gains
    over the naive baseline, `20% of naive gain` (at the lower bound of that gain)."""


class AcrossGroups(GateRule):
    """A gate on how far groups are apart."""

    metric: MetricName
    """The metric that is asked for in each group."""
    by: ColumnName
    """The column whose groups are compared."""
    if_too_few: TooFew | None = None
    """What a group with too few rows to judge does: `unjudged` or `block`."""


class Ratio(AcrossGroups):
    """The lowest value of a group is at least this share of the highest."""

    ratio: Annotated[float, Field(gt=0, le=1)]
    """The smallest ratio that is allowed, above 0 and at most 1."""


class Difference(AcrossGroups):
    """No two groups are farther apart than this."""

    difference: Annotated[float, Field(gt=0)]
    """The largest difference that is allowed, in the metric's own units."""


class Calibration(GateRule):
    """The calibration error's upper bound stays under a threshold."""

    calibration: Annotated[float, Field(gt=0, lt=1)]
    """How far probabilities may be from what came, in the mean."""


class Waiver(Section):
    """A finding of the leakage report that a person allows."""

    feature: ColumnName | None = None
    """The feature that the finding is about."""
    kind: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """The kind of finding, as the report names it; needed for one that is about no feature."""
    because: Text
    """Why it is no leak, for those who read the verdict."""
    by: Text
    """Who says so."""


class Leakage(GateRule):
    """The leakage report found nothing that nobody has waived; every use case has this gate."""

    leakage: Literal["none"]
    """`none`: no finding stays unanswered."""
    waived: Annotated[tuple[Waiver, ...], AsTuple] = ()
    """Findings that a named person allows, with a reason; the verdict and the report show them."""


class Stability(GateRule):
    """The winner does not depend on the stretch of data that it was validated on."""

    stability: Annotated[float, Field(gt=0)]
    """The largest spread of its losses on the validation folds: the worst less the best, as a share of their mean."""


class Parity(GateRule):
    """The exported version answers as the training object did, to this absolute difference."""

    parity: Annotated[float, Field(ge=0)]
    """The largest absolute difference between the two answers for any row, asked over HTTP."""


class SizeLimit(GateRule):
    """The version's files are not larger than this."""

    size: Size
    """All files of the version together: `500kB`, `50MB`, `1GB` (powers of ten)."""


class Latency(GateRule):
    """One record is answered in time; advice, which never fails a verdict."""

    latency: Milliseconds
    """99 of 100 lone requests over HTTP take at most this long, the client included: `5ms`, `0.5ms`, `2s`."""


# The key that makes a gate what it is. Tags stand in <> so that no key of a file can be taken for one.
GATES: dict[str, type[GateRule]] = {
    "at_least": AtLeast,
    "at_most": AtMost,
    "better_than": BetterThan,
    "not_worse_than": NotWorseThan,
    "ratio": Ratio,
    "difference": Difference,
    "calibration": Calibration,
    "leakage": Leakage,
    "stability": Stability,
    "parity": Parity,
    "size": SizeLimit,
    "latency": Latency,
}
_THRESHOLD_WORDS = frozenset({"threshold", "minimum", "maximum", "min", "max", "above", "below", "floor", "ceiling"})
_OTHER_WORDS = frozenset({"metric", "margin", "if_unsure", "by", "if_too_few", "waived"})


def with_champion(gate: GateRule) -> bool:
    """Whether a gate compares with the champion: then judging by it is a look."""
    return isinstance(gate, NotWorseThan) or (isinstance(gate, BetterThan) and gate.better_than == "champion")


def meant(key: str, metric: Any) -> str | None:
    """The key of a gate that an unknown key probably stands for.

    >>> meant("at_leest", "roc_auc"), meant("treshold", "log_loss"), meant("banana", "roc_auc")
    ('at_least', 'at_most', None)
    """
    found = closest(key, [*GATES, *_THRESHOLD_WORDS, *_OTHER_WORDS])
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
    | Annotated[Ratio, Tag("<ratio>")]
    | Annotated[Difference, Tag("<difference>")]
    | Annotated[Calibration, Tag("<calibration>")]
    | Annotated[Leakage, Tag("<leakage>")]
    | Annotated[Stability, Tag("<stability>")]
    | Annotated[Parity, Tag("<parity>")]
    | Annotated[SizeLimit, Tag("<size>")]
    | Annotated[Latency, Tag("<latency>")],
    Discriminator(_tag, custom_error_type="gate", custom_error_message="the gate does not say what it asks"),
]
