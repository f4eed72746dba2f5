"""A request on its way to an answer: by whom, with whom behind, and what it was scored as."""

from collections.abc import Callable
from math import isfinite
from time import thread_time
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from keepfit.serving.closer_look import Row
from keepfit.serving.version import Answered, Live

if TYPE_CHECKING:
    from keepfit.serving.rollout.trial import Trial

Read = Callable[[Live], list[Row]]
Tell = Callable[[Live, Answered | BaseException], None]


class Asked(msgspec.Struct, frozen=True, eq=False):
    """A request that was read; ``tell`` gets who answered, and what, or why there is no answer.

    ``read`` makes its records for another version, where there is a ``trial``. ``role`` is that of the version, and
    ``instead`` the champion, who is asked where a challenger has no finite answer.
    """

    live: Live
    records: list[Row]
    id: str
    started: float
    tell: Tell
    read: Read | None = None
    trial: "Trial | None" = None
    role: str = "champion"
    instead: "Asked | None" = None


class Scored(NamedTuple):
    """A request and its answer; ``seconds`` are of the processor, measured where there is a trial."""

    asked: Asked
    answered: Answered
    seconds: float = 0.0


def together(group: list[Asked]) -> list[Scored]:
    """What one version answers to several requests, scored in one go.

    Raises
    ------
    Exception
        Whatever scoring one of them raises.
    """
    timed = group[0].trial is not None  # else nobody asks, and the clock of a thread is a call of the system
    begun = thread_time() if timed else 0.0
    answered = group[0].live.answer_all([(each.records, each.id) for each in group])
    seconds = (thread_time() - begun) / len(group) if timed else 0.0
    return [Scored(asked, each, seconds) for asked, each in zip(group, answered, strict=True)]


def alone(asked: Asked) -> Scored:
    """The answer to one request: of who was asked, or of the champion where that was a challenger in vain.

    Raises
    ------
    Exception
        Whatever scoring it by the champion raises.
    """
    try:
        (scored,) = together([asked])
    except Exception as error:
        if asked.instead is None:
            raise
        why = type(error).__name__
    else:
        if asked.instead is None or is_finite(scored.answered):
            return scored
        why = NOT_FINITE
    if asked.trial is not None:
        asked.trial.in_vain(asked, why)
    return alone(asked.instead)


NOT_FINITE = "no finite answer"


def is_finite(answered: Answered) -> bool:
    """Whether every number of an answer is one."""
    return all(all(map(isfinite, each)) if isinstance(each, list) else isfinite(each) for each in answered.outcomes)
