"""How a model is trained: which estimators compete over which settings, what is made of the winner's answers."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from keepfit.config import shorthand
from keepfit.config.candidate_schema import candidate_schema
from keepfit.config.candidates import Setting
from keepfit.config.gates import MetricName
from keepfit.config.section import AsTuple, Section
from keepfit.config.values import Share


class Range(Section):
    """Numbers from `low` to `high`, drawn evenly, or evenly on the log scale."""

    low: float
    """The smallest value tried."""
    high: float
    """The largest value tried."""
    log: bool
    """Whether values are drawn evenly on the log scale."""
    whole: bool
    """Whether only whole numbers are drawn: both ends are written as whole numbers."""


class Choice(Section):
    """One of a set."""

    choice: Annotated[tuple[Setting, ...], AsTuple] = Field(min_length=1)
    """The values that are tried."""


Space = dict[str, Range | Choice | Setting]
CandidateName = Literal[
    "logistic_regression",
    "ridge",
    "elastic_net",
    "hist_gradient_boosting",
    "neural_network",
    "extra_trees",
    "random_forest",
    "nearest_neighbours",
]


class Candidate(Section):
    """An estimator and the space in which its settings are searched; a plain value is fixed."""

    name: CandidateName
    """The estimator."""
    space: Space = Field(default_factory=dict)
    """Settings by name: a value, a range or a set."""


CandidateForm = Annotated[Candidate, BeforeValidator(shorthand.candidate), WithJsonSchema(candidate_schema())]


class Cost(Section):
    """What a wrong decision costs; only the ratio matters."""

    false_positive: Annotated[float, Field(ge=0)]
    """A negative row that is called positive."""
    false_negative: Annotated[float, Field(ge=0)]
    """A positive row that is called negative."""


class Decide(Section):
    """From which probability on a row is called positive: one rule of four."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    threshold: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Above this probability."""
    cost: Cost | None = None
    """Where the mean cost is lowest."""
    recall_at_least: Annotated[Share, Field(gt=0)] | None = None
    """The highest threshold that still finds this share of the positive rows."""
    precision_at_least: Annotated[Share, Field(gt=0)] | None = None
    """The lowest threshold at which this share of the rows that are called positive are."""


class Train(Section):
    """Which estimators compete, and how hard."""

    candidates: Annotated[tuple[CandidateForm, ...], AsTuple] = Field(min_length=1)
    """The estimators that compete on the same folds: `- NAME`, or `- NAME: {setting: value | [low, high] | …}`.
    Settings that are not named are searched in the candidate's own space where `trials` is above 1."""
    trials: int = Field(default=1, ge=1, le=1000)
    """Settings tried for every candidate that has a search space; the first trial is its defaults."""
    folds: int = Field(default=3, ge=2, le=20)
    """Parts of the training side that take turns in validating."""
    optimize: MetricName | None = None
    """The metric by which validation folds choose; log_loss, or rmse for regression, unless said."""
    choose: Literal["simplest", "best"] = "simplest"
    """`simplest`: of the candidates within one standard error of the best on the folds, the one that is the simplest
    and the fastest to ask; `best`: the best on the folds, by however little."""
    class_weight: Literal["none", "balanced"] = "none"
    """`balanced`: rows of a rare class weigh as much in all as those of a frequent one."""
    calibrate: bool = True
    """Whether probabilities are corrected (sigmoid, isotonic or temperature) where out-of-fold predictions show that
    it helps."""
    decide: Decide | None = None
    """From which probability on a row is called positive (`task: binary`), chosen on out-of-fold predictions; above
    one half unless said."""
    workers: int = Field(default=1, ge=1, le=64)
    """Processes that fit side by side in the search; the outcome does not depend on it."""
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    """All randomness comes from here."""
