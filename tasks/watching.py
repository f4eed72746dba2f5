"""Who is told how a run goes. Nobody, unless the command line (or a test) listens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Protocol


class Watcher(Protocol):
    """Hears of every stage; called in the thread that runs it."""

    def started(self, stage: str) -> None:
        """A stage begins."""

    def noted(self, stage: str, note: str) -> None:
        """What a stage says of itself while it runs."""

    def finished(self, stage: str, seconds: float, note: str, *, remembered: bool) -> None:
        """A stage has its record; ``remembered`` when its body did not run."""

    def failed(self, stage: str, error: BaseException) -> None:
        """A stage ended without a record."""


class _Nobody:
    def started(self, stage: str) -> None:
        pass

    def noted(self, stage: str, note: str) -> None:
        pass

    def finished(self, stage: str, seconds: float, note: str, *, remembered: bool) -> None:
        pass

    def failed(self, stage: str, error: BaseException) -> None:
        pass


_watcher: ContextVar[Watcher] = ContextVar("watcher", default=_Nobody())  # noqa: B039 - it has no state


def watcher() -> Watcher:
    """Whoever listens here and now."""
    return _watcher.get()


@contextmanager
def watched_by(listener: Watcher) -> Iterator[None]:
    """Tell ``listener`` of the stages that run inside."""
    token = _watcher.set(listener)
    try:
        yield
    finally:
        _watcher.reset(token)


@contextmanager
def told(stage: str) -> Iterator[Callable[[str], None]]:
    """Tell the watcher when a stage that is not remembered starts, fails, and ends; with what note is for it to say."""
    begun, notes = perf_counter(), [""]
    watcher().started(stage)
    try:
        yield notes.append
    except BaseException as error:
        watcher().failed(stage, error)
        raise
    watcher().finished(stage, perf_counter() - begun, notes[-1], remembered=False)
