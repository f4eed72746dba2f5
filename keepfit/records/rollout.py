"""A challenger that answers beside the champion before it may become one, and what is seen of the two."""

from datetime import datetime
from typing import Literal

import msgspec

from keepfit.records.canonical import Record
from keepfit.records.seat import Seat

Decided = Literal["promote", "stop", "undecided"]
Ended = Literal["promoted", "stopped", "undecided", "none"]


class Rollout(Record, frozen=True, kw_only=True):
    """What was agreed when it began, which is what it is held to until it ends, whatever the YAML says by then.

    ``verdict`` is the pass that it rests on, against the ``champion`` of that moment. ``share`` of the requests is the
    challenger's (a shadow is asked about all of them). Before ``until``, and before ``at_least`` predictions of each,
    it cannot become champion. The limits are those of the YAML, as numbers.
    """

    challenger: Seat
    champion: Seat
    verdict: str
    strategy: Literal["shadow", "canary"]
    share: float
    started: datetime
    until: datetime
    at_least: int
    errors_at_most: float
    slower_at_most: float
    scores_differ_at_most: float


class Figure(Record, frozen=True, kw_only=True):
    """A number as it was seen (None: it could not be computed), and what it is at least.

    ``likely`` is wrong 1 time in 100, ``low`` beyond doubt.
    """

    value: float | None
    likely: float = 0.0
    low: float = 0.0


class Beheld(Record, frozen=True, kw_only=True):
    """What two versions answered in a stretch of time.

    ``answers`` and ``champion_answers`` count records with a finite answer, ``failed`` those to which the challenger
    had none. ``errors`` is the share of these; ``slower`` the challenger's median latency over the champion's;
    ``scores_differ`` the distance of their scores, of a shadow request by request. ``worse`` is how much larger the
    challenger's mean loss (Brier, or squared error) is on ``labels`` of its answers whose label is known, None where
    these are too few.
    """

    answers: int
    champion_answers: int
    failed: int
    errors: Figure
    slower: Figure
    scores_differ: Figure
    labels: int = 0
    worse: Figure | None = None


class Decision(Record, frozen=True, kw_only=True):
    """What becomes of a rollout, and why."""

    decided: Decided
    reason: str


class Reviewed(Record, frozen=True, kw_only=True):
    """What ``keepfit release --json`` answers.

    ``outcome`` is ``none`` where no rollout is open; then the fields about it are None. ``numbers`` are what was seen
    of the two by then, ``champion`` is who serves now.
    """

    use_case: str
    as_of: datetime
    outcome: Ended
    released: bool
    champion: int | None
    reason: str
    version: int | None = None
    strategy: Literal["shadow", "canary"] | None = None
    started: datetime | None = None
    until: datetime | None = None
    numbers: dict[str, float] = msgspec.field(default_factory=dict)
