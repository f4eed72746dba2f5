"""Numbers with their uncertainty, and the verdict that is made of them."""

from datetime import datetime
from typing import Literal

from msgspec import field

from keepfit.records.canonical import Record

Outcome = Literal["pass", "fail", "not_enough_evidence", "skipped", "unjudged"]


class Estimate(Record, frozen=True, kw_only=True):
    """A statistic with one-sided bounds, each at the confidence of the use case; None where it could not be computed.

    ``rows`` are rows, ``clusters`` the units that count as independent (days, where rows have a time). When a number is
    None, ``missing`` says what would help: more ``evidence``, or nothing because the model's answers are ``broken``;
    ``reason`` tells it to a person.
    """

    value: float | None
    low: float | None
    high: float | None
    rows: int
    clusters: int
    missing: Literal["", "evidence", "broken"] = ""
    reason: str = ""


class Comparison(Record, frozen=True, kw_only=True):
    """Two models on the same rows. ``improvement`` is positive where the candidate is better, whatever the metric.

    Of several naive baselines the one that the candidate is least surely better than; ``baseline`` names it.
    """

    metric: str
    against: Literal["naive", "champion", "anchor"]
    baseline: str = ""
    candidate: float | None
    reference: float | None
    improvement: Estimate


class Curve(Record, frozen=True, kw_only=True):
    """Points for a chart in the report; ``low`` and ``high`` are bounds of ``y``, NaN-free: equal to ``y`` if unknown.

    ``roc``, ``precision_recall``, ``calibration``, ``confusion``, ``decision`` (net benefit by threshold; the model
    ``all`` decides positive for every row), ``residuals``.
    """

    name: str
    model: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    weight: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


class ClassFigures(Record, frozen=True, kw_only=True):
    """Precision, recall and F1 of the candidate for one class against all others; ``index`` is its place."""

    index: int
    rows: int
    figures: dict[str, Estimate]


class Slice(Record, frozen=True, kw_only=True):
    """One group of a protected column: the same figures as over all rows; too small a group has reasons for bounds."""

    by: str
    group: str
    rows: int
    candidate: dict[str, Estimate]
    naive: dict[str, Estimate]
    champion: dict[str, Estimate]
    comparisons: tuple[Comparison, ...]


class Evaluated(Record, frozen=True, kw_only=True):
    """Candidate, naive baseline and champion on the same rows that none of them learnt from.

    ``champion`` figures are on the rows after the champion's own training; ``champion_number`` is None when the ledger
    never had one. ``anchor`` is a fixed earlier version, measured in the same way. Comparisons with these two are at
    ``champion_confidence``, everything else is at ``confidence``. ``comparisons`` hold one with ``naive`` for each
    metric, with the hardest of the ``baselines``, where all of them stand. ``calibration`` is the calibration error of
    the candidate, ``in_the_large`` what came minus what was predicted, ``slope`` that of the one on the other.
    """

    confidence: float
    clustered_by: str  # row | day | entity | day and entity
    rows: int
    candidate: dict[str, Estimate]
    naive: dict[str, Estimate]
    champion: dict[str, Estimate]
    champion_number: int | None
    champion_digest: str | None
    champion_rows: int
    comparisons: tuple[Comparison, ...]
    curves: tuple[Curve, ...]
    predictions: str
    champion_confidence: float | None = None
    anchor: dict[str, Estimate] = field(default_factory=dict)
    anchor_number: int | None = None
    anchor_digest: str | None = None
    anchor_rows: int = 0
    baselines: tuple[Comparison, ...] = ()
    slices: tuple[Slice, ...] = ()
    by_class: tuple[ClassFigures, ...] = ()
    calibration: Estimate | None = None
    in_the_large: Estimate | None = None
    slope: Estimate | None = None


class More(Record, frozen=True, kw_only=True):
    """How many more rows would decide, and how many clusters (days, entities; rows again where each is its own)."""

    rows: int
    clusters: int


class GateResult(Record, frozen=True, kw_only=True):
    """One gate: what was asked, what was found, and why that is the outcome.

    A gate ``by`` a column has a result for each ``group``. Bounds are one-sided at ``confidence`` each. ``more`` is
    told where there was too little evidence, ``waived`` what a person has allowed, with name and reason.
    """

    gate: str
    outcome: Outcome
    value: float | None
    low: float | None
    high: float | None
    threshold: float | None
    by: str | None
    group: str | None
    rows: int
    reason: str
    blocks: bool
    clusters: int = 0
    confidence: float | None = None
    more: More | None = None
    waived: tuple[str, ...] = ()


class Prospect(Record, frozen=True, kw_only=True):
    """What one gate could see: ``smallest`` is the distance from its threshold that it sees in four of five cases.

    ``chance`` is how likely a good model is to pass; None where nothing is known, and ``note`` says why.
    """

    gate: str
    by: str | None = None
    group: str | None = None
    rows: int = 0
    smallest: float | None = None
    chance: float | None = None
    note: str = ""


class Prospects(Record, frozen=True, kw_only=True):
    """What all gates could see on the rows of a ``version``, and between which chances a good model passes them all."""

    version: int
    rows: int
    gates: tuple[Prospect, ...]
    at_least: float | None
    at_most: float | None


class Verdict(Record, frozen=True, kw_only=True):
    """The answer of all gates for exactly one version against exactly one champion (None: there was none).

    ``compared`` says that some gate saw how candidate and champion differ: then this was a look, which spends.
    ``beats_anchor`` says that the version was shown to be better than the fixed earlier one.
    """

    outcome: Outcome
    version: str
    champion: str | None
    as_of: datetime
    gates: tuple[GateResult, ...]
    compared: bool = False
    beats_anchor: bool = False
