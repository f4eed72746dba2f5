"""One challenger that is loaded beside the champion, asked as its rollout says."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import nan
from time import thread_time
from typing import NamedTuple, Protocol

import numpy as np

from keepfit.records import Rollout
from keepfit.rollout import limit_left
from keepfit.serving.closer_look import Row
from keepfit.serving.log.log import PredictionLog
from keepfit.serving.log.prediction import Prediction as Logged
from keepfit.serving.logged import entries_of
from keepfit.serving.problems import HttpProblem
from keepfit.serving.rollout.shadow import Background
from keepfit.serving.rollout.sticky import chosen
from keepfit.serving.rollout.watch import Seen, Watch
from keepfit.serving.version import Answered, Live

Read = Callable[[Live], list[Row]]
_NOT_FINITE = "no finite answer"
_log = logging.getLogger("keepfit.serving")


class Told(Protocol):
    """Who counts what happens here."""

    def challenged(self, use_case: str, outcome: str, records: int) -> None:
        """The challenger has ``answered`` records, ``failed`` to, or had no time to be asked: ``dropped``."""

    def rolling(self, use_case: str, version: int, *, stopped: bool) -> None:
        """A version is on trial (0: none); ``stopped`` here, although the ledger could not be told so."""


class Given(NamedTuple):
    """An answer: whose, as what, and what became of a challenger that was asked first in vain.

    ``seconds`` is the time of the processor that a champion with a shadow took to score.
    """

    live: Live
    answered: Answered
    role: str = "champion"
    failed: str = ""
    seconds: float = 0.0


class Trial:
    """Asked from the event loop and its threads; ``stopped`` says why it is not asked any more, or is empty."""

    def __init__(self, rollout: Rollout, live: Live, champion: Live, told: Told) -> None:
        self.rollout, self.live, self._told = rollout, live, told
        self._classes = tuple(dict.fromkeys((*champion.manifest.classes, *live.manifest.classes)))
        self.stopped = ""
        self.watch = Watch(paired=rollout.strategy == "shadow")
        self._name = live.signature.use_case
        self._background = Background(f"shadow-{self._name}") if rollout.strategy == "shadow" else None

    def answer(self, champion: Live, read: Read, first_id: str) -> Given:
        """The answer to a request: the champion's or, of a canary, perhaps the challenger's.

        Raises
        ------
        HttpProblem
            What ``read`` raises for the champion: a request is what the champion takes.
        """
        records = read(champion)
        if self._background is not None:
            begun = thread_time()
            answered = champion.answer(records, first_id)
            return Given(champion, answered, seconds=thread_time() - begun)
        failed = ""
        if not self.stopped and chosen(records[0], self.live.manifest.key, self.live.seat.digest, self.rollout.share):
            try:
                answered = self.live.answer(self._own(champion, records, read), first_id)
                if _finite(answered):
                    return Given(self.live, answered, "challenger")
                failed = _NOT_FINITE
            except HttpProblem as problem:
                failed = (
                    "" if problem.status == 404 else problem.code
                )  # 404: the caller asks for the champion by number
            except Exception as error:  # noqa: BLE001 - whatever it is, the champion answers
                failed = self._raised(error)
        return Given(champion, champion.answer(records, first_id), failed=failed)

    def after(self, given: Given, read: Read, size: int, latency: float, log: PredictionLog | None) -> None:
        """What is left to do once a request is answered, in ``latency`` milliseconds."""
        if self.stopped:
            return
        records = len(given.answered.records)
        if self._background is not None:
            if not self._background.offer(size, lambda: self._beside(given, read, latency, log)):
                self._told.challenged(self._name, "dropped", records)
        elif given.role == "challenger":
            self._told.challenged(self._name, "answered", records)
            self.watch.challenger(self._seen(given.live, given.answered, latency))
        elif given.failed:
            self._in_vain(given, latency, log, given.failed)
        elif _finite(given.answered):
            self.watch.champion(self._seen(given.live, given.answered, latency))

    def look(self) -> str:
        """Why this server stops it: a limit that is left beyond doubt; empty if none is."""
        return limit_left(self.rollout, self.watch.seen())

    def close(self, seconds: float = 0.0) -> None:
        """Ask it no more."""
        self.stopped = self.stopped or "over"
        if self._background is not None:
            self._background.close(seconds)

    def _own(self, champion: Live, records: list[Row], read: Read) -> list[Row]:
        """The records as the challenger takes them."""
        return records if self.live.signature == champion.signature else read(self.live)

    def _beside(self, given: Given, read: Read, latency: float, log: PredictionLog | None) -> None:
        """Ask a shadow what the champion was asked; its latency is what the caller would have waited."""
        if self.stopped and self.stopped != "over":
            return
        first_id = given.answered.predictions[0].id.partition(".")[0]
        try:
            records = self._own(given.live, given.answered.records, read)
            begun = thread_time()
            answered = self.live.answer(records, first_id)
            took = latency + (thread_time() - begun - given.seconds) * 1e3
            if not _finite(answered):
                self._in_vain(given, latency, log, _NOT_FINITE)
                return
            self._told.challenged(self._name, "answered", len(records))
            if _finite(given.answered):
                self.watch.pair(self._seen(given.live, given.answered, latency), self._seen(self.live, answered, took))
            if log is not None:
                log.offer(list(entries_of(self.live, answered, datetime.now(UTC), took / 1e3, "challenger")))
        except HttpProblem as problem:
            if problem.status != 404:
                self._in_vain(given, latency, log, problem.code)
        except Exception as error:  # noqa: BLE001 - nobody waits for it
            self._in_vain(given, latency, log, self._raised(error))

    def _in_vain(self, given: Given, latency: float, log: PredictionLog | None, why: str) -> None:
        """The challenger was asked and had no answer: counted, and logged without a score."""
        self.watch.failed()
        self._told.challenged(self._name, "failed", len(given.answered.records))
        if log is not None:
            log.offer(self._without_answer(given.answered, latency, why))

    def _without_answer(self, answered: Answered, latency: float, why: str) -> Sequence[Logged]:
        seat, now = self.live.seat, datetime.now(UTC)
        scores = (nan,) * max(1, len(self.live.manifest.classes))
        return [
            Logged(
                each.id, now, self._name, seat.number, seat.digest, "challenger", record, scores, None,
                (f"the challenger did not answer: {why}",), latency,
            )
            for record, each in zip(answered.records, answered.predictions, strict=True)
        ]  # fmt: skip

    def _seen(self, live: Live, answered: Answered, latency: float) -> Seen:
        """The first record's score of every class that one of the two knows."""
        first, own = answered.outcomes[0], live.manifest.classes
        if own == self._classes:
            return Seen(tuple(first) if isinstance(first, list) else (first,), latency)
        said = dict(zip(own, first, strict=True))
        return Seen(tuple(said.get(name, 0.0) for name in self._classes), latency)

    def _raised(self, error: Exception) -> str:
        _log.debug("%s: the challenger failed", self._name, exc_info=error)
        return type(error).__name__


def _finite(answered: Answered) -> bool:
    return bool(np.isfinite(answered.outcomes).all())
