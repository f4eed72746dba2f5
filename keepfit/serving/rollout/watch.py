"""The newest answers of two versions, side by side: what a server stops a rollout for.

A pair is of one request (of a shadow), or of the challenger's request and the champion's next (of a canary), so that
both saw the same time of day. Of a request with many records the first one's score counts: they are one caller's.
"""

from collections import deque
from threading import Lock
from typing import NamedTuple

import numpy as np

from keepfit.records import Beheld
from keepfit.rollout import Answers, beheld

NEWEST = 2000  # answers that are looked at: some more would not make the bounds much narrower
_ALONE = 64  # of the challenger that wait for the champion's next


class Seen(NamedTuple):
    """One answer: k scores or one value, and how long it took, in milliseconds."""

    scores: tuple[float, ...]
    latency: float


class Watch:
    """Filled by whoever answers, looked at by whoever follows the ledger."""

    def __init__(self, *, paired: bool) -> None:
        self._paired = paired
        self._pairs: deque[tuple[Seen, Seen]] = deque(maxlen=NEWEST)
        self._alone: deque[Seen] = deque(maxlen=_ALONE)
        self._failed: deque[bool] = deque(maxlen=NEWEST)
        self._lock = Lock()

    def pair(self, champion: Seen, challenger: Seen) -> None:
        """Both have answered the same request."""
        with self._lock:
            self._pairs.append((champion, challenger))
            self._failed.append(False)

    def challenger(self, seen: Seen) -> None:
        """The challenger has answered a request of its own."""
        with self._lock:
            self._alone.append(seen)
            self._failed.append(False)

    def champion(self, seen: Seen) -> None:
        """The champion has answered a request of its own."""
        if self._alone:
            with self._lock:
                self._pairs.append((seen, self._alone.popleft()))

    def failed(self) -> None:
        """The challenger had no answer."""
        with self._lock:
            self._failed.append(True)

    def seen(self) -> Beheld:
        """What the newest answers say."""
        with self._lock:
            pairs, failed = list(self._pairs), list(self._failed)
        champion, challenger = (_answers([pair[place] for pair in pairs]) for place in (0, 1))
        return beheld(champion, challenger, sum(failed), paired=self._paired, answers=len(failed) - sum(failed))


def _answers(seen: list[Seen]) -> Answers:
    scores = np.array([each.scores for each in seen], np.float64).reshape(len(seen), -1 if seen else 1)
    return Answers(scores, np.array([each.latency for each in seen], np.float64))
