"""One challenger that is loaded beside the champion, asked as its rollout says."""

import logging
from datetime import UTC, datetime
from math import nan
from time import perf_counter
from typing import Protocol

from msgspec.structs import replace

from keepfit.records import Rollout
from keepfit.rollout import limit_left
from keepfit.serving.asked import NOT_FINITE, Asked, Scored, is_finite, together
from keepfit.serving.closer_look import Row
from keepfit.serving.log.log import PredictionLog
from keepfit.serving.log.prediction import Prediction as Logged
from keepfit.serving.logged import entries_of
from keepfit.serving.problems import HttpProblem
from keepfit.serving.rollout.shadow import Background
from keepfit.serving.rollout.sticky import chosen
from keepfit.serving.rollout.watch import Seen, Watch
from keepfit.serving.version import Answered, Live, ids_of

_log = logging.getLogger("keepfit.serving")
_Piece = tuple[list[Scored], float]  # what the champion answered, and when


class Told(Protocol):
    """Who counts what happens here."""

    def challenged(self, use_case: str, outcome: str, records: int) -> None:
        """It has ``answered`` records (``unlogged``, for lack of room), ``failed`` to, or had no time: ``dropped``."""

    def took(self, use_case: str, role: str, seconds: float) -> None:
        """A ``shadow`` would have answered a request so long after it came."""

    def rolling(self, use_case: str, version: int, *, stopped: bool) -> None:
        """A version is on trial (0: none); ``stopped`` here, although the ledger could not be told so."""


class Trial:
    """Asked from the event loop and its threads.

    ``stopped`` says why it is not asked any more, or is empty; ``log`` is where its answers are logged, if anywhere.
    """

    def __init__(self, rollout: Rollout, live: Live, champion: Live, told: Told) -> None:
        self.rollout, self.live, self._told = rollout, live, told
        self._classes = tuple(dict.fromkeys((*champion.manifest.classes, *live.manifest.classes)))
        self.stopped = ""
        self.log: PredictionLog | None = None
        self.watch = Watch(paired=rollout.strategy == "shadow")
        self._name = live.signature.use_case
        self._slower = 0.0  # seconds that it took longer than the champion to score a request, when last measured
        shadows = rollout.strategy == "shadow"
        self._background = Background[_Piece](f"shadow-{self._name}", self._besides) if shadows else None

    def asked(self, asked: Asked) -> Asked:
        """Who is asked: the champion or, of a canary, perhaps the challenger with the champion behind it."""
        asked = replace(asked, trial=self)
        if self._background is not None or not self._meets(asked.records[0]):
            return asked
        try:
            records = self._own(asked)
        except HttpProblem as problem:
            if problem.status != 404:  # 404: the caller asks for the champion by its number
                self.in_vain(asked, problem.code)
            return asked
        except Exception as error:  # noqa: BLE001 - whatever it is, the champion answers
            self.in_vain(asked, type(error).__name__)
            return asked
        return replace(asked, live=self.live, records=records, role="challenger", instead=asked)

    def after(self, scored: list[Scored], now: float) -> None:
        """What is left to do once some requests are answered, all by one version, at ``now`` (`perf_counter`)."""
        if self.stopped:
            return
        if self._background is not None:
            records = sum(len(each.asked.records) for each in scored)
            if not self._background.offer(records, (scored, now)):
                self._told.challenged(self._name, "dropped", records)
            return
        for asked, answered, _ in scored:
            latency = (now - asked.started) * 1e3
            if asked.role == "challenger":
                self._told.challenged(self._name, "answered", len(asked.records))
                self.watch.challenger(self._seen(asked.live, answered, latency))
            elif is_finite(answered):
                self.watch.champion(self._seen(asked.live, answered, latency))

    def in_vain(self, asked: Asked, why: str, latency: float | None = None) -> None:
        """The challenger was asked and had no answer: counted, and logged without a score."""
        _log.debug("%s: the challenger did not answer: %s", self._name, why)
        self.watch.failed()
        self._told.challenged(self._name, "failed", len(asked.records))
        if self.log is not None:
            took = (perf_counter() - asked.started) * 1e3 if latency is None else latency
            self.log.offer(self._without_answer(asked, took, why))

    def look(self) -> str:
        """Why this server stops it: a limit that is left beyond doubt; empty if none is."""
        return limit_left(self.rollout, self.watch.seen())

    def close(self, seconds: float = 0.0) -> None:
        """Ask it no more."""
        self.stopped = self.stopped or "over"
        if self._background is not None:
            self._background.close(seconds)

    def _meets(self, record: Row) -> bool:
        seat = self.live.seat
        return not self.stopped and chosen(record, self.live.manifest.key, seat.digest, self.rollout.share)

    def _own(self, asked: Asked) -> list[Row]:
        """The records as the challenger takes them."""
        if self.live.signature == asked.live.signature or asked.read is None:
            return asked.records
        return asked.read(self.live)

    def _besides(self, pieces: list[_Piece]) -> None:
        """Ask a shadow what the champion was asked, and log what it answers.

        The first piece is asked as much at once as the champion was, so that their times can be compared; the others
        all at once, which takes the least time away from those who wait, and as long as that one.
        """
        if self.stopped and self.stopped != "over":
            return
        first, *others = pieces
        self._beside([(each, first[1]) for each in first[0]], timed=True)
        if rest := [(each, now) for scored, now in others for each in scored]:
            self._beside(rest, timed=False)

    def _beside(self, told: list[tuple[Scored, float]], *, timed: bool) -> None:
        own = [(*each, mine) for each in told if (mine := self._mine(each[0].asked)) is not None]
        answers = self._all([mine for _, _, mine in own])
        good = [each.seconds - one.seconds for (one, _, _), each in zip(own, answers, strict=True)
                if isinstance(each, Scored)]  # fmt: skip
        self._slower = sum(good) / len(good) if timed and good else self._slower
        for (champion, now, mine), answered in zip(own, answers, strict=True):
            waited = (now - mine.started) * 1e3
            if isinstance(answered, str):
                self.in_vain(mine, answered, waited)
                continue
            took = waited + self._slower * 1e3
            entries = entries_of(self.live, answered.answered, datetime.now(UTC), took / 1e3, "challenger")
            logged = self.log is None or self.log.offer(list(entries))
            self._told.challenged(self._name, "answered" if logged else "unlogged", len(mine.records))
            self._told.took(self._name, "shadow", took / 1e3)
            if is_finite(champion.answered):
                one = self._seen(champion.asked.live, champion.answered, waited)
                self.watch.pair(one, self._seen(self.live, answered.answered, took))

    def _mine(self, asked: Asked) -> Asked | None:
        """The request as the shadow is asked; None where it cannot be."""
        try:
            return replace(asked, live=self.live, records=self._own(asked), role="challenger")
        except HttpProblem as problem:
            if problem.status != 404:
                self.in_vain(asked, problem.code)
        except Exception as error:  # noqa: BLE001 - nobody waits for it
            self.in_vain(asked, type(error).__name__)
        return None

    def _all(self, group: list[Asked]) -> list[Scored | str]:
        """What the shadow answers to each, or why it does not."""
        if not group:
            return []
        try:
            scored = together(group)
        except Exception as error:  # noqa: BLE001 - nobody waits for it
            if len(group) == 1:
                return [type(error).__name__]
            return [found for each in group for found in self._all([each])]
        return [each if is_finite(each.answered) else NOT_FINITE for each in scored]

    def _without_answer(self, asked: Asked, latency: float, why: str) -> list[Logged]:
        seat, now = self.live.seat, datetime.now(UTC)
        scores = (nan,) * max(1, len(self.live.manifest.classes))
        return [
            Logged(
                one, now, self._name, seat.number, seat.digest, "challenger", record, scores, None,
                (f"the challenger did not answer: {why}",), latency,
            )
            for one, record in zip(ids_of(asked.id, len(asked.records)), asked.records, strict=True)
        ]  # fmt: skip

    def _seen(self, live: Live, answered: Answered, latency: float) -> Seen:
        """The first record's score of every class that one of the two knows."""
        first, own = answered.outcomes[0], live.manifest.classes
        if own == self._classes:
            return Seen(tuple(first) if isinstance(first, list) else (first,), latency)
        said = dict(zip(own, first, strict=True))
        return Seen(tuple(said.get(name, 0.0) for name in self._classes), latency)
