"""From a use case's name to answers: who serves, who may ask, how much may wait; what every protocol shares."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter
from typing import Any

import msgspec

from keepfit.serving.closer_look import Row
from keepfit.serving.follow import Follower
from keepfit.serving.log.log import PredictionLog
from keepfit.serving.logged import logged
from keepfit.serving.metrics import Metrics
from keepfit.serving.problems import HttpProblem
from keepfit.serving.rollout import Given
from keepfit.serving.tokens import Tokens
from keepfit.serving.version import Live, Prediction

AT_ONCE = 32 * 1024  # bytes of a body that are worked on where they came; more goes to a thread, so that others go on
RETRY_AFTER = {"retry-after": "1"}
NOT_YET = {"retry-after": "5"}


class Answer(msgspec.Struct, frozen=True):
    """What a request for predictions gets."""

    use_case: str
    version: int
    predictions: list[Prediction]


@dataclass
class Answers:
    """The followed use cases, and what is asked of them.

    ``most`` says how many requests the server may hold, ``deadline`` how many seconds an answer may take, ``logs`` what
    is logged where, ``worker`` which of several processes this is.
    """

    followers: Mapping[str, Follower]
    tokens: Tokens
    metrics: Metrics
    most: int = 256
    deadline: float = 20.0
    worker: int = 0
    draining: bool = False
    logs: Mapping[str, PredictionLog] = field(default_factory=dict)
    _ids: Any = field(default_factory=lambda: map(f"{secrets.token_hex(6)}-{{:x}}".format, count(1)))
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, thread_name_prefix="score"))

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
        self, use_case: str, started: float, size: int, read: Callable[[Live], list[Row]]
    ) -> tuple[Live, list[Prediction]]:
        """Predictions for the records that ``read`` makes for the version that answers now, and that version.

        A body of more than a few records is read and scored in a thread.

        Raises
        ------
        HttpProblem
            As `live`, what ``read`` raises, 504 where it takes too long, and 503 where it cannot be logged.
        """
        live = self.live(use_case)
        trial = self.followers[use_case].rolling.beside(live)
        first_id = next(self._ids)

        def answer() -> Given:
            return trial.answer(live, read, first_id) if trial else Given(live, live.answer(read(live), first_id))

        if size <= AT_ONCE:
            given = answer()
        else:
            work = asyncio.get_running_loop().run_in_executor(self._pool, answer)
            try:
                given = await asyncio.wait_for(work, self.deadline)
            except TimeoutError:
                raise HttpProblem(504, "deadline", "the answer took too long", headers=RETRY_AFTER) from None
        log = self.logs.get(use_case)
        if log is not None:
            await logged(log, given.live, given.answered, started, given.role, self.deadline)
        predictions, seconds = given.answered.predictions, perf_counter() - started
        warned = sum(1 for each in predictions if each.warnings)
        self.metrics.answered(use_case, len(predictions), warned, seconds)
        if trial:
            trial.after(given, read, size, seconds * 1e3, log)
        return given.live, predictions
