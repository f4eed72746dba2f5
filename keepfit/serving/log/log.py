"""The prediction log of one worker."""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from keepfit.errors import InfrastructureError, Problem
from keepfit.serving.log.frames import of_labels, of_predictions
from keepfit.serving.log.prediction import Label, LogFull, Prediction, Received
from keepfit.serving.log.queue import Acknowledged, Queue
from keepfit.serving.log.segment import Owned, disown, own
from keepfit.serving.log.shipping import Shipping
from keepfit.serving.log.writer import State, Writer, closed_segments
from keepfit.store import Store
from keepfit.store.keys import see_that_key

__all__ = ["PredictionLog", "State"]

_WINDOW = timedelta(seconds=1)
_MINUTES = timedelta(minutes=5)


class PredictionLog:
    """Takes predictions and labels; one thread brings them to the disk, a process of its own to the store.

    ``folder/use_case/worker`` belongs to this worker alone. What an earlier process of this worker, or a worker on this
    machine that is gone, left there is shipped at the start and every ``segment_age``.
    """

    def __init__(
        self,
        folder: Path,
        store: Store,
        use_case: str,
        worker: str,
        *,
        sync: bool,
        window: timedelta = _WINDOW,
        limit: int = 32 << 20,
        segment_bytes: int = 8 << 20,
        segment_age: timedelta = _MINUTES,
    ) -> None:
        """Become that worker.

        Parameters
        ----------
        sync
            Whether `put` gives something to wait for, which comes when the records are on the disk.
        window
            Without ``sync``: how much of the newest may be lost when the process is killed.
        limit
            Bytes that may wait for the disk; beyond these `put` raises.
        segment_bytes, segment_age
            When a segment is closed and shipped.

        Raises
        ------
        ConfigError
            No key of the store can have this worker's name in it.
        InfrastructureError
            Another process is this worker, or the folder cannot be written.
        """
        see_that_key(f"{use_case}/predictions/{worker}")
        self._folder = folder / use_case / worker
        self._owned: Owned | None = own(self._folder)
        self._sync, self._refused = sync, 0
        self._since: datetime | None = None
        self._queue = Queue(limit)
        every = segment_age / timedelta(seconds=1)
        shipping = Shipping(folder, store.address, use_case, worker, every)
        shipping.counts["killed"] += self._owned.killed
        self._writer = Writer(
            self._folder,
            self._queue,
            shipping,
            every=min(window / timedelta(seconds=2), every),  # a record waits for this, then for one write
            sync=sync,
            segment_bytes=segment_bytes,
            segment_age=segment_age,
        )
        self._writer.thread.start()

    def put(self, predictions: Sequence[Prediction]) -> Awaitable[None] | None:
        """Log what is about to be answered.

        With ``sync``, called in an event loop: what is returned is done when the records are on the disk, and raises
        InfrastructureError where they cannot be. Without it: None.

        Raises
        ------
        LogFull
            So much waits for the disk that no more is taken; nothing was logged.
        InfrastructureError
            Nobody writes any more: nothing was logged.
        """
        return self._add(of_predictions(predictions), len(predictions))

    def label(self, labels: Sequence[Label]) -> Awaitable[None] | None:
        """Log labels, in the same way.

        Raises
        ------
        LogFull
            So much waits for the disk that no more is taken; nothing was logged.
        """
        received = datetime.now(UTC)
        return self._add(of_labels([Received(label, received) for label in labels]), len(labels))

    def offer(self, predictions: Sequence[Prediction]) -> bool:
        """Log what nobody waits for, from any thread; not, where more than half of the room is taken."""
        return self._queue.bytes <= self._queue.limit // 2 and self._queue.add(
            of_predictions(predictions), len(predictions), None
        )

    def _add(self, frame: bytes, records: int) -> Awaitable[None] | None:
        waiting: Acknowledged | None = asyncio.get_running_loop().create_future() if self._sync else None
        if not self._queue.add(frame, records, waiting):
            self._refused += records
            if self._writer.ended:
                raise InfrastructureError(Problem(self._writer.problem, str(self._folder), did="took no predictions"))
            what = self._writer.problem or "the disk is slower than the predictions come"
            raise LogFull(Problem(what, str(self._folder), did="took no more predictions", do="try again later"))
        return waiting

    @property
    def state(self) -> State:
        """How the log does, for metrics and readiness."""
        writer = self._writer
        problem = writer.problem or writer.shipping.problem
        self._since = (self._since or datetime.now(UTC)) if problem else None
        counts: dict[str, Any] = writer.shipping.counts
        return State(
            written=writer.written,
            failed=writer.failed,
            refused=self._refused,
            waiting_bytes=self._queue.bytes,
            segments=len(closed_segments(self._folder)),
            problem=problem,
            since=self._since,
            ended=writer.ended,
            **counts,
        )

    def close(self, seconds: float = 30.0) -> None:
        """Bring what waits to the disk, then to the store; what the store does not take in time stays on the disk.

        `state` says afterwards what became of it. Closing twice is closing once.
        """
        if self._owned is None:
            return
        self._queue.close()
        self._writer.thread.join()
        self._writer.shipping.finish(seconds)
        disown(self._folder, self._owned.held)
        self._owned = None
