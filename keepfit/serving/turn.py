"""Requests that have come by the end of a turn of the event loop are scored together, and logged together.

Nobody waits for more of them, so a lone request is as fast as ever; and when enough have come they are answered before
more are read, while the processor still has at hand what they touch. Each is answered by the version that it was read
for, with the bits that it would get alone; where a group fails, each of its requests is tried alone, so none fails for
another's sake.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from keepfit.errors import InfrastructureError
from keepfit.export.compiled import TOGETHER
from keepfit.serving.asked import Asked, Scored, alone, is_finite, together
from keepfit.serving.log.log import PredictionLog
from keepfit.serving.log.prediction import LogFull
from keepfit.serving.logged import entries_of, log_full, not_logged
from keepfit.serving.metrics import Metrics

ENOUGH = 32  # requests that are not left for the end of the turn: together they cost each as little as more would
MOST_RECORDS = TOGETHER  # that are scored in one go; what came beside them follows when others had their turn


class Turn:
    """What is to be scored at the end of this turn.

    Parameters
    ----------
    deadline : seconds until a record must be on the disk, where that is waited for.
    """

    def __init__(self, logs: Mapping[str, PredictionLog], metrics: Metrics, deadline: float) -> None:
        self._logs, self._metrics, self._deadline = logs, metrics, deadline
        self._asked: list[Asked] = []
        self._ends = self._scores = False  # whether the end of the turn is awaited, and somebody is being answered

    def join(self, asked: Asked) -> None:
        """Have a request scored with the others of this turn."""
        if not self._ends:
            self._ends = True
            asyncio.get_running_loop().call_soon(self._end)
        self._asked.append(asked)
        if len(self._asked) >= ENOUGH and not self._scores:  # who is answered may ask again at once
            self._answer()

    def scored(self, scored: Scored) -> None:
        """Log, then tell, what was scored elsewhere."""
        self._log([scored])

    def _end(self) -> None:
        self._ends = False
        self._answer()
        if self._asked and not self._ends:
            self._ends = True
            asyncio.get_running_loop().call_soon(self._end)

    def _answer(self) -> None:
        first, self._asked = split(self._asked)
        self._scores = True
        try:
            for group in by_version(first):
                self._score(group)
        finally:
            self._scores = False

    def _score(self, group: list[Asked]) -> None:
        try:
            scored = together(group)
        except Exception as error:  # noqa: BLE001 - whatever it is, a request hears of its own only
            if len(group) == 1 and group[0].instead is None:
                group[0].tell(group[0].live, error)
            else:
                for each in group:
                    self._alone(each)
            return
        if group[0].instead is not None:  # a challenger, whose answer must be one
            for one in scored:
                if not is_finite(one.answered):
                    self._alone(one.asked)
            scored = [one for one in scored if is_finite(one.answered)]
        if scored:
            self._log(scored)

    def _alone(self, asked: Asked) -> None:
        try:
            scored = alone(asked)
        except Exception as error:  # noqa: BLE001 - whatever it is, who asked hears of it
            asked.tell(asked.live, error)
        else:
            self._log([scored])

    def _log(self, pairs: list[Scored]) -> None:
        log = self._logs.get(pairs[0].asked.live.signature.use_case)
        if log is None:
            self._tell_all(pairs)
            return
        try:
            waiting = log.put(_entries(pairs))
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for an answer
            if isinstance(error, LogFull) and len(pairs) > 1:  # there may be room for some
                for pair in pairs:
                    self._log([pair])
            else:
                _refuse(pairs, error)
            return
        if waiting is None:
            self._tell_all(pairs)
        else:
            self._tell_when(asyncio.ensure_future(waiting), pairs)

    def _tell_when(self, written: "asyncio.Future[None]", pairs: list[Scored]) -> None:
        """When the records are on the disk, and not if they do not come there in time."""
        late = asyncio.get_running_loop().call_later(self._deadline, written.cancel)

        def done(_: "asyncio.Future[None]") -> None:
            late.cancel()
            error = not_logged() if written.cancelled() else written.exception()
            if error is None:
                self._tell_all(pairs)
            else:
                _refuse(pairs, error)

        written.add_done_callback(done)

    def _tell_all(self, pairs: list[Scored]) -> None:
        first, now = pairs[0].asked, perf_counter()
        use_case = first.live.signature.use_case
        for asked, answered, _ in pairs:
            predictions = answered.predictions
            warned = sum(1 for each in predictions if each.warnings)
            self._metrics.answered(use_case, len(predictions), warned, now - asked.started, asked.role)
            asked.tell(asked.live, answered)
        if first.trial is not None:
            first.trial.after(pairs, now)


def _refuse(pairs: list[Scored], error: BaseException) -> None:
    told = log_full() if isinstance(error, LogFull) else error
    if isinstance(error, InfrastructureError) and told is error:
        told = not_logged()
    for asked, _, _ in pairs:
        asked.tell(asked.live, told)


def _entries(pairs: list[Scored]) -> list[Any]:
    at, now = datetime.now(UTC), perf_counter()
    return [
        entry
        for asked, answered, _ in pairs
        for entry in entries_of(asked.live, answered, at, now - asked.started, asked.role)
    ]


def split(asked: list[Asked], most: int = MOST_RECORDS) -> tuple[list[Asked], list[Asked]]:
    """Those that are scored in one go, at least one; the rest."""
    if len(asked) == 1:
        return asked, []
    size = 0
    for place, each in enumerate(asked):
        size += len(each.records)
        if size > most:
            return asked[: place or 1], asked[place or 1 :]
    return asked, []


def by_version(asked: list[Asked]) -> list[list[Asked]]:
    """Those that one version answers, each group in the order in which they came."""
    if not asked:
        return []
    if len(asked) == 1 or all(each.live is asked[0].live for each in asked):
        return [asked]
    groups: dict[int, list[Asked]] = {}
    for each in asked:
        groups.setdefault(id(each.live), []).append(each)
    return list(groups.values())
