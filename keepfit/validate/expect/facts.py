"""What an expectation may look at, and what it says."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from keepfit.profile import Profile
from keepfit.records import Moment

if TYPE_CHECKING:
    import pyarrow as pa

NOTHING_TO_COMPARE = "nothing to compare with: no data were accepted before"
NO_VALUE = "no row has a value"


class AcceptedProfile(NamedTuple):
    """Data that were learnt from before and that nobody had to look at."""

    as_of: datetime
    rows: int
    profile: Profile


class Facts(NamedTuple):
    """The table and its past.

    ``read`` gives some columns of all rows, in the order of event time and key: a few columns at a time, so that memory
    is bounded. ``accepted`` are earlier data, newest first; ``newest`` is the newest event before ``as_of``.
    """

    profile: Profile
    read: "Callable[[Sequence[str]], pa.Table]"
    accepted: Sequence[AcceptedProfile]
    moment: Moment
    newest: datetime | None
    event_time: str | None


class Seen(NamedTuple):
    """The answer to one expectation, in one short line."""

    outcome: Literal["pass", "fail", "crashed", "skipped"]
    observed: str


def seen(right: bool, observed: str) -> Seen:
    """Pass or fail."""
    return Seen("pass" if right else "fail", observed)


def between(value: float, arguments: Mapping[str, Any]) -> bool:
    """Whether a number is within ``min_value`` and ``max_value``, as far as they are there; NaN never is.

    >>> between(2, {"min_value": 2}), between(2, {"min_value": 2, "strict_min": True}), between(float("nan"), {})
    (True, False, False)
    """
    low, high = arguments.get("min_value"), arguments.get("max_value")
    above = low is None or (value > low if arguments.get("strict_min") else value >= low)
    below = high is None or (value < high if arguments.get("strict_max") else value <= high)
    return above and below and not math.isnan(value)


def surely(low: float, high: float, arguments: Mapping[str, Any]) -> bool | None:
    """Whether a number that is somewhere from ``low`` to ``high`` is within the limits; None where it may be either.

    >>> surely(2, 3, {"max_value": 4}), surely(2, 3, {"max_value": 1}), surely(2, 3, {"max_value": 2.5})
    (True, False, None)
    """
    if between(low, arguments) and between(high, arguments):
        return True
    least, most = arguments.get("min_value"), arguments.get("max_value")
    outside = (least is not None and high < least) or (most is not None and low > most)
    return False if outside or math.isnan(low + high) else None


def words(value: float) -> str:
    """A number for a person.

    >>> words(1234567), words(0.1234567), words(2.0)
    ('1,234,567', '0.123457', '2')
    """
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"
