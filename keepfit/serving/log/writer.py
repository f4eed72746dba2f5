"""The one thread that writes: a group of frames, one write, one fsync; and that has closed segments shipped.

A write that fails leaves the file as it was. Who waits for it is told; what nobody waits for is kept, in the bounds of
the queue, and tried again.
"""

import logging
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Thread
from time import monotonic, time_ns

import msgspec

from keepfit.errors import InfrastructureError, Problem
from keepfit.serving.log.queue import NOTHING, Acknowledged, Batch, Queue, answer
from keepfit.serving.log.segment import CLOSED, Segment
from keepfit.serving.log.shipping import Shipping

_LOG = logging.getLogger("keepfit.serving.log")


class State(msgspec.Struct, frozen=True):
    """What the log has to say for itself; counts are since this process began.

    ``written`` records are on the disk, ``shipped`` records in the store (also those of workers that died), ``failed``
    records were given up, with their caller told; ``refused`` ones were not taken because the queue was full.
    ``waiting_bytes`` wait for the disk, ``segments`` closed files wait for the store. ``torn_bytes`` are of writes that
    a crash cut off; ``damaged`` files hold bytes that a person should look at; ``killed`` workers, this one before or
    others, may have lost what they had not yet written. ``problem`` is what is wrong now, if anything, ``since`` when;
    ``ended``: it stays so, because nobody writes any more.
    """

    written: int = 0
    failed: int = 0
    refused: int = 0
    shipped: int = 0
    waiting_bytes: int = 0
    segments: int = 0
    torn_bytes: int = 0
    damaged: int = 0
    killed: int = 0
    problem: str = ""
    since: datetime | None = None
    ended: bool = False


class Writer:
    """Runs until the queue is closed and empty."""

    def __init__(
        self,
        folder: Path,
        queue: Queue,
        shipping: Shipping,
        *,
        every: float,
        sync: bool,
        segment_bytes: int,
        segment_age: timedelta,
    ) -> None:
        self.folder, self.queue, self.shipping = folder, queue, shipping
        self._every, self._sync = every, sync
        self._bytes, self._age = segment_bytes, segment_age / timedelta(milliseconds=1)
        self._segment: Segment | None = None
        self._kept = NOTHING  # could not be written yet
        self.written = self.failed = 0
        self.problem = ""
        self.ended = False  # and not because it was asked to
        self.thread = Thread(target=self._run, name="prediction log", daemon=True)

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, there are some who wait
            self._ended(error)

    def _ended(self, error: BaseException) -> None:
        """Tell all who wait: nobody else would. Nothing more is taken before anybody can see that it has ended."""
        left = self.queue.give_up()
        self.problem, self.ended = f"the prediction log has stopped writing: {type(error).__name__}", True
        _LOG.critical("%s (%s)", self.problem, self.folder, exc_info=error)
        self.failed += left.records + self._kept.records
        told = InfrastructureError(Problem(self.problem, str(self.folder), did="did not log the answer"))
        answer(left.waiting, partial(_error, told))

    def _work(self) -> None:
        while not self.queue.closed:
            self._turn()
        for _ in range(2):  # what came before the end, and what an earlier failure left
            self._turn()
        self._rotate(ending=True)
        self._give_up()

    def _turn(self) -> None:
        batch = self.queue.take(self._every)
        if self._kept.data:
            batch = Batch(self._kept.data + batch.data, self._kept.records + batch.records, batch.waiting)
            self._kept = NOTHING
        if batch.data:
            self._write(batch)
        self._rotate(ending=False)
        try:
            self.shipping.look(monotonic())
        except Exception:  # noqa: BLE001 - whatever it is: this thread has predictions to write
            _LOG.exception("predictions wait on the disk: shipping failed")
            self.shipping.problem = "predictions wait on the disk: shipping failed unexpectedly"

    def _write(self, batch: Batch) -> None:
        try:
            if self._segment is None:
                self._segment = Segment(self.folder, time_ns() // 1_000_000)
            self._segment.append(batch.data)
        except OSError as error:
            self._failed(batch, error)
            return
        if self.problem:
            _LOG.warning("the prediction log can be written again: %s", self.folder)
        self.problem = ""
        self.written += batch.records
        self.queue.written(len(batch.data))
        answer(batch.waiting, _done)

    def _failed(self, batch: Batch, error: OSError) -> None:
        problem = f"the prediction log cannot be written: {error.strerror or error}"
        if not self.problem:
            _LOG.error("%s (%s)", problem, self.folder)
        self.problem = problem
        if self._segment is not None:  # what is in it may go to the store, which makes room
            self._close(self._segment)
        if not self._sync:
            self._kept = batch
            return
        self.failed += batch.records
        self.queue.written(len(batch.data))
        told = InfrastructureError(Problem(problem, str(self.folder), did="did not log the answer"))
        answer(batch.waiting, partial(_error, told))

    def _rotate(self, *, ending: bool) -> None:
        segment = self._segment
        if segment is None:
            return
        age = time_ns() // 1_000_000 - segment.opened
        if ending or segment.size >= self._bytes or age >= self._age:
            self._close(segment)

    def _close(self, segment: Segment) -> None:
        self._segment = None
        try:
            segment.close()
        except OSError as error:  # it is found and shipped when the next process of this worker begins
            self.problem = f"a segment of the prediction log cannot be closed: {error.strerror}"
            _LOG.exception("%s (%s)", self.problem, segment.path)
        self.shipping.wanted = True

    def _give_up(self) -> None:
        self.failed += self._kept.records
        if self._kept.data:
            _LOG.error("%d predictions could not be logged: %s", self._kept.records, self.problem)


def _done(waiting: Acknowledged) -> None:
    waiting.set_result(None)


def _error(error: InfrastructureError, waiting: Acknowledged) -> None:
    waiting.set_exception(error)


def closed_segments(folder: Path) -> list[Path]:
    """Those that wait for the store, oldest first."""
    return sorted(folder.glob(f"*{CLOSED}"))
