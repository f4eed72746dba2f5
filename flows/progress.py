"""What a person sees while a run goes: a live table in a terminal, a line per finished stage elsewhere.

All of it goes to stderr, so that stdout holds nothing but the answer.
"""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Literal, TextIO

from flows.problems import printable
from keepfit.errors import KeepfitError
from tasks.watching import Watcher

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text

START = "start"
TRAIN = (
    *("extract", "validate", "split", "train", "export", "evaluate"),
    *("measure", "reference", "judge", "register", "release", "report"),
)
STYLES = {"waiting": "dim", "running": "bold", "done": "", "remembered": "dim", "failed": "red"}
MARKS = {"waiting": "·", "done": "✓", "remembered": "✓", "failed": "✗"}
MARK_STYLES = {"waiting": "dim", "done": "green", "remembered": "dim green", "failed": "bold red"}


@dataclass(frozen=True)
class Line:
    """One stage as it is shown."""

    stage: str
    state: Literal["waiting", "running", "done", "remembered", "failed"] = "waiting"
    since: float = 0.0
    seconds: float = 0.0
    note: str = ""
    attempt: int = 0

    def started(self, now: float) -> "Line":
        """The stage begins, perhaps not for the first time."""
        note = f"attempt {self.attempt + 1}" if self.attempt else ""
        return replace(self, state="running", since=now, note=note, attempt=self.attempt + 1)

    def elapsed(self, now: float) -> float:
        """Seconds that it took, or has taken so far."""
        return now - self.since if self.state == "running" else self.seconds

    def time(self, now: float) -> str:
        """The seconds as they are shown."""
        return "" if self.state == "waiting" else f"{self.elapsed(now):.1f} s"

    def said(self) -> str:
        """The note as it is shown.

        >>> Line("split", "remembered", note="3 sides").said()
        '3 sides (remembered)'
        """
        return f"{self.note} (remembered)".lstrip() if self.state == "remembered" else self.note


def said(error: BaseException) -> str:
    """An error in one line; the whole of it is shown at the end.

    >>> said(KeepfitError("0 rows in flights.csv"))
    '0 rows in flights.csv'
    """
    if isinstance(error, KeyboardInterrupt):
        return "stopped"
    text = error.problems[0].what if isinstance(error, KeepfitError) and error.problems else str(error)
    return next(iter(text.splitlines()), "") or type(error).__name__


class PlainLines:
    """A line for each stage when it has finished, for logs and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def started(self, stage: str) -> None:
        """Nothing is written yet."""

    def noted(self, stage: str, note: str) -> None:
        """One line, without a time."""
        self._write(stage, "", note)

    def finished(self, stage: str, seconds: float, note: str, *, remembered: bool) -> None:
        """One line."""
        line = Line(stage, "remembered" if remembered else "done", seconds=seconds, note=note)
        self._write(stage, line.time(seconds), line.said())

    def failed(self, stage: str, error: BaseException) -> None:
        """One line, without the time."""
        self._write(stage, "", f"failed: {said(error)}")

    def _write(self, stage: str, time: str, note: str) -> None:
        self._stream.write(f"{stage:<9}{time:>9}  {printable(note)}".rstrip() + "\n")
        self._stream.flush()


class LiveTable:
    """A line for each stage, those to come included; the running one counts its seconds.

    The stages report from the thread that runs them, the table is drawn by another: lines are values that are replaced.
    """

    def __init__(self, title: str, stages: Sequence[str]) -> None:
        from rich.spinner import Spinner

        self._title = title
        self._begin = perf_counter()
        self._lines = {stage: Line(stage) for stage in stages}
        self._lock = threading.Lock()
        self._spinner = Spinner("dots", style="cyan")

    def started(self, stage: str) -> None:
        """The stage counts its seconds from now."""
        with self._lock:
            self._lines[stage] = self._lines.get(stage, Line(stage)).started(perf_counter())

    def noted(self, stage: str, note: str) -> None:
        """Shown until the stage has more to say."""
        with self._lock:
            self._lines[stage] = replace(self._lines.get(stage, Line(stage)), note=note)

    def finished(self, stage: str, seconds: float, note: str, *, remembered: bool) -> None:
        """The stage has its record."""
        self._end(stage, "remembered" if remembered else "done", seconds, note)

    def failed(self, stage: str, error: BaseException) -> None:
        """The stage has none."""
        with self._lock:
            seconds = self._lines.get(stage, Line(stage)).elapsed(perf_counter())
        self._end(stage, "failed", seconds, said(error))

    def _end(self, stage: str, state: Literal["done", "remembered", "failed"], seconds: float, note: str) -> None:
        with self._lock:
            line = self._lines.get(stage, Line(stage))
            self._lines[stage] = replace(line, state=state, seconds=seconds, note=note)

    def __rich__(self) -> "Group":
        """The table at this moment."""
        from rich.console import Group
        from rich.table import Table

        now = perf_counter()
        with self._lock:
            lines = list(self._lines.values())
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1))
        table.add_column(no_wrap=True, min_width=1)
        table.add_column(no_wrap=True, min_width=max(len(line.stage) for line in lines))
        table.add_column(no_wrap=True, min_width=8, justify="right")
        table.add_column()  # the one that may be cut
        for line in lines:
            mark = self._spinner if line.state == "running" else styled(MARKS[line.state], MARK_STYLES[line.state])
            cells = (line.stage, line.time(now), line.said())
            table.add_row(mark, *(styled(cell, STYLES[line.state]) for cell in cells))
        title = styled(self._title, "bold").append(f"  {now - self._begin:.1f} s", style="dim")
        return Group(title, table)


def styled(text: str, style: str) -> "Text":
    """Text that no character of it can style otherwise."""
    from rich.text import Text

    return Text(printable(text), style=style, no_wrap=True, overflow="ellipsis")


class Opening:
    """Makes a stage of the time until the first stage starts: libraries load, Prefect's server starts."""

    def __init__(self, watcher: Watcher, note: str = "libraries and Prefect") -> None:
        self._watcher, self._note = watcher, note
        self._begin = perf_counter()
        self._open = True

    def __enter__(self) -> Watcher:
        self._watcher.started(START)
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if self._open and error is not None:
            self._watcher.failed(START, error)

    def started(self, stage: str) -> None:
        """The first one ends the opening."""
        if self._open:
            self._open = False
            self._watcher.finished(START, perf_counter() - self._begin, self._note, remembered=False)
        self._watcher.started(stage)

    def noted(self, stage: str, note: str) -> None:
        """Passed on."""
        self._watcher.noted(stage, note)

    def finished(self, stage: str, seconds: float, note: str, *, remembered: bool) -> None:
        """Passed on."""
        self._watcher.finished(stage, seconds, note, remembered=remembered)

    def failed(self, stage: str, error: BaseException) -> None:
        """Passed on."""
        self._watcher.failed(stage, error)


@contextmanager
def progress(
    title: str,
    stages: Sequence[str] = TRAIN,
    stream: TextIO | None = None,
    *,
    live: bool | None = None,
    opening: str = "libraries and Prefect",
) -> Iterator[Watcher]:
    """Show how a run goes until the block ends.

    Parameters
    ----------
    title : str
        What runs.
    stages : sequence of str
        The stages to expect, in order; others are added when they start.
    stream : text file
        Where to; standard error unless given.
    live : bool
        A table that is redrawn; unless given, whether the stream is a terminal that can be redrawn.
    opening : str
        What the time until the first stage goes into.

    Yields
    ------
    Watcher
        To be told of the stages; the time until the first of them starts is shown as a stage of its own.
    """
    from rich.console import Console
    from rich.live import Live

    console = Console(file=stream or sys.stderr, highlight=False)
    redrawn = console.file.isatty() and not console.is_dumb_terminal if live is None else live
    if not redrawn:
        with Opening(PlainLines(stream or sys.stderr), opening) as listener:
            yield listener
        return
    table = LiveTable(title, (START, *stages))
    # what others write to stderr goes above the table; stdout is not ours to touch
    with (
        Live(table, console=console, refresh_per_second=8, redirect_stdout=False),
        Opening(table, opening) as listener,
    ):
        yield listener
