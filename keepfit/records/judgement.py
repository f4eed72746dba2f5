"""Numbers with their uncertainty, and the verdict that is made of them."""

from datetime import datetime
from typing import Literal

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
    """Two models on the same rows. ``improvement`` is positive where the candidate is better, whatever the metric."""

    metric: str
    against: Literal["naive", "champion"]
    candidate: float | None
    reference: float | None
    improvement: Estimate


class Curve(Record, frozen=True, kw_only=True):
    """Points for a chart in the report: ``roc``, ``calibration``, ``residuals``, ``confusion``."""

    name: str
    model: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    weight: tuple[float, ...] = ()


class Evaluated(Record, frozen=True, kw_only=True):
    """Candidate, naive baseline and champion on the same rows that none of them learnt from.

    ``champion`` figures are on the rows after the champion's own training; ``champion_number`` is None when the ledger
    never had one.
    """

    confidence: float
    clustered_by: str  # day | row
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


class GateResult(Record, frozen=True, kw_only=True):
    """One gate: what was asked, what was found, and why that is the outcome."""

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


class Verdict(Record, frozen=True, kw_only=True):
    """The answer of all gates for exactly one version against exactly one champion (None: there was none)."""

    outcome: Outcome
    version: str
    champion: str | None
    as_of: datetime
    gates: tuple[GateResult, ...]
