"""From a use case's name to answers: who serves, who may ask, how much may wait; what every protocol shares."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any, TypeVar

import msgspec

from keepfit.serving.asked import Asked, Read, Scored, Tell, alone
from keepfit.serving.follow import Follower
from keepfit.serving.log.log import PredictionLog
from keepfit.serving.metrics import Metrics
from keepfit.serving.problems import HttpProblem
from keepfit.serving.tokens import Tokens
from keepfit.serving.turn import Turn
from keepfit.serving.version import Answered, Live, Prediction

T = TypeVar("T")

AT_ONCE = 32 * 1024  # bytes of a body that are worked on where they came; more goes to a thread, so that others go on
RETRY_AFTER = {"retry-after": "1"}
NOT_YET = {"retry-after": "5"}
Then = Callable[[Scored], Awaitable[Scored]]


class Answer(msgspec.Struct, frozen=True):
    """What a request for predictions gets."""

    use_case: str
    version: int
    predictions: list[Prediction]


@dataclass
class Answers:
    """The followed use cases, and what is asked of them.

    ``most`` says how many requests the server may hold, ``deadline`` how many seconds an answer may take, ``logs`` what
    is logged where, ``worker`` which of several processes this is, ``short`` how many requests on the short way
    (`keepfit.serving.quick`) wait for their answer.
    """

    followers: Mapping[str, Follower]
    tokens: Tokens
    metrics: Metrics
    most: int = 256
    deadline: float = 20.0
    worker: int = 0
    draining: bool = False
    short: int = 0
    logs: Mapping[str, PredictionLog] = field(default_factory=dict)
    turn: Turn = field(init=False)
    _ids: Any = field(default_factory=lambda: map(f"{secrets.token_hex(6)}-{{:x}}".format, count(1)))
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, thread_name_prefix="score"))

    def __post_init__(self) -> None:
        self.turn = Turn(self.logs, self.metrics, self.deadline)
        for name, follower in self.followers.items():
            follower.rolling.log_to(self.logs.get(name))

    def live(self, use_case: str) -> Live:
        """The version that answers for a use case.

        Raises
        ------
        HttpProblem
            404: not served here, with the names that are; 410: disabled; 503: no version answers (yet).
        """
        follower = self.followers.get(use_case)
        if follower is None:
            names = sorted(self.followers)
            raise HttpProblem(404, "unknown_model", f"this server answers for {', '.join(names)}", models=names)
        state = follower.state
        if state.disabled:
            raise HttpProblem(410, "disabled", f"{use_case} was taken out of service")
        if state.live is None:
            raise HttpProblem(503, "no_champion", f"{use_case} has no version that answers yet", headers=NOT_YET)
        return state.live

    async def scored(
        self, use_case: str, started: float, size: int, read: Read, then: Then | None = None
    ) -> tuple[Live, list[Prediction]]:
        """Predictions for the records that ``read`` makes for the version that answers now.

        A body of more than a few records is read and scored in a thread, others with what came in the same turn.
        ``then`` adds something to what is told; where it raises, nothing was answered, and nothing is logged.

        Raises
        ------
        HttpProblem
            As `live`, what ``read`` raises, 504 where it takes too long, and 503 where it cannot be logged.
        """
        waiting: asyncio.Future[tuple[Live, Answered]] = asyncio.get_running_loop().create_future()
        live, tell = self.live(use_case), partial(_resolve, waiting)
        if then is not None:
            scored = await self._in_thread(lambda: alone(self._asked(live, read, started, tell)))
            self.turn.scored(await then(scored))
        elif size <= AT_ONCE:
            self.ask(live, read, started, tell)
        else:
            self.turn.scored(await self._in_thread(lambda: alone(self._asked(live, read, started, tell))))
        answering, answered = await waiting
        return answering, answered.predictions

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(self._pool, work), self.deadline)
        except TimeoutError:
            raise HttpProblem(504, "deadline", "the answer took too long", headers=RETRY_AFTER) from None

    def ask(self, live: Live, read: Read, started: float, tell: Tell) -> None:
        """Have a few records scored at the end of this turn of the event loop, and be told.

        Raises
        ------
        HttpProblem
            What ``read`` raises for the champion: a request is what the champion takes.
        """
        self.turn.join(self._asked(live, read, started, tell))

    def _asked(self, live: Live, read: Read, started: float, tell: Tell) -> Asked:
        asked = Asked(live, read(live), next(self._ids), started, tell, read)
        trial = self.followers[live.signature.use_case].rolling.beside(live)
        return asked if trial is None else trial.asked(asked)


def _resolve(waiting: "asyncio.Future[tuple[Live, Answered]]", live: Live, outcome: Answered | BaseException) -> None:
    if waiting.done():  # the caller has gone
        return
    if isinstance(outcome, BaseException):
        waiting.set_exception(outcome)
    else:
        waiting.set_result((live, outcome))
