"""What the log holds: predictions that were answered, and labels that came later."""

from datetime import datetime
from typing import Any

import msgspec

from keepfit.errors import InfrastructureError


class Prediction(msgspec.Struct, frozen=True, array_like=True):
    """One answered prediction.

    ``at`` is when it was answered (aware), ``record`` what was asked, ``score`` k probabilities or the one value,
    ``decision`` the class that was decided for (None for regression). ``role`` is ``champion`` or ``challenger``: a
    challenger's answer that a caller got (canary) is the only row of its id; one that nobody got stands beside the
    champion's of the same id, as a shadow, or without a finite score where it had none. ``latency_ms`` is what the
    caller waited, or would have. ``explained``: reasons were asked for and told beside it.
    """

    id: str
    at: datetime
    use_case: str
    version: int
    digest: str
    role: str
    record: dict[str, Any]
    score: tuple[float, ...]
    decision: str | None
    warnings: tuple[str, ...]
    latency_ms: float
    explained: bool = False


class Label(msgspec.Struct, frozen=True, array_like=True):
    """What turned out to be true of a prediction: told by its id, or by the key fields of its record.

    ``at`` is when that became known (aware); a later ``at`` corrects an earlier one.
    """

    value: str | int | float | bool | None
    at: datetime
    id: str | None = None
    key: dict[str, str | int | float | bool | None] | None = None


class Received(msgspec.Struct, frozen=True, array_like=True):
    """A label and when the log got it: of two with the same ``at`` the one that came later counts."""

    label: Label
    received: datetime


class LogFull(InfrastructureError):
    """So many records wait for the disk that no more are taken: answer 503, and try again later."""
