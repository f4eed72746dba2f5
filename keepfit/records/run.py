"""One run of a flow, as every stage sees it, and what comes out in the end."""

from datetime import datetime

from keepfit.records.canonical import Record
from keepfit.records.data import Extracted, RowCount, Split, Validated
from keepfit.records.history import Position
from keepfit.records.judgement import Evaluated, Verdict
from keepfit.records.model import Exported, Manifest, Measured, Trained
from keepfit.records.monitoring import Monitored


class Moment(Record, frozen=True, kw_only=True):
    """When a run pretends to be (``as_of``), and when it really started (``started``)."""

    as_of: datetime
    started: datetime


class Registered(Record, frozen=True, kw_only=True):
    """The number and digest that the ledger gave a model, and the digest of its verdict."""

    number: int
    digest: str
    verdict: str
    entry: int


class Released(Record, frozen=True, kw_only=True):
    """Whether the champion moved, and why (not); ``rollout`` is the version that answers beside it instead, if any."""

    released: bool
    champion: int | None
    reason: str
    rollout: int | None = None


class AnotherLook(Record, frozen=True, kw_only=True):
    """Rows for judging a version again; ``fresh`` on ``days`` (None: without times) are new since its last look.

    ``short`` says why they are too few for a look, or is empty.
    """

    split: Split
    fresh: int
    days: int | None
    short: str = ""


class JudgedAgain(Record, frozen=True, kw_only=True):
    """What ``keepfit judge --json`` answers; without a verdict nothing was looked at and nothing spent."""

    use_case: str
    as_of: datetime
    version: int | None
    champion: int | None
    verdict: Verdict | None = None
    released: Released | None = None
    rows: int = 0
    fresh: int = 0
    spent: float | None = None
    reason: str


class Journey(Record, frozen=True, kw_only=True):
    """What the stages of one run left behind; a report is made of it."""

    extracted: Extracted
    validated: Validated
    split: Split
    trained: Trained
    exported: Exported
    evaluated: Evaluated
    measured: Measured
    manifest: Manifest
    verdict: Verdict
    registered: Registered
    released: Released
    position: Position


class Page(Record, frozen=True, kw_only=True):
    """Where a report lies."""

    path: str


class RunResult(Record, frozen=True, kw_only=True):
    """What ``keepfit run --json`` answers is made of this; ``champion`` is who serves when the run ends."""

    use_case: str
    as_of: datetime
    snapshot: str
    rows: RowCount
    version: int
    digest: str
    verdict: Verdict
    released: Released
    champion: int | None
    report: str
    measured: Measured
    warnings: tuple[str, ...] = ()


class Retrained(Record, frozen=True, kw_only=True):
    """What ``keepfit retrain`` did: ``run`` is None where no retrain was due; ``reason`` says why, or why not."""

    use_case: str
    as_of: datetime
    monitored: Monitored
    run: RunResult | None
    reason: str
