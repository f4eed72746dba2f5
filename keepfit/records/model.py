"""What train, export and measure say about a model, and the manifest that makes it a version."""

from datetime import datetime
from typing import Literal

from keepfit.records.canonical import Record
from keepfit.records.judgement import Estimate


class Trial(Record, frozen=True, kw_only=True):
    """One setting of one candidate, by its loss on the validation folds (lower is better; None: it did not fit).

    ``share`` of the rows to learn from is what it was last given: those below 1 were not worth a full trial, and their
    losses cannot be compared with those at 1. ``note`` says what a fit complained about, or why there is no loss.
    """

    candidate: str
    settings: dict[str, int | float | str | bool | None]
    folds: tuple[float | None, ...]
    score: float | None
    share: float = 1.0
    note: str = ""


class LearningPoint(Record, frozen=True, kw_only=True):
    """The winner's loss on the newest fold when it had learnt from the newest ``rows`` before it."""

    rows: int
    score: float | None


class Trained(Record, frozen=True, kw_only=True):
    """The candidate that won on validation data, fitted on the whole training side.

    ``features`` and ``model`` are objects: the JSON state that turns raw records into numbers, and the skops file of
    the estimator behind them; ``naive`` is the baseline from the same rows, ``probe`` records with the answers that the
    training object gave. ``classes`` are the labels in the order of the probabilities (empty for regression).

    ``output`` is an object too: how probabilities are corrected and decided on; ``out_of_fold`` an Arrow file of the
    winner's uncorrected answers to the validation rows (None: there were none), ``background`` rows of the training
    side that reasons are told against. ``growth`` is by how much the last
    doubling of ``learning_curve`` lowered the loss. ``memory`` is what training said it would need, in bytes. In words:
    ``choice`` why this candidate, ``calibration`` and ``decision`` what was made of its answers and why, ``warnings``
    what a person should look at.
    """

    candidate: str
    settings: dict[str, int | float | str | bool | None]
    trials: tuple[Trial, ...]
    features: str
    model: str
    naive: str
    probe: str
    classes: tuple[str, ...]
    rows: int
    output: str | None = None
    background: str | None = None
    out_of_fold: str | None = None
    learning_curve: tuple[LearningPoint, ...] = ()
    growth: Estimate | None = None
    memory: int = 0
    choice: str = ""
    calibration: str = ""
    decision: str = ""
    warnings: tuple[str, ...] = ()


class Exported(Record, frozen=True, kw_only=True):
    """The files that make up a version, by role, and their size.

    Roles are ``features``, ``model``, ``naive``, ``probe``, ``output`` and ``background``, which old versions do not
    have, and ``compiled``, which is served instead of ``model`` where the version has it. ``engine`` says how it is
    served; ``note`` why it has no compiled form (empty: it has one).
    """

    files: dict[str, str]
    bytes: int
    engine: str = "skops"
    note: str = ""


class Measured(Record, frozen=True, kw_only=True):
    """The exported version, asked as a server asks it: ``over`` HTTP, or (earlier builds, self-tests) in the process.

    ``parity`` is the largest difference to the training object, over the records that it answered when it was trained,
    rows of the holdout and hostile ones, ``parity_rows`` together; None where there is no such number, and ``note``
    says why. ``refused`` are records that the contract forbids and that were refused.

    Advice, never part of a verdict: milliseconds for one record (of a lone request, its client included),
    ``cold_start`` seconds from the start of a process to its first right answer, bytes of resident ``memory``.
    """

    parity: float | None
    parity_rows: int
    bytes: int
    p50_ms: float | None
    p99_ms: float | None
    over: Literal["process", "http"] = "process"
    engine: str = ""
    refused: int = 0
    note: str = ""
    cold_start: float | None = None
    memory: int | None = None


class Manifest(Record, frozen=True, kw_only=True):
    """What a version *is*; its digest names the version. The verdict is not part of it.

    What it has learnt from are the rows of the snapshot that ``sides`` (an object, as in `Split`) say, all of them
    before ``train_until`` where the split was by time. Versions of earlier builds have no ``sides``: there ``key`` and
    ``holdout_share`` say which undated rows it has not learnt from.
    """

    use_case: str
    task: str
    as_of: datetime
    snapshot: str
    config: str
    code: str
    requirements: str
    candidate: str
    settings: dict[str, int | float | str | bool | None]
    files: dict[str, str]
    classes: tuple[str, ...]
    train_until: datetime | None
    key: tuple[str, ...]
    holdout_share: float | None
    seed: int
    sides: str | None = None
