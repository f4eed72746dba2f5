"""What a use case is: the frozen tree that a YAML file becomes.

Every field that a file may hold stands here, its description is its documentation and goes into the JSON schema. What
this build cannot carry out is not here, so it is refused.
"""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema

from keepfit.config import shorthand
from keepfit.config.contract import Contract
from keepfit.config.expectation_schema import ExpectationSchema
from keepfit.config.features import Features
from keepfit.config.gates import Gate
from keepfit.config.metrics import Task
from keepfit.config.monitor import Monitor, Retrain
from keepfit.config.protected import Protected
from keepfit.config.release import Release
from keepfit.config.section import AsTuple, Section
from keepfit.config.sources import FileSource
from keepfit.config.standard import meant_by
from keepfit.config.train import Train
from keepfit.config.values import DURATION_SCHEMA, SHARE_SCHEMA, ColumnName, Duration, Name, Share, Text


class Label(Section):
    """What is to be predicted."""

    column: ColumnName
    """The column that holds the answer."""
    known_after: Duration = timedelta(0)
    """How long after the event the label is known; earlier it is masked."""
    missing_at_most: Share = 0.0
    """Share of rows that may lack a label although it should be known."""


class Data(Section):
    """Where the examples come from."""

    timezone: Text = "UTC"
    """Zone of calendar features, of times without an offset and of a bare `--as-of`."""
    sources: dict[Name, FileSource] = Field(min_length=1)
    """Tables by the name under which `query` knows them."""
    query: Annotated[str, Field(min_length=1, max_length=100_000)] | None = None
    """One SQL select (DuckDB) over the sources, a row an example; may be left out with a single source."""
    key: Annotated[tuple[ColumnName, ...], AsTuple] = Field(min_length=1)
    """Columns that together are unique."""
    event_time: ColumnName | None = None
    """When a prediction would be asked for; left out where rows have no time."""
    label: Label
    """What is to be predicted, and when it is known."""
    history: Duration | None = None
    """How far back before `as_of` rows are used."""
    lookback: Duration | None = None
    """How far before an example's own time `query` looks for what belongs to it; older rows are not read at all."""
    duplicates: Literal["error", "first", "last"] = "error"
    """Of rows with one key and other values: quarantine all, or keep the first or the last (in the order of the files
    and their rows: a late correction) and drop the others by name."""
    freshness: Duration | None = None
    """Newest event older than this: refuse to train."""


Holdout = Annotated[
    timedelta | float,
    BeforeValidator(shorthand.holdout),
    WithJsonSchema({"anyOf": [DURATION_SCHEMA, *SHARE_SCHEMA["anyOf"]], "examples": ["28d", "20%"]}),
]


class SplitRule(Section):
    """Which rows the model may learn from, and which judge it."""

    by: Literal["time", "key"]
    """`time`: the newest rows judge; `key`: a hash of the key says which rows do, so that a row never changes sides."""
    holdout: Holdout
    """The newest stretch (a duration) by time; a share of the keys otherwise."""
    gap: Duration = timedelta(0)
    """By time: how much earlier than `known_after` before the holdout training ends."""
    entity: Annotated[tuple[ColumnName, ...], AsTuple] = ()
    """Columns that name whom a row is about (a patient, a customer), all of whose rows are on one side. By key, the
    hash of the entity says which; by time, rows to learn from of an entity that is in the holdout are left out."""
    stratify: bool = False
    """By key, and with classes: the share holds in every class. A few rows may then change sides as data grow."""


def _gates(value: Any, info: ValidationInfo) -> Any:
    return meant_by(value, info.data)


Gates = Annotated[
    tuple[Gate, ...],
    AsTuple,
    BeforeValidator(_gates, json_schema_input_type=Literal["standard"] | tuple[Gate, ...]),
]
ExpectationForm = Annotated[dict[str, dict[str, Any]], ExpectationSchema()]


class UseCase(Section):
    """Everything about one model in production."""

    name: Name
    """The name of the use case, which is also that of the file."""
    description: Text
    """What is predicted, in a sentence for people who do not know the model."""
    owner: Text
    """The team or person who answers for the model."""
    risk: Literal["low", "high"] = "low"
    """`high`: a person approves every release. This build has no approvals, so it registers and never releases."""
    task: Task
    """What kind of answer the model gives."""
    data: Data
    """Where the examples come from."""
    contract: Contract
    """What every row must satisfy."""
    expectations: Annotated[tuple[ExpectationForm, ...], AsTuple] = ()
    """What the table must satisfy: expectations by name, each with its arguments and what a fail does (`severity`)."""
    features: Features
    """Columns the model sees, and as what: one word, a list of them, or a number made of two columns, which gets a name
    of its own: `speed: {ratio: [distance, minutes]}`. Names may stand for many columns, as `p{0..7}{0..7}: number` for
    64 pixels. `category` with more than 254 levels has a code for each of the most frequent and `target_encoding`
    beside; `target_encoding` is what the labels of other rows say about a level; `hashing` sorts levels into 254 parts
    and needs none of them to be seen; `text` counts words (TF-IDF); `…_cyclic` sets 23 o'clock beside 0."""
    protected: Protected = Field(default_factory=dict)
    """Columns whose groups are reported by themselves: `[carrier]`, or `{age: {bands: [30, 60]}}` for a number."""
    split: SplitRule
    """Which rows the model may learn from, and which judge it."""
    train: Train
    """Which estimators compete, and how hard."""
    gates: Gates = Field(min_length=1)
    """What a model must prove before it may serve: a list, or `standard`. That is, by the metric that training
    optimizes: better than naive, not worse than the champion by more than 20% of the naive gain, in no group of a
    protected column worse than naive beyond doubt; no leak; parity to 1e-9. `keepfit check` prints what it means here.
    `better_than: naive` and `leakage: none` are added where no gate says them."""
    confidence: Annotated[Share, Field(ge=0.5, lt=1)] = 0.95
    """One-sided, per bound, of all gates but those that compare with the champion."""
    false_promotions: Annotated[Share, Field(gt=0, le=0.5)] = 0.05
    """How likely a year of looks, however many, is to promote a challenger that is only equal to the champion
    (`better_than`) or worse by exactly the margin (`not_worse_than`). Every look spends a part of it, so its bounds
    beside the champion are wider than `confidence` says."""
    if_unsure: Literal["block", "warn"] = "block"
    """What a gate without enough evidence does to the release."""
    release: Release = Release(strategy="direct")
    """What a pass does to the champion."""
    monitor: Monitor = Monitor()
    """How production is watched."""
    retrain: Retrain = Retrain()
    """What makes a new model necessary, and how often there may be one."""
