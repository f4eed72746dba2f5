"""Processes that are kept: started again when they die, after a pause that grows, and stopped together."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before one that died is started again; each time twice as long
CALM = 60.0  # seconds after which one that dies counts as one that dies for the first time
STOP_SECONDS = 10.0
_LOOK_SECONDS = 0.2
_CHILD = Path(__file__).with_name("child.py")

Say = Callable[[str], None]


class Child:
    """One process that is kept: a module, its words and its environment; it writes to a log of its own."""

    def __init__(
        self, name: str, words: Sequence[str], environ: Mapping[str, str], log: Path, inherited: Sequence[int] = ()
    ) -> None:
        self.name, self.log = name, log
        self._words, self._environ, self._inherited = words, environ, inherited
        self._process: subprocess.Popen[bytes] | None = None
        self._failures, self._due, self._began = 0, 0.0, 0.0
        log.unlink(missing_ok=True)

    @property
    def pid(self) -> int | None:
        """Its process, while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C comes to the parent alone."""
        self._began = time.monotonic()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own script
                [sys.executable, "-P", str(_CHILD), *self._words],
                stdin=subprocess.PIPE,  # the lifeline
                stdout=log,
                stderr=log,
                env=dict(self._environ),
                pass_fds=self._inherited,
                start_new_session=True,
            )

    def keep(self, say: Say) -> None:
        """Start it again if it has ended, when its pause is over."""
        if self._process is None:
            if time.monotonic() >= self._due:
                self.start()
            return
        code = self._process.poll()
        if code is None:
            return
        self._end_group()  # what it has started goes with it
        self._failures = 0 if time.monotonic() - self._began > CALM else self._failures + 1
        pause = min(FIRST_PAUSE * 2.0 ** max(self._failures - 1, 0), LONGEST_PAUSE)
        self._due = time.monotonic() + pause
        say(f"the {self.name} has ended ({code}); it is started again in {pause:g} s; see {self.log}")
        self._close()

    def ask_to_stop(self) -> None:
        """SIGTERM to it and all that it has started."""
        self._signal(signal.SIGTERM)

    def stop(self, deadline: float) -> None:
        """Wait for its end until a moment of the monotonic clock, then kill what is left of its group."""
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(deadline - time.monotonic(), 0.1))
        self._end_group()
        self._process.wait()
        self._close()

    def last_words(self, lines: int = 3) -> list[str]:
        """The last lines of its log that say something: not the places of a traceback, which are indented."""
        with contextlib.suppress(OSError):
            said = [line for line in self.log.read_text(errors="replace").splitlines() if line[:1].strip()]
            return said[-lines:]
        return []

    def _signal(self, number: int) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def _end_group(self) -> None:
        self._signal(signal.SIGKILL)

    def _close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None


def keep(children: Sequence[Child], ending: Event, say: Say) -> None:
    """Keep all until the end is asked for."""
    while not ending.wait(_LOOK_SECONDS):
        for child in children:
            child.keep(say)


def stop(children: Sequence[Child]) -> None:
    """Stop all: in the order given, so that a worker can still tell its server that runs were stopped."""
    for child in children:
        child.ask_to_stop()
        child.stop(time.monotonic() + STOP_SECONDS)
